"""HopSkipJump by the Adversarial Robustness Toolbox: what an opponent can do who sees labels only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lepton_robustness.evasion.ground import Ground, Prey, Tried
from lepton_robustness.evasion.neighbours import far
from lepton_robustness.evasion.threat import Floats
from lepton_robustness.evasion.turns import Ask, Walk, walked

STREAM = 3
ABREAST = 32
"""Walks that go in turns."""
STEPS = 128
"""Single questions that one step may need beside its draws: two halvings of an interval of doubles, and its retreat."""
Float32s = NDArray[np.float32]


class _Broken(Exception):
    """A question was itself the adversarial example."""


class _Spent(Exception):
    """No question is left, or the walk has lost its way."""


class _Asked:
    """The model over u, the changeable features in units of eps: whole and fixed features are kept on the way, every answer is looked at."""

    def __init__(self, ground: Ground, prey: Prey, *, spent: int) -> None:
        """Of one prey, that has spent so much already."""
        self.ground, self.x, self.label = ground, prey.x[0], int(prey.y[0])
        self.free, self.found, self.spent = ground.threat.movable, prey.x[0], 0
        self.wide = ground.threat.unlimited()
        self.needed, self.left = _needed(ground), int(prey.left[0]) - spent
        self.starved = False

    def u_of(self, x: Floats) -> Float32s:
        """(d,) -> (free,)"""
        threat = self.ground.threat
        return ((x - threat.low) / threat.scale)[self.free].astype(np.float32)

    def x_of(self, u: Float32s) -> Floats:
        """(n, free) -> (n, d)"""
        threat = self.ground.threat
        x = np.repeat(self.x[None], len(u), axis=0)
        points = x.copy()
        points[:, self.free] = threat.low[self.free] + u.astype(np.float64) * threat.scale[self.free]
        return self.wide.project(x, points)

    def walk(self, ask: Ask, *, start: Floats) -> None:
        """Ends with the best input in ``found``."""
        attack = _attack(self.ground, lambda u: self._answers(u, ask))
        try:
            with np.errstate(invalid="ignore", divide="ignore"):
                end = attack.generate(self.u_of(self.x)[None], x_adv_init=self.u_of(start)[None])
        except _Broken:
            return
        except _Spent:
            self.starved = self.left < self.needed
            return
        self.found = self.ground.threat.project(self.x[None], self.x_of(end))[0]

    def _answers(self, u: Float32s, ask: Ask) -> Float32s:
        if self.spent + len(u) > min(self.left, self.needed) or not np.isfinite(u).all():
            raise _Spent
        self.spent += len(u)
        points = self.x_of(u)
        labels = ask(points)
        hits = points[labels != self.label]
        if len(hits):
            self._look(hits)
        return np.eye(self.ground.oracle.classes, dtype=np.float32)[labels]

    def _look(self, hits: Floats) -> None:
        near = self.ground.threat.allows(np.broadcast_to(self.x, hits.shape), hits)
        if near.any():
            self.found = hits[near][0]
            raise _Broken


def hopskipjump(ground: Ground, prey: Prey) -> Tried:
    """A walk along the boundary towards each input, from the nearest input of another answer; it ends where the walk enters the ball.

    Source: J. Chen, M. Jordan, M. Wainwright, "HopSkipJumpAttack" (S&P 2020).
    """
    starts = far(ground, prey)
    points, spent, starved = prey.x.copy(), starts.spent.copy(), starts.starved.copy()
    able = np.flatnonzero((starts.points != prey.x).any(axis=1))
    for group in np.split(able, range(ABREAST, len(able), ABREAST)):
        asked = [_Asked(ground, prey.only(np.array([i])), spent=int(spent[i])) for i in group]
        walks = [
            Walk(
                partial(one.walk, start=starts.points[i]),
                seed=int(ground.draws(STREAM, int(prey.rows[i])).integers(2**32)),
            )
            for one, i in zip(asked, group, strict=True)
        ]
        walked(walks, ground.oracle.labels)
        for one, i in zip(asked, group, strict=True):
            points[i], starved[i] = one.found, one.starved
            spent[i] += one.spent
    return Tried.of(points, spent=spent, starved=starved)


def _attack(ground: Ground, answers: Callable[[Float32s], Float32s]) -> Any:
    """ART draws directions from numpy's global stream, and starts from one that nobody can seed: so every walk is given its start."""
    from art.attacks.evasion import HopSkipJump
    from art.estimators.classification import BlackBoxClassifier

    threat, toil = ground.threat, ground.toil
    span = ((threat.high - threat.low) / threat.scale)[threat.movable]
    known = BlackBoxClassifier(answers, span.shape, ground.oracle.classes, clip_values=(np.zeros_like(span), span))
    most = _draws(ground, toil.boundary_steps)
    return HopSkipJump(
        known,
        norm=np.inf if threat.norm == "linf" else 2,
        max_iter=toil.boundary_steps,
        init_eval=toil.boundary_draws,
        max_eval=most,
        batch_size=most,
        verbose=False,
    )


def _draws(ground: Ground, step: int) -> int:
    return ceil(ground.toil.boundary_draws * sqrt(step))


def _needed(ground: Ground) -> int:
    """Questions that the walk may ask; ART's own loop has no end where rounding undoes a start."""
    steps = ground.toil.boundary_steps
    return sum(_draws(ground, step) + STEPS for step in range(1, steps + 1)) + STEPS
