"""Yes, no, unknown: how single sightings add up."""

from __future__ import annotations

from collections.abc import Iterable

Known = bool | None
"""``None``: nothing says it."""


def worst(sightings: Iterable[Known]) -> Known:
    """False if any is, else unknown if any is, or if there is none; else True."""
    seen = list(sightings)
    if False in seen:
        return False
    return True if seen and None not in seen else None


def capped(known: Known, *, certain: bool) -> Known:
    """A yes needs certainty; a no stands without it."""
    return known if certain or known is False else None
