"""Epsilon of a single draw in closed form."""

from __future__ import annotations

import math

from lepton_privacy.accounting.costs import Cost


def epsilon_of_one(cost: Cost, delta: float) -> float:
    """The least epsilon for that delta; infinite for a Gaussian at delta 0. Sampling counts.

    Exact for Laplace, Gaussian and `response`; for discrete Laplace at delta 0, else an upper bound; for a discrete Gaussian
    an upper bound.
    Source: sampling: Balle, Barthe, Gaboardi (2018), theorem 8, which is tight.
    """
    return amplified(_unsampled(cost, delta / cost.sampling), cost.sampling)


def amplified(epsilon: float, sampling: float) -> float:
    """Epsilon after Poisson sampling, under add-or-remove-one: ``ln(1 + q (e^epsilon - 1))``."""
    if sampling == 1 or math.isinf(epsilon):
        return epsilon
    if epsilon > _LARGE:
        return epsilon + math.log(sampling) + math.log1p((1 - sampling) / sampling * math.exp(-_LARGE))
    return math.log1p(sampling * math.expm1(epsilon))


def _unsampled(cost: Cost, delta: float) -> float:
    if delta >= 1:
        return 0.0
    if cost.kind == "response":
        return math.inf if delta < cost.delta else _two_points(cost, delta)
    if cost.kind == "laplace":  # hockey-stick divergence 1 - e^((epsilon - loss) / 2)
        return max(0.0, cost.loss + 2 * math.log1p(-delta))
    if cost.kind == "discrete_laplace":
        return cost.loss
    return gaussian(cost.loss, delta) if cost.kind == "gaussian" else concentrated(cost.loss**2 / 2, delta)


def _two_points(cost: Cost, delta: float) -> float:
    """Randomized response: ``delta = d + (1 - d) (e^loss - e^epsilon) / (1 + e^loss)``; Kairouz, Oh, Viswanath (2015)."""
    left = (delta - cost.delta) / (1 - cost.delta)
    if left <= 0 or cost.loss > _LARGE:
        return cost.loss
    inside = math.exp(cost.loss) - left * (1 + math.exp(cost.loss))
    return math.log(inside) if inside > 1 else 0.0


def gaussian(mu: float, delta: float) -> float:
    """Epsilon of a Gaussian of sensitivity over deviation ``mu``; from above.

    Source: Balle and Wang (2018), theorem 8: ``delta = P(mu/2 - epsilon/mu) - e^epsilon P(-mu/2 - epsilon/mu)``.
    """
    if delta <= 0:
        return math.inf
    low, high = 0.0, concentrated(mu**2 / 2, delta)
    while high - low > _NARROW * max(high, _NARROW):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if gaussian_delta(mu, middle) > delta else (low, middle)
    return high


def gaussian_delta(mu: float, epsilon: float) -> float:
    """The left side of `gaussian`."""
    from scipy.special import log_ndtr

    above = math.exp(float(log_ndtr(mu / 2 - epsilon / mu)))
    below = math.exp(min(0.0, epsilon + float(log_ndtr(-mu / 2 - epsilon / mu))))
    return above - below


def concentrated(rho: float, delta: float) -> float:
    """Epsilon of rho-zCDP: ``rho + 2 sqrt(rho ln(1/delta))``. A discrete Gaussian has rho = loss^2 / 2, in any dimension.

    Source: Bun and Steinke (2016), lemma 3.5; Canonne, Kamath, Steinke (2020), theorem 14.
    """
    return math.inf if delta <= 0 else rho + 2 * math.sqrt(rho * math.log(1 / delta))


_LARGE = 700.0
"""Beyond it e^epsilon is near the end of the floating-point numbers."""
_NARROW = 1e-12
