"""Names out of a foreign file, fit for a message."""

from __future__ import annotations

from collections.abc import Sequence

MOST_NAMED, MOST_CHARACTERS = 5, 100
"""Entries in a message, and characters of each."""


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(map(shown, names[:MOST_NAMED])) + (f" and {more} more" if more > 0 else "")


def shown(name: str, *, most: int = MOST_CHARACTERS) -> str:
    """A name out of a foreign file, fit for a message."""
    plain = "".join(character if character.isprintable() and character.isascii() else "?" for character in name)
    return plain if len(plain) <= most else plain[:most] + "…"
