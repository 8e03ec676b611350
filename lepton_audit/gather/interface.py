"""The floor's words: what gathers, what limits it, and when it may stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lepton_audit.facts.look import Outcome, Request

Enough = Callable[[Mapping[str, Any]], bool]
"""Whether these evidence values settle every rule on the look."""


@dataclass(frozen=True)
class Asked:
    """A request with all that the run knows of it."""

    request: Request
    enough: Enough
    state: str | None = None
    """For a refinable probe: from where to go on."""


Gather = Callable[[Asked], Outcome]


@dataclass(frozen=True)
class Limits:
    """What a look may use. ``seconds`` of ``None``: what the probe says for the run's effort."""

    seconds: float | None = None
    memory: int = 4 * 2**30
    """Bytes of resident memory, of the child and all its children."""
    processes: int = 64
    file_size: int = 2**30
    """Bytes of any one file that the look writes."""
