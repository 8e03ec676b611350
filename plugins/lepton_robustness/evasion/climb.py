"""A gradient attack on models that give scores but no gradients: differences of scores stand in for them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lepton_robustness.evasion.ground import Ground, Ints, Prey, Tried
from lepton_robustness.evasion.threat import Bools, Floats

STREAM = 2
DIRECTIONS = 128
"""Up to so many features each gets its own difference; beyond, so many random directions are taken."""
STEP = 0.05
"""Length of a difference, as a share of eps: scores of ensembles are steps, too short a difference sees none."""


@dataclass
class _Walk:
    """Where each prey's walk stands."""

    at: Floats
    open: Bools
    starved: Bools
    spent: Ints
    found: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.found = self.at.copy()


def score_gradient(ground: Ground, prey: Prey) -> Tried:
    """Frank-Wolfe steps down the estimated lead of the true class, from the input and from random points of its reach.

    Source: estimated gradients, P.-Y. Chen et al., "ZOO" (AISec 2017); steps, J. Chen et al., "A Frank-Wolfe framework" (AAAI 2020).
    """
    m = len(prey)
    walk = _Walk(prey.x.copy(), np.ones(m, dtype=bool), np.zeros(m, dtype=bool), np.zeros(m, dtype=np.int64))
    draws = [ground.draws(STREAM, int(row)) for row in prey.rows]
    for start in range(ground.toil.climb_starts):
        walk.at = prey.x.copy() if start == 0 else _anywhere(ground, prey, draws)
        moving = walk.open.copy()
        for step in range(ground.toil.climb_steps):
            who = np.flatnonzero(moving & walk.open & ~walk.starved)
            moving[who] = _step(ground, prey, walk=walk, who=who, draws=draws, rate=2 / (step + 2))
    return Tried.of(walk.found, spent=walk.spent, starved=walk.starved & walk.open)


def _anywhere(ground: Ground, prey: Prey, draws: list[np.random.Generator]) -> Floats:
    low, high = ground.threat.box(prey.x)
    shares = np.stack([own.random(prey.x.shape[1]) for own in draws])
    return ground.threat.project(prey.x, low + shares * (high - low))


def _step(
    ground: Ground, prey: Prey, *, walk: _Walk, who: Ints, draws: list[np.random.Generator], rate: float
) -> Bools:
    """Moves these walks by one step; whether (len(who),) each saw a slope."""
    rays = _rays(ground, [draws[i] for i in who])
    cost = rays.shape[1] + 3
    walk.starved[who] = walk.spent[who] + cost > prey.left[who]
    fed = ~walk.starved[who]
    who, rays, slope_seen = who[fed], rays[fed], np.zeros(len(fed), dtype=bool)
    if not len(who):
        return slope_seen
    walk.spent[who] += cost
    slope = _slope(ground, prey.only(who), at=walk.at[who], rays=rays)
    corner = ground.threat.steepest(prey.x[who], -slope)
    mixed = ground.threat.project(prey.x[who], walk.at[who] + rate * (corner - walk.at[who]))
    slope_seen[fed] = (slope != 0).any(axis=1)
    walk.at[who] = mixed
    for points in (corner, mixed):
        wrong = ground.oracle.labels(points) != prey.y[who]
        walk.found[who[wrong]], walk.open[who[wrong]] = points[wrong], False
    return slope_seen


def _rays(ground: Ground, draws: list[np.random.Generator]) -> Floats:
    """Directions (m, r, d) to measure along, in units of eps."""
    free = np.flatnonzero(ground.threat.movable)
    few = min(len(free), DIRECTIONS)
    rays = np.zeros((len(draws), few, len(ground.threat.movable)))
    if len(free) <= DIRECTIONS:
        rays[:, np.arange(few), free] = 1.0
        return rays
    for own, ray in zip(draws, rays, strict=True):
        ray[:, free] = own.choice((-1.0, 1.0), size=(few, len(free)))
    return rays


def _slope(ground: Ground, prey: Prey, *, at: Floats, rays: Floats) -> Floats:
    """Estimated derivative (m, d) of the lead by each feature's own unit; whole features are stepped by one."""
    threat = ground.threat
    unit = np.where(threat.integer, np.maximum(1.0, STEP * threat.eps * threat.scale), STEP * threat.eps * threat.scale)
    low, high = threat.box(prey.x)
    moved = np.clip(at[:, None] + rays * unit, low[:, None], high[:, None])
    back = np.clip(at[:, None] - rays * unit, low[:, None], high[:, None])
    moved = np.where((moved == at[:, None]).all(axis=2, keepdims=True), back, moved)
    points = np.concatenate([at[:, None], moved], axis=1)
    leads = ground.oracle.margins(points.reshape(-1, at.shape[1]), np.repeat(prey.y, points.shape[1])).reshape(
        points.shape[:2]
    )
    change = leads[:, 1:] - leads[:, :1]
    slope: Floats = np.einsum("mr,mrd->md", change, (moved - at[:, None]) / unit**2)
    return slope
