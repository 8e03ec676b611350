"""A filter on system calls: which sockets a look may open. For what Landlock can't see: UDP, other families, other protocols.

Source: seccomp(2), linux/filter.h (classic BPF), linux/audit.h; the numbers of calls from asm/unistd.h of each architecture.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from lepton_audit.gather.kernel import libc, linux, no_new_privileges

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_TYPE_MASK = 0xF
"""Of a socket's type; the rest are flags."""
_OTHER_ABI = 0x40000000
"""Bit of x86-64's second set of numbers (x32)."""
_FAST_OPEN = 0x20000000
"""MSG_FASTOPEN connects as it sends, past the check of Landlock."""
_IO_URING_SETUP = 425
"""On every architecture; its rings open and connect sockets past any filter."""
_TCP, _UDP = 6, 17


@dataclass(frozen=True)
class _Calls:
    architecture: int
    socket: int
    socketpair: int
    sends: tuple[tuple[int, int], ...]
    """Number of a call that sends, and which of its arguments holds the flags."""


_CALLS = {
    "x86_64": _Calls(0xC000003E, 41, 53, ((44, 3), (46, 2), (307, 3))),
    "aarch64": _Calls(0xC00000B7, 198, 199, ((206, 3), (211, 2), (269, 3))),
}
Kind = tuple[int, int, int]
"""Family, type, and the one protocol beside the default."""
_PAIRS: tuple[Kind, ...] = ((1, 1, 0), (1, 5, 0))
"""Connected for good: AF_UNIX streams and sequenced packets. A datagram of a pair could still be sent elsewhere."""


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def filtered(ports: Sequence[int] | None, *, names: bool) -> bool:
    """From now on the process opens TCP sockets only, or none at all where no port is given; UDP only to ask for names."""
    calls = _CALLS.get(platform.machine())
    if not linux() or calls is None:
        return False
    code = _program(calls, _allowed(ports, names=names))
    program = ctypes.create_string_buffer(code)
    header = _FilterProgram(len(code) // 8, ctypes.addressof(program))
    no_new_privileges()
    return bool(libc().prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(header), 0, 0) == 0)


def _allowed(ports: Sequence[int] | None, *, names: bool) -> list[Kind]:
    if ports is not None and not ports:
        return []
    families = (int(socket.AF_INET), int(socket.AF_INET6))
    streams: list[Kind] = [(family, int(socket.SOCK_STREAM), _TCP) for family in families]
    datagrams: list[Kind] = [(family, int(socket.SOCK_DGRAM), _UDP) for family in families]
    return streams + (datagrams if names or ports is None else [])


def _program(calls: _Calls, kinds: Sequence[Kind]) -> bytes:
    refused = _step(_RETURN, _ERRNO | errno.EACCES)
    absent = _step(_RETURN, _ERRNO | errno.ENOSYS)
    code = _step(_LOAD, _ARCHITECTURE) + _step(_EQUAL, calls.architecture, yes=1) + absent
    code += _step(_LOAD, _NUMBER) + _step(_AT_LEAST, _OTHER_ABI, no=1) + absent
    code += _step(_EQUAL, _IO_URING_SETUP, no=1) + absent
    code += _on(calls.socket, b"".join(map(_unless, kinds)) + refused)
    code += _on(calls.socketpair, b"".join(map(_unless, _PAIRS)) + refused)
    for number, flags in calls.sends:
        fast = _step(_LOAD, _argument(flags)) + _step(_ANY_BIT, _FAST_OPEN, no=1) + refused
        code += _on(number, fast + _step(_RETURN, _ALLOW))
    return code + _step(_RETURN, _ALLOW)


def _on(number: int, body: bytes) -> bytes:
    """The body for this call, which must return; any other call goes on behind it."""
    return _step(_EQUAL, number, no=len(body) // 8) + body


def _unless(kind: Kind) -> bytes:
    """Allows the kind of socket, or goes on."""
    family, type_, protocol = kind
    end = _step(_EQUAL, 0, yes=1) + _step(_EQUAL, protocol, no=1) + _step(_RETURN, _ALLOW)
    inner = _step(_LOAD, _argument(2)) + end
    inner = _step(_LOAD, _argument(1)) + _step(_AND, _TYPE_MASK) + _step(_EQUAL, type_, no=len(inner) // 8) + inner
    return _step(_LOAD, _argument(0)) + _step(_EQUAL, family, no=len(inner) // 8) + inner


def _argument(index: int) -> int:
    """Offset of the low half of an argument in `seccomp_data`, on a little-endian machine."""
    return 16 + 8 * index


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
