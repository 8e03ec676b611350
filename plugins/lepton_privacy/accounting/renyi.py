"""Rényi accounting: looser than a privacy loss distribution, and cheap for any number of releases."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lepton_privacy.accounting.closed import amplified
from lepton_privacy.accounting.costs import Cost

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def renyi(draws: Mapping[Cost, int], delta: float) -> float:
    """An upper bound on epsilon at delta: the Rényi divergences of all draws are added.

    The probability that a `response` fails altogether is taken from delta first. Sampling of a Gaussian is ignored, which
    is sound; that of a pure mechanism counts by its epsilon.
    Source: Mironov (2017), propositions 1, 6, 7 and randomized response; Canonne, Kamath, Steinke (2020), proposition 12.
    """
    import numpy as np

    left = delta - math.fsum(cost.sampling * cost.delta * count for cost, count in draws.items())
    if left <= 0:
        return math.inf
    orders = 1 + np.logspace(-4, 5, 600)
    with np.errstate(over="ignore"):
        total = sum((count * _divergence(cost, orders) for cost, count in draws.items()), np.zeros_like(orders))
        epsilons = total + np.log1p(-1 / orders) - (math.log(left) + np.log(orders)) / (orders - 1)
    return max(0.0, float(np.min(epsilons[np.isfinite(epsilons)], initial=math.inf)))


def _divergence(cost: Cost, orders: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rényi divergence of one draw at each order."""
    import numpy as np

    if cost.pure is None:
        return orders * cost.loss**2 / 2
    if cost.kind == "laplace" and cost.sampling == 1:
        return _laplace(cost.loss, orders)
    epsilon = amplified(cost.pure, cost.sampling)
    top = np.logaddexp(epsilon * orders, epsilon * (1 - orders)) - np.logaddexp(0, epsilon)
    return np.minimum(epsilon, np.asarray(top / (orders - 1), dtype=np.float64))


def _laplace(loss: float, a: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    above = np.log(a / (2 * a - 1)) + (a - 1) * loss
    below = np.log((a - 1) / (2 * a - 1)) - a * loss
    return np.asarray(np.logaddexp(above, below) / (a - 1), dtype=np.float64)
