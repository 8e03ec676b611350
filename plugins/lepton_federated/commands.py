"""A command as a deployment file states it."""

from __future__ import annotations

import re
from dataclasses import dataclass

UNKNOWN = "\ue000"
"""Stands in a word for text that nothing in the file tells."""
MENTIONS = re.compile(r"flower-super(?:link|node)|flwr/super(?:link|node)|flwr\s+run")
_PROGRAM = re.compile(r"(?:^|/)(?:flower-|flwr/)(superlink|supernode)(?:[:@].*)?$")


@dataclass(frozen=True)
class Command:
    """One way in which a program may be started: ``superlink``, ``supernode`` or ``run``."""

    program: str
    words: tuple[str, ...]
    """The arguments; unknown text is `UNKNOWN`."""
    where: str
    """``file:line``."""


def program(word: str) -> str | None:
    """``superlink`` or ``supernode`` if the word names it, as a program or as an image."""
    found = _PROGRAM.search(word)
    return found[1] if found else None
