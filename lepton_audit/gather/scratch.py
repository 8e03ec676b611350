"""Scratch folders of looks. They may hold copies of personal data, so those that a killed audit left are removed by the next.

A living audit holds a lock on each of its folders; the kernel lets go of it when the audit dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lepton_audit.gather.removal import remove

_NAME = re.compile(r"lepton-look-\d+-")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of the look's own, gone after the block."""
    folder, lock = _locked_folder()
    try:
        yield folder
    finally:
        remove(folder)
        os.close(lock)


def _locked_folder() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"lepton-look-{os.getpid()}-"))
        with suppress(FileNotFoundError):  # another audit swept it before it was locked
            lock = os.open(folder, _FOLDER)
            if _locked(lock) is not False and folder.exists():
                return folder, lock
            os.close(lock)


def _locked(folder: int) -> bool | None:
    """Nobody else holds the folder; ``None`` where the file system knows no locks."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def sweep() -> None:
    """Folders of this user's audits that are no longer alive are gone. Never raises: the sweeper of others' leavings must not fail an audit."""
    with suppress(OSError):
        for folder in list(Path(tempfile.gettempdir()).iterdir()):
            if _NAME.match(folder.name):
                with suppress(OSError):
                    _sweep(folder)


def _sweep(folder: Path) -> None:
    lock = os.open(folder, _FOLDER)
    try:
        if os.fstat(lock).st_uid == os.getuid() and _locked(lock):
            remove(folder)
    finally:
        os.close(lock)


def regular_content(file: Path, limit: int) -> bytes | None:
    """The first ``limit`` bytes of a regular file that a look may have put there; ``None`` for a pipe, a link, or nothing."""
    with suppress(OSError):
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as content:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                return content.read(limit)
    return None
