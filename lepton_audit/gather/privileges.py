"""What makes root more than a user: given up for good.

Source: capabilities(7), prctl(2), capset(2).
"""

from __future__ import annotations

import ctypes
import struct

from lepton_audit.gather.kernel import libc, linux, no_new_privileges

_CAPBSET_DROP, _SET_SECUREBITS, _CAP_AMBIENT, _AMBIENT_CLEAR_ALL = 24, 28, 47, 4
_VERSION_3 = 0x20080522
_MOST_CAPABILITIES = 64
_NO_ROOT_LOCKED = 0xEF
"""no-root, no-setuid-fixup, no-ambient-raise, each locked; keep-caps locked at off."""


def dropped() -> bool:
    """The process, whoever owns it, has no capability any more, and neither it nor what it starts gets one back."""
    if not linux():
        return False
    for capability in range(_MOST_CAPABILITIES):
        libc().prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    libc().prctl(_CAP_AMBIENT, _AMBIENT_CLEAR_ALL, 0, 0, 0)
    libc().prctl(_SET_SECUREBITS, _NO_ROOT_LOCKED, 0, 0, 0)
    no_new_privileges()
    header, none = struct.pack("=Ii", _VERSION_3, 0), bytes(24)
    if libc().capset(header, none) != 0:
        return False
    held = ctypes.create_string_buffer(24)
    return libc().capget(header, held) == 0 and held.raw == none
