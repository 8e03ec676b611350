"""The files and folders of an asset, at any depth, links followed once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SIDE_FILES = ("-wal", "-journal", ".wal")
"""What a database keeps beside its file."""


def walk(path: Path) -> Iterator[Path]:
    """The file and what a database keeps beside it; or the folder and all that is below it. Raises OSError.

    A link is given before what it leads to, so that the caller can refuse to follow. A folder that was walked already isn't walked again:
    neither a cycle of links nor a tree of them takes longer than the folders there are.
    """
    yield path
    if not path.is_dir():
        yield from (side for suffix in SIDE_FILES if (side := path.with_name(path.name + suffix)).is_file())
        return
    waiting, walked = [path], set[tuple[int, int]]()
    while waiting:
        folder = waiting.pop()
        known = folder.stat()
        if (known.st_dev, known.st_ino) in walked:
            continue
        walked.add((known.st_dev, known.st_ino))
        for entry in sorted(folder.iterdir()):
            yield entry
            if entry.is_dir():
                waiting.append(entry)
