"""Scratch folders of looks. They may hold copies of personal data, so those that a killed audit left are removed by the next."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_NAME = re.compile(r"lepton-look-(\d+)-")


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of the look's own, gone after the block."""
    with tempfile.TemporaryDirectory(prefix=f"lepton-look-{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def sweep() -> None:
    """Folders of this user's audits that are no longer alive are gone."""
    for folder in Path(tempfile.gettempdir()).glob("lepton-look-*"):
        owner = _NAME.match(folder.name)
        if (
            owner
            and folder.is_dir()
            and not folder.is_symlink()
            and folder.stat().st_uid == os.getuid()
            and not psutil.pid_exists(int(owner[1]))
        ):
            shutil.rmtree(folder, ignore_errors=True)
