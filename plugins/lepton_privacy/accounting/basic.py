"""Basic composition: the epsilons of all draws are added."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lepton_privacy.accounting.closed import amplified, epsilon_of_one
from lepton_privacy.accounting.costs import Cost


def basic(draws: Mapping[Cost, int], delta: float) -> float:
    """The sum of all epsilons; what the releases leave of delta is shared by the Gaussian draws. Infinite if nothing is left.

    Source: Dwork and Roth (2014), theorem 3.16.
    """
    spent = math.fsum(cost.sampling * cost.delta * count for cost, count in draws.items())
    gaussians = sum(count for cost, count in draws.items() if cost.pure is None)
    if spent > delta or (gaussians and spent == delta):
        return math.inf
    share = (delta - spent) / gaussians if gaussians else 0.0
    return math.fsum(count * _one(cost, share) for cost, count in draws.items())


def _one(cost: Cost, share: float) -> float:
    return epsilon_of_one(cost, share) if cost.pure is None else amplified(cost.pure, cost.sampling)
