"""An interval for a share that stays valid however often one looks, and whenever one stops.

Source: H. Robbins, "Statistical Methods Related to the Law of the Iterated Logarithm", Annals of Mathematical Statistics 41 (1970);
the same as a bet: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024).
"""

from __future__ import annotations

from collections.abc import Callable
from math import lgamma, log, log1p

from lepton_audit import Estimate

METHOD = "beta-mixture confidence sequence"


def share(successes: int, n: int, *, confidence: float) -> Estimate:
    """The share with its anytime-valid interval.

    Under the true share p, the likelihood of the draws mixed over a uniform prior, divided by their likelihood under p, is a
    martingale of mean 1. By Ville's inequality it ever exceeds 1 / (1 - confidence) with probability at most 1 - confidence;
    the interval holds all p at which it doesn't. The draws must be independent, the stopping rule may be any.
    """
    value = successes / n
    limit = _log_mixture(successes, n) + log(1 - confidence)

    def refuted(p: float) -> bool:
        return _log_likelihood(successes, n, p=p) < limit

    low = 0.0 if successes == 0 else _edge(refuted, outside=0.0, inside=value)
    high = 1.0 if successes == n else _edge(refuted, outside=1.0, inside=value)
    return Estimate(value=value, low=low, high=high, confidence=confidence, n=n, method=METHOD)


def _log_mixture(successes: int, n: int) -> float:
    """Log of the integral of p^s (1 - p)^(n - s) over the uniform prior: the beta function."""
    return lgamma(successes + 1) + lgamma(n - successes + 1) - lgamma(n + 2)


def _log_likelihood(successes: int, n: int, *, p: float) -> float:
    ones = successes * log(p) if successes else 0.0
    return ones + ((n - successes) * log1p(-p) if successes < n else 0.0)


def _edge(refuted: Callable[[float], bool], *, outside: float, inside: float) -> float:
    """Where refutation begins, to the last bit, on the refuted side: the interval is never too narrow."""
    while (middle := (outside + inside) / 2) not in (outside, inside):
        outside, inside = (middle, inside) if refuted(middle) else (outside, middle)
    return outside
