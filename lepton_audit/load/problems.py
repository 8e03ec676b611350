"""Bad input, as law 8 wants it: what, where, what was expected, the next step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

FEW = 12
"""So many names can be listed in a message."""


def visible(text: str) -> str:
    """The text without anything that a terminal would obey: such characters are written as escapes."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


@dataclass(frozen=True)
class Mark:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{visible(self.file)}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input."""

    mark: Mark
    what: str
    expected: str = ""
    next_step: str = ""

    def __post_init__(self) -> None:
        for name in ("what", "expected", "next_step"):
            object.__setattr__(self, name, visible(getattr(self, name)))

    def __str__(self) -> str:
        said = [f"{self.mark}: {self.what}"]
        said += [f"  expected: {self.expected}"] if self.expected else []
        said += [f"  next: {self.next_step}"] if self.next_step else []
        return "\n".join(said)


class BadInput(Exception):
    """The input can't be used; nothing was run."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """The last net: whatever a strange file makes Python raise inside the block is bad input, at that file."""
    try:
        yield
    except (OSError, ValueError, OverflowError, RuntimeError) as error:
        kind = type(error).__name__
        raise BadInput(
            [Problem(Mark(str(file)), f"can't be used: {kind}", "a file that lepton-audit can read")]
        ) from error


def nearest(name: str, names: Iterable[str]) -> str:
    """`did you mean ...?`, or all names where they are few, or nothing."""
    known = sorted(set(names))
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= FEW else ""
