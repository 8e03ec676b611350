"""Planted vulnerable twins: models that are broken by construction, on which every attack is tested before it is believed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lepton_audit import Access
from lepton_robustness.evasion.cascade import cascade, worthwhile
from lepton_robustness.evasion.ground import Ground, Pool, Prey
from lepton_robustness.evasion.native import Linear
from lepton_robustness.evasion.oracle import Labels, Oracle
from lepton_robustness.evasion.suite import WHITE
from lepton_robustness.evasion.threat import Floats
from lepton_robustness.evasion.words import AttackName, AttackTally

STREAM = 4
HALF = 0.5
"""The twin's boundary lies half-way between the input and the farthest point in reach: a known adversarial example exists."""


@dataclass(frozen=True)
class Twin:
    """Answers 1 beyond a plane, 0 before it."""

    linear: Linear
    access: Access
    hard: bool
    """Scores are 0 and 1, as a tree's; else a logistic curve."""

    def predict(self, x: Floats) -> Labels:
        """(n,)"""
        found: Labels = (self.lead(x) > 0).astype(np.int64)
        return found

    def scores(self, x: Floats) -> Floats:
        """(n, 2)"""
        lead = self.lead(x)
        p = (lead > 0).astype(np.float64) if self.hard else 1 / (1 + np.exp(-np.clip(lead, -30, 30)))
        return np.column_stack([1 - p, p])

    def lead(self, x: Floats) -> Floats:
        """How far (n,) beyond the plane."""
        found: Floats = x @ self.linear.coef[1] + self.linear.intercept[1]
        return found


def tested(ground: Ground, prey: Prey, *, attacks: tuple[AttackName, ...]) -> tuple[list[AttackTally], int]:
    """Per attack how many twins it was tried on and broke, and how many twins no attack broke."""
    planted = [AttackTally() for _ in attacks]
    missed = 0
    for i in range(len(prey)):
        twin = _planted(ground, prey.x[i], draws=ground.draws(STREAM, int(prey.rows[i])), hard=_hard(ground, i))
        if twin is None:
            continue
        broken = [_breaks(ground, twin, prey=prey.only(np.array([i])), name=name) for name in attacks]
        planted = [
            t.model_copy(update={"planted": t.planted + 1, "found": t.found + b})
            for t, b in zip(planted, broken, strict=True)
        ]
        missed += not any(
            b and _in_force(ground, name, hard=twin.hard) for b, name in zip(broken, attacks, strict=True)
        )
    return planted, missed


def _in_force(ground: Ground, name: AttackName, *, hard: bool) -> bool:
    """Whether every survivor meets the attack: one that walks from scouts only, or where scores are flat, vouches for nothing else."""
    return hard or worthwhile(ground, name)


def _hard(ground: Ground, i: int) -> bool:
    """Every other twin is a step in one feature, as a tree is; white boxes are smooth."""
    return ground.surrogate is None and i % 2 == 1


def _planted(ground: Ground, x: Floats, *, draws: np.random.Generator, hard: bool) -> Twin | None:
    """A twin whose boundary is half-way to the edge of what can be reached from x (d,); none where nothing can."""
    free = np.flatnonzero(ground.threat.movable)
    low, high = (end[0] for end in ground.threat.box(x[None]))
    open_ = free[high[free] > low[free]]
    if not len(open_):
        return None
    slope = np.zeros(len(x))
    chosen = draws.choice(open_, size=1) if hard else open_
    up = np.where(high[chosen] - x[chosen] >= x[chosen] - low[chosen], 1.0, -1.0)
    slope[chosen] = up * draws.uniform(HALF, 1.0, size=len(chosen)) / ground.threat.scale[chosen]
    reach = float((ground.threat.steepest(x[None], slope[None])[0] - x) @ slope)
    if reach <= 0:
        return None
    slope = slope / reach
    coef = np.vstack([np.zeros_like(slope), slope])
    return Twin(Linear(coef, np.array([0.0, -float(x @ slope) - HALF])), ground.oracle.model.access, hard)


def _breaks(ground: Ground, twin: Twin, *, prey: Prey, name: AttackName) -> bool:
    oracle = Oracle(twin, classes=2)
    aside = replace(
        ground,
        oracle=oracle,
        pool=Pool(ground.pool.x, oracle.labels(ground.pool.x)),
        surrogate=twin.linear if name in WHITE else None,
    )
    fallen = cascade(aside, replace(prey, y=np.zeros(1, dtype=np.int64)), attacks=(name,), scouts=1)
    return not fallen.standing[0]
