"""How many changed copies are tried, so that a look's work is bounded in bytes and is the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FEWEST = 8
"""Flips beside those at the edges, however large the files."""
EDGES, CUTS, TRIES = 11, 3, 4
"""Most places beside an edge and at the end; copies that are cut or grown; ways that are tried on the unchanged file."""
COPY = 2048
"""Bytes that could be decrypted in the time that making one copy takes."""
EVERY_BIT_UP_TO = 512
"""Bytes of a copy in which every single bit is flipped, at most."""


def flips_every_bit(size: int, flips: int) -> bool:
    """So small that all its bits are flipped in no more than 64 times the copies asked for."""
    return size <= min(EVERY_BIT_UP_TO, 8 * flips)


def cost(size: int, flips: int) -> int:
    """Bytes of work that proving one file takes at most."""
    copies = size * 8 if flips_every_bit(size, flips) else EDGES + flips
    return (copies + CUTS + TRIES) * (size + COPY)


@dataclass
class Work:
    """What is left of a look's work, spent file by file in a fixed order."""

    left: int
    flips: int

    def affords(self, size: int) -> bool:
        """True, and the file's cost is spent."""
        price = cost(size, self.flips)
        if price > self.left:
            return False
        self.left -= price
        return True


def planned_work(sizes: Iterable[int], *, most: int, flips: int) -> Work:
    """As many flips as asked for, or half of that, and so on, until all files fit; at least a few."""
    known = tuple(sizes)
    while flips > FEWEST and sum(cost(size, flips) for size in known) > most:
        flips = max(FEWEST, flips // 2)
    return Work(most, flips)
