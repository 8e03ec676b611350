"""`@opener`: turns a pinned asset into a live object, in the child process only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from lepton_audit.declare.kinds import PinnedAsset

O = TypeVar("O", bound=Callable[[PinnedAsset], Any])  # noqa: E741  # the opener


@dataclass(frozen=True)
class Opener:
    """A declared opener: of what kind, and which formats, file endings and uri schemes it takes."""

    kind: str
    formats: tuple[str, ...]
    suffixes: tuple[str, ...]
    schemes: tuple[str, ...]
    open: Callable[[PinnedAsset], Any]
    runs_code: bool
    """Opening may run code of the target: only with `permissions.run_code`."""
    preload: tuple[str, ...]


def opener(
    kind: str,
    *,
    formats: tuple[str, ...],
    suffixes: tuple[str, ...] = (),
    schemes: tuple[str, ...] = (),
    runs_code: bool = False,
    preload: tuple[str, ...] = (),
) -> Callable[[O], Opener]:
    """Declares an opener. Suffixes like ``.csv``; the suffix ``*`` is any file or folder that no other opener of the kind takes."""

    def declare(open_: O) -> Opener:
        return Opener(kind, formats, suffixes, schemes, open_, runs_code, preload)

    return declare
