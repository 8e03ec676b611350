"""What every attack stands on, and how hard each effort tries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_audit import Effort
from lepton_robustness.evasion.native import Kernel, Linear
from lepton_robustness.evasion.oracle import Labels, Oracle
from lepton_robustness.evasion.threat import Bools, Floats, Threat

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Toil:
    """How hard attacks try. More never makes a model look more robust; `controls` tell whether it was enough."""

    pgd_steps: int
    search_rounds: int
    search_width: int
    climb_steps: int
    climb_starts: int
    neighbours: int
    boundary_steps: int
    boundary_draws: int
    boundary_always: bool
    """Whether HopSkipJump also walks where scores already led the other attacks: slow, and seldom breaks more."""


TOIL: dict[Effort, Toil] = {
    "quick": Toil(20, 20, 50, 10, 2, 10, 15, 50, boundary_always=False),
    "full": Toil(50, 60, 100, 25, 4, 25, 40, 100, boundary_always=True),
}


@dataclass(frozen=True)
class Pool:
    """Rows of the holdout whose answers are known: where else the model says something else."""

    x: Floats
    labels: Labels


@dataclass(frozen=True)
class Ground:
    """The model, the opponent, and what is known of both."""

    oracle: Oracle
    threat: Threat
    pool: Pool
    surrogate: Linear | Kernel | None
    toil: Toil
    seed: int

    def draws(self, attack: int, row: int) -> np.random.Generator:
        """Randomness of one attack on one row: the same whichever rows are attacked beside it, or before."""
        return np.random.default_rng((self.seed, attack, row))


@dataclass(frozen=True)
class Prey:
    """Inputs under attack: (m, d), their true labels (m,), their places in the drawing (m,), questions left (m,)."""

    x: Floats
    y: Labels
    rows: Ints
    left: Ints

    def __len__(self) -> int:
        return len(self.x)

    def only(self, which: Bools | Ints) -> Prey:
        """The prey at these places."""
        return Prey(self.x[which], self.y[which], self.rows[which], self.left[which])


@dataclass(frozen=True)
class Tried:
    """An attack's best inputs (m, d), questions spent (m,), and whether (m,) it would have asked more."""

    points: Floats
    spent: Ints
    starved: Bools
    blind: Bools
    """The gradient was zero or not a number."""
    flat: Bools
    """All scores that were seen were the same."""

    @classmethod
    def of(
        cls,
        points: Floats,
        *,
        spent: Ints | int = 0,
        starved: Bools | bool = False,
        blind: Bools | bool = False,
        flat: Bools | bool = False,
    ) -> Tried:
        """With no hunger and full sight unless said."""
        m = len(points)
        cost = np.broadcast_to(np.asarray(spent, dtype=np.int64), (m,))
        return cls(
            points, cost, *(np.broadcast_to(np.asarray(flag, dtype=bool), (m,)) for flag in (starved, blind, flat))
        )


Attack = Callable[[Ground, Prey], Tried]
"""Tries all of the prey at once; whoever calls it asks the model whether it worked."""
