"""The exact attack on a linear classifier: no survivor of it can be broken."""

from __future__ import annotations

import numpy as np

from lepton_robustness.evasion.ground import Ground, Prey, Tried
from lepton_robustness.evasion.native import Linear
from lepton_robustness.evasion.threat import Threat


def linear(ground: Ground, prey: Prey) -> Tried:
    """For every prey the reachable input that most favours another class; over each pair of classes the optimum is in closed form.

    Source: for the ball alone, S. Moosavi-Dezfooli et al., "DeepFool" (CVPR 2016), section 2; the box and fixed features only clip each
    feature by itself (linf), or are met by the Lagrangian's clipped solution (l2).
    """
    if not isinstance(ground.surrogate, Linear):
        raise TypeError("the closed form needs a linear classifier")
    best, lead = prey.x.copy(), np.full(len(prey), -np.inf)
    for other in range(len(ground.surrogate.coef)):
        toward = ground.surrogate.coef[other] - ground.surrogate.coef[prey.y]
        point = ground.threat.steepest(prey.x, toward)
        gain = (point * toward).sum(axis=1) + ground.surrogate.intercept[other] - ground.surrogate.intercept[prey.y]
        better = (gain > lead) & (prey.y != other)
        best, lead = np.where(better[:, None], point, best), np.where(better, gain, lead)
    return Tried.of(best)


def decides(threat: Threat) -> bool:
    """Whether the closed form is exact against this opponent: whole numbers in l2 are a knapsack problem."""
    return threat.norm == "linf" or not bool((threat.integer & threat.movable).any())
