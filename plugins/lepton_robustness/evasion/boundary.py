"""HopSkipJump by the Adversarial Robustness Toolbox: what an opponent can do who sees labels only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lepton_robustness.evasion.ground import Ground, Prey, Tried
from lepton_robustness.evasion.neighbours import far
from lepton_robustness.evasion.threat import Floats

STREAM = 3
STEPS = 128
"""Single questions that one step may need beside its draws: two halvings of an interval of doubles, and its retreat."""
Float32s = NDArray[np.float32]


class _Broken(Exception):
    """A question was itself the adversarial example."""


class _Spent(Exception):
    """No question is left."""


class _Asked:
    """The model over u, the changeable features in units of eps: whole and fixed features are kept on the way, every answer is looked at."""

    def __init__(self, ground: Ground, x: Floats, *, label: int, left: int) -> None:
        self.ground, self.x, self.label, self.left = ground, x, label, left
        self.free, self.spent, self.found = ground.threat.movable, 0, x

    def u_of(self, x: Floats) -> Float32s:
        """(d,) -> (free,)"""
        threat = self.ground.threat
        return ((x - threat.low) / threat.scale)[self.free].astype(np.float32)

    def __call__(self, u: Float32s) -> Float32s:
        threat = self.ground.threat
        self.spent += len(u)
        if self.spent > self.left:
            raise _Spent
        points = np.repeat(self.x[None], len(u), axis=0)
        points[:, self.free] = threat.low[self.free] + u.astype(np.float64) * threat.scale[self.free]
        points = threat.unlimited().project(np.repeat(self.x[None], len(u), axis=0), points)
        labels = self.ground.oracle.labels(points)
        self._look(points, wrong=labels != self.label)
        return np.eye(self.ground.oracle.classes, dtype=np.float32)[labels]

    def _look(self, points: Floats, *, wrong: NDArray[np.bool_]) -> None:
        hits = points[wrong]
        near = self.ground.threat.allows(np.broadcast_to(self.x, hits.shape), hits)
        if near.any():
            self.found = hits[near][0]
            raise _Broken


def hopskipjump(ground: Ground, prey: Prey) -> Tried:
    """A walk along the boundary towards each input, from the nearest input of another answer; it ends where the walk enters the ball.

    Source: J. Chen, M. Jordan, M. Wainwright, "HopSkipJumpAttack" (S&P 2020).
    """
    starts = far(ground, prey)
    points, spent = prey.x.copy(), starts.spent.copy()
    starved = starts.starved.copy()
    for i in range(len(prey)):
        if (starts.points[i] != prey.x[i]).any():
            points[i], cost, starved[i] = _walk(
                ground, prey.only(np.array([i])), start=starts.points[i], spent=int(spent[i])
            )
            spent[i] += cost
    return Tried.of(points, spent=spent, starved=starved)


def _walk(ground: Ground, prey: Prey, *, start: Floats, spent: int) -> tuple[Floats, int, bool]:
    """The walk's best input (d,), the questions it cost, and whether it wanted more than it had."""
    needed, left = _needed(ground), int(prey.left[0]) - spent
    asked = _Asked(ground, prey.x[0], label=int(prey.y[0]), left=min(needed, left))
    try:
        with _seeded(ground.draws(STREAM, int(prey.rows[0]))):
            end = _attack(ground, asked).generate(asked.u_of(prey.x[0])[None], x_adv_init=asked.u_of(start)[None])[0]
    except _Broken:
        return asked.found, asked.spent, False
    except _Spent:
        return asked.x, asked.spent, left < needed
    wanted = asked.x.copy()
    wanted[asked.free] = ground.threat.low[asked.free] + end.astype(np.float64) * ground.threat.scale[asked.free]
    return ground.threat.project(asked.x[None], wanted[None])[0], asked.spent, False


def _attack(ground: Ground, asked: _Asked) -> Any:
    from art.attacks.evasion import HopSkipJump
    from art.estimators.classification import BlackBoxClassifier

    threat, toil = ground.threat, ground.toil
    clip = (np.zeros(asked.free.sum()), ((threat.high - threat.low) / threat.scale)[asked.free])
    known = BlackBoxClassifier(asked, (int(asked.free.sum()),), ground.oracle.classes, clip_values=clip)
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


@contextmanager
def _seeded(draws: np.random.Generator) -> Iterator[None]:
    """ART draws directions from numpy's global stream, and starts from a stream that nobody can seed: so it is given a start."""
    before = np.random.get_state()  # noqa: NPY002  # the one that ART uses
    np.random.seed(int(draws.integers(2**32)))  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
