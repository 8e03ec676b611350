"""Removal of folders that a hostile look has filled: at any depth, without recursion, without long paths."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(folder: Path) -> None:
    """The folder is gone, except for what the kernel refuses to remove. Never raises OSError, follows no link.

    Every folder inside is moved to the top before its turn comes, so that no path is ever longer than two names.
    """
    with suppress(OSError):
        with _opened(folder) as top:
            fresh = (f"{secrets.token_hex(8)}-{number}" for number in count())
            waiting = _cleared(top)
            while waiting:
                waiting += _removed(waiting.pop(), top, fresh)
        folder.rmdir()


@contextmanager
def _opened(folder: Path | str, within: int | None = None) -> Iterator[int]:
    handle = os.open(folder, _FOLDER, dir_fd=within)
    try:
        yield handle
    finally:
        os.close(handle)


def _cleared(folder: int) -> list[str]:
    """The folder's files are gone; the names of its folders."""
    folders = []
    for name in os.listdir(folder):
        with suppress(OSError):
            if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                os.chmod(name, 0o700, dir_fd=folder)
                folders.append(name)
            else:
                os.unlink(name, dir_fd=folder)
    return folders


def _removed(name: str, top: int, fresh: Iterator[str]) -> list[str]:
    """A folder of the top is gone; the new names of those that were in it, and are now in the top."""
    lifted = []
    with suppress(OSError):
        with _opened(name, top) as folder:
            for inner in _cleared(folder):
                with suppress(OSError):
                    lifted.append(next(fresh))
                    os.rename(inner, lifted[-1], src_dir_fd=folder, dst_dir_fd=top)
        os.rmdir(name, dir_fd=top)
    return lifted
