"""Three doors to the Linux kernel that Python 3.11 has no function for. Each returns False where the kernel says no.

Source: unshare(2), prctl(2), landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH, _RULE_PORT = 1, 2
_VERSION_FLAG = 1
_EXECUTE, _WRITE_FILE, _TRUNCATE = 1 << 0, 1 << 1, 1 << 14
_MAKE_AND_REMOVE = sum(1 << bit for bit in range(4, 14))
"""remove_dir, remove_file, make_char, make_dir, make_reg, make_sock, make_fifo, make_block, make_sym, refer."""
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_TRUNCATE_ABI, _NETWORK_ABI, _SCOPE_ABI = 3, 4, 6
_SCOPED = 0b11
"""Abstract UNIX sockets and signals stay among the look's own processes."""


def libc() -> ctypes.CDLL:
    """The C library, whose calls leave `errno` alone."""
    return ctypes.CDLL(None, use_errno=True)


def linux() -> bool:
    """These doors exist."""
    return sys.platform == "linux"


def unshared(flags: int) -> bool:
    """The calling process is in new namespaces; what it forks is in the new PID namespace."""
    if not linux():
        return False
    if os.geteuid() == 0 and libc().unshare(flags) == 0:
        return True
    uid, gid = os.geteuid(), os.getegid()
    if libc().unshare(flags | CLONE_NEWUSER) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        Path(f"/proc/self/{name}").write_text(text)
    return True


def adopt_orphans() -> bool:
    """Descendants whose parent ended become children of this process."""
    return linux() and libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def die_with_parent(signal: int) -> bool:
    """The kernel sends this process the signal when its parent ends."""
    return linux() and libc().prctl(_PR_SET_PDEATHSIG, signal, 0, 0, 0) == 0


def no_new_privileges() -> bool:
    """No program that this process starts has more rights than it has itself."""
    return linux() and libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0


def landlock_abi() -> int:
    """Version of the kernel's Landlock; 0 where there is none."""
    return max(0, libc().syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)) if linux() else 0


def landlocked(writable: Sequence[Path], ports: Sequence[int] | None) -> tuple[bool, bool]:
    """(files, network): files can be written only below these paths; TCP goes only to these ports (``None``: anywhere)."""
    abi = landlock_abi()
    if abi == 0:
        return False, False
    files = _WRITE_FILE | _MAKE_AND_REMOVE | (_TRUNCATE if abi >= _TRUNCATE_ABI else 0)
    network = _BIND_TCP | _CONNECT_TCP if abi >= _NETWORK_ABI and ports is not None else 0
    attributes = struct.pack("QQQ", files, network, _SCOPED)[
        : 24 if abi >= _SCOPE_ABI else 16 if abi >= _NETWORK_ABI else 8
    ]
    ruleset = libc().syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False, False
    try:
        _allow_paths(ruleset, writable, files)
        for port in ports or () if network else ():
            libc().syscall(_ADD_RULE, ruleset, _RULE_PORT, struct.pack("QQ", _CONNECT_TCP, port), 0)
        no_new_privileges()
        done = libc().syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)
    return done, done and network != 0


def _allow_paths(ruleset: int, writable: Sequence[Path], rights: int) -> None:
    for path in writable:
        if not path.exists():
            continue
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        granted = rights if path.is_dir() else rights & (_WRITE_FILE | _TRUNCATE)
        try:
            libc().syscall(_ADD_RULE, ruleset, _RULE_PATH, struct.pack("=Qi", granted, fd), 0)
        finally:
            os.close(fd)
