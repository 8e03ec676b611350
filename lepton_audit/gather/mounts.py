"""The look's own view of the file system: everything read-only but what it may write, metadata included.

Source: mount_namespaces(7), mount_setattr(2), proc(5). Landlock knows nothing of chmod, chown, utimes and extended attributes; a
read-only mount refuses them all.
"""

from __future__ import annotations

import os
import platform
import struct
from collections.abc import Sequence
from pathlib import Path

from lepton_audit.gather.kernel import CLONE_NEWNS, libc, linux

SHARED_MEMORY = "/dev/shm"  # noqa: S108  # semaphores of POSIX have no other place
SHARED_BYTES = 16 * 2**20
"""Room for semaphores; it lies beside the look's memory limit, and goes when the look goes."""
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXECUTION = 1, 2, 4, 8
_BIND, _RECURSIVE, _PRIVATE = 1 << 12, 1 << 14, 1 << 18
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000


def sealed(writable: Sequence[Path], *, pid_namespace: bool) -> bool:
    """The process sees all files read-only, except below these paths; shared memory and processes are its own.

    False, and nothing has changed that others see, where the kernel refuses.
    """
    if not linux() or platform.machine() not in {"x86_64", "aarch64"} or libc().unshare(CLONE_NEWNS) != 0:
        return False
    if not _mounted(None, "/", _RECURSIVE | _PRIVATE):
        return False
    existing = [path for path in writable if path.exists()]
    if not all(_mounted(str(path), str(path), _BIND) for path in existing):
        return False
    flags = _NO_SUID | _NO_DEVICES | _NO_EXECUTION
    own_memory = _mounted("tmpfs", SHARED_MEMORY, flags, "tmpfs", f"size={SHARED_BYTES},mode=1777")
    if pid_namespace:
        _mounted("proc", "/proc", flags, "proc")
    if not _changed("/", set_=_READ_ONLY, recursive=True):
        return False
    for path in [*map(str, existing), *([SHARED_MEMORY] if own_memory else [])]:
        if not _changed(path, clear=_READ_ONLY):
            raise OSError(f"{path} can't be made writable again")
    os.chdir(Path.cwd())  # the mount over the folder, not the one beneath
    return True


def _mounted(source: str | None, at: str, flags: int, kind: str | None = None, options: str | None = None) -> bool:
    said = [None if text is None else os.fsencode(text) for text in (source, at, kind, options)]
    return bool(libc().mount(said[0], said[1], said[2], flags, said[3]) == 0)


def _changed(path: str, *, set_: int = 0, clear: int = 0, recursive: bool = False) -> bool:
    attributes = struct.pack("=QQQQ", set_, clear, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    done = libc().syscall(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), flags, attributes, len(attributes))
    return bool(done == 0)
