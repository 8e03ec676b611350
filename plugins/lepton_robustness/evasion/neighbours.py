"""Moving towards rows of the holdout that the model answers otherwise: whatever eps, such a row in reach is found."""

from __future__ import annotations

import numpy as np

from lepton_robustness.evasion.ground import Ground, Prey, Tried
from lepton_robustness.evasion.threat import Floats, Threat


def neighbours(ground: Ground, prey: Prey) -> Tried:
    """As far as may be towards the nearest rows of other answers; broken where any of the projections is answered otherwise."""
    return _best(ground, prey, threat=ground.threat)


def far(ground: Ground, prey: Prey) -> Tried:
    """The nearest input of another answer whatever the size of the change: what ranges and fixed features leave reachable."""
    return _best(ground, prey, threat=ground.threat.unlimited())


def _best(ground: Ground, prey: Prey, *, threat: Threat) -> Tried:
    points, spent = prey.x.copy(), np.zeros(len(prey), dtype=np.int64)
    starved = np.zeros(len(prey), dtype=bool)
    tried = [nearest(ground, prey.x[i], label=int(prey.y[i]), threat=threat) for i in range(len(prey))]
    kept = [t[: prey.left[i]] for i, t in enumerate(tried)]
    labels = ground.oracle.labels(np.concatenate(kept)) if any(len(k) for k in kept) else np.zeros(0, dtype=np.int64)
    ends = np.cumsum([len(k) for k in kept])
    for i, own in enumerate(np.split(labels, ends[:-1])):
        wrong = np.flatnonzero(own != prey.y[i])
        points[i] = kept[i][wrong[0]] if len(wrong) else points[i]
        spent[i], starved[i] = len(own), len(kept[i]) < len(tried[i])
    return Tried.of(points, spent=spent, starved=starved)


def nearest(ground: Ground, x: Floats, *, label: int, threat: Threat) -> Floats:
    """The rows (up to ``neighbours``, d) of other answers, brought into reach of x (d,), by the distance they had from it."""
    others = ground.pool.x[ground.pool.labels != label]
    here = np.broadcast_to(x, others.shape)
    wanted = np.where(threat.movable, others, x)
    order = np.argsort(threat.distance(here, wanted), kind="stable")[: ground.toil.neighbours]
    return threat.project(here[order], wanted[order])
