"""Privacy loss distributions, by dp-accounting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lepton_privacy.accounting.closed import amplified
from lepton_privacy.accounting.costs import Cost

if TYPE_CHECKING:
    from dp_accounting.pld.privacy_loss_distribution import PrivacyLossDistribution

FINEST = 1e-4
"""dp-accounting's own interval."""
CELLS = 1 << 17
"""Cells of the grid: a Gaussian's are filled in about half a second."""
DIFFERENT = 64
"""Different costs that are convolved; beyond it the Rényi accountant answers alone."""
LARGEST = 600.0
"""Loss of one draw beyond which e^loss comes near the end of the floating-point numbers."""
LONGEST = 1e5
"""Deviation of a discrete noise beyond which its table is too long."""
TAIL = 10.0
"""Deviations of a Gaussian within which all but e^-50 of its mass lies."""


def distribution(draws: Mapping[Cost, int], delta: float) -> float:
    """An upper bound on epsilon at delta; infinite where this way of accounting has no trustworthy answer.

    Every distribution is rounded towards more loss. The rounding errors of the Fourier transforms, which grow with the
    number of draws, are taken from delta.
    Source: Koskela, Jälkö, Honkela (2020); Doroshenko et al., Connect the Dots (2022); dp-accounting.
    """
    left = delta - _rounding(draws)
    if len(draws) > DIFFERENT or left <= delta / 2 or not all(map(fits, draws)):
        return math.inf
    cells = _cells(draws)
    composed = None
    for cost, count in draws.items():
        several = _one(cost, cells).self_compose(count)
        composed = several if composed is None else composed.compose(several)
    return math.inf if composed is None else float(composed.get_epsilon_for_delta(left))


def _rounding(draws: Mapping[Cost, int]) -> float:
    """Eight times the size that rounding errors of random sign have, in all cells together."""
    return 8 * 2.0**-52 * math.log2(CELLS) * (sum(draws.values()) + len(draws))


def _cells(draws: Mapping[Cost, int]) -> float:
    """The grid's interval: so wide that the composed distribution has about `CELLS` cells. It decides how sharp the answer is."""
    mean = sum(count * _mean(cost) for cost, count in draws.items())
    deviation = math.sqrt(sum(count * _deviation(cost) ** 2 for cost, count in draws.items()))
    widest = max(map(_width, draws))
    return max(FINEST, 2 * (widest + mean + TAIL * deviation) / CELLS)


def _width(cost: Cost) -> float:
    """The greatest loss of a draw, but for the tail."""
    return cost.loss**2 / 2 + TAIL * cost.loss if cost.pure is None else cost.loss


def _mean(cost: Cost) -> float:
    if cost.pure is None:
        return min(cost.loss**2 / 2, _deviation(cost) ** 2)
    epsilon = amplified(cost.pure, cost.sampling)
    return min(epsilon, epsilon**2)


def _deviation(cost: Cost) -> float:
    if cost.pure is None:
        return min(cost.loss, cost.sampling * math.sqrt(math.expm1(min(cost.loss**2, LARGEST))))
    return amplified(cost.pure, cost.sampling)


def fits(cost: Cost) -> bool:
    """dp-accounting can compute with it: no power of e overflows, no table of a discrete noise is too long."""
    return _width(cost) < LARGEST and cost.sensitivity < LONGEST * min(cost.loss, 1.0)


def _one(cost: Cost, interval: float) -> PrivacyLossDistribution:
    """The distribution of one draw."""
    from dp_accounting.pld import privacy_loss_distribution as pld

    grid = {"value_discretization_interval": interval, "pessimistic_estimate": True}
    if cost.kind == "laplace":
        return pld.from_laplace_mechanism(
            parameter=1 / cost.loss, sensitivity=1, sampling_prob=cost.sampling, use_connect_dots=True, **grid
        )
    if cost.kind == "gaussian":
        return pld.from_gaussian_mechanism(
            standard_deviation=1 / cost.loss, sensitivity=1, sampling_prob=cost.sampling, use_connect_dots=True, **grid
        )
    if cost.kind == "discrete_gaussian":
        return pld.from_discrete_gaussian_mechanism(
            sigma=cost.sensitivity / cost.loss,
            sensitivity=cost.sensitivity,
            sampling_prob=cost.sampling,
            use_connect_dots=True,
            **grid,
        )
    if cost.kind == "discrete_laplace":
        return pld.from_discrete_laplace_mechanism(
            parameter=cost.loss / cost.sensitivity,
            sensitivity=cost.sensitivity,
            sampling_prob=cost.sampling,
            use_connect_dots=True,
            **grid,
        )
    return _two_points(amplified(cost.loss, cost.sampling), cost.sampling * cost.delta, interval)


def _two_points(epsilon: float, delta: float, interval: float) -> PrivacyLossDistribution:
    """Randomized response, the worst of all that has this epsilon and delta; no grid point has less loss than it must.

    Each loss between two cells is shared by them so that both the mass of the table and that of its neighbour stay: the
    divergence is convex in ``e^-loss``, so this spread can only raise it.
    Source: Kairouz, Oh, Viswanath (2015), theorem 3.4; Doroshenko et al. (2022).
    """
    from dp_accounting.pld import privacy_loss_distribution as pld

    cells: dict[int, float] = {}
    for loss in (epsilon, -epsilon):
        mass = (1 - delta) / (1 + math.exp(-loss))
        below = math.floor(loss / interval)
        above = -math.expm1(below * interval - loss) / -math.expm1(-interval)
        for cell, part in ((below, 1 - above), (below + 1, above)):
            cells[cell] = cells.get(cell, 0.0) + mass * part
    return pld.PrivacyLossDistribution.create_from_rounded_probability(cells, delta, interval)
