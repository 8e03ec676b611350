"""Reads a file once, within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lepton_audit import Unopenable

ALIGNMENT = 4096


@dataclass(frozen=True)
class Sample:
    """Head, middle and tail of a file, or the whole of a small one."""

    windows: tuple[bytes, ...]
    size: int

    @property
    def head(self) -> bytes:
        """From the first byte on."""
        return self.windows[0]

    @property
    def whole(self) -> bool:
        """Nothing was left out."""
        return len(self.head) == self.size

    @property
    def looked_at(self) -> int:
        """Bytes read."""
        return sum(map(len, self.windows))


def of_bytes(content: bytes) -> Sample:
    """A sample that is the whole."""
    return Sample((content,), len(content))


def sample(path: Path, name: str, most: int) -> Sample:
    """At most that many bytes of the file. Raises: Unopenable."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size <= most:
                file.seek(0)
                return of_bytes(file.read())
            third = max(ALIGNMENT, most // 3 // ALIGNMENT * ALIGNMENT)
            windows = []
            for start in (0, (size - third) // 2 // ALIGNMENT * ALIGNMENT, (size - third) // ALIGNMENT * ALIGNMENT):
                file.seek(start)
                windows.append(file.read(third if start + third + ALIGNMENT < size else -1))
            return Sample(tuple(windows), size)
    except OSError as error:
        raise Unopenable(
            f"{name} can't be read: {error.strerror}", next_step="Let the audit's user read it."
        ) from error


def content(path: Path, name: str) -> bytes:
    """The whole file. Raises: Unopenable."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unopenable(
            f"{name} can't be read: {error.strerror}", next_step="Let the audit's user read it."
        ) from error


def size(path: Path, name: str) -> int:
    """Bytes of the file. Raises: Unopenable."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise Unopenable(
            f"{name} can't be read: {error.strerror}", next_step="Let the audit's user read it."
        ) from error
