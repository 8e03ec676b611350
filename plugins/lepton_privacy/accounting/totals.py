"""The lowest of three upper bounds on what a ledger has cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lepton_audit import Bounded
from lepton_privacy.accounting.basic import basic
from lepton_privacy.accounting.costs import Cost
from lepton_privacy.accounting.distribution import distribution
from lepton_privacy.accounting.renyi import renyi

DECIMALS = 9
"""Epsilon is rounded up here; less than a thousandth of the last decimal is taken for a rounding error of floats."""


@dataclass(frozen=True)
class Total:
    """Upper bounds on epsilon at one delta."""

    basic: float
    renyi: float
    distribution: float

    @property
    def least(self) -> float:
        """The lowest: each holds."""
        return min(self.basic, self.renyi, self.distribution)

    @property
    def method(self) -> str:
        """The accountant that gave the lowest bound."""
        named = {"pld": self.distribution, "basic": self.basic, "rdp": self.renyi}
        return min(named, key=lambda name: named[name]) if math.isfinite(self.least) else "none"


NO_TOTAL = Total(math.inf, math.inf, math.inf)
"""A release has no bound, so the whole has none."""


def total(draws: Mapping[Cost, int], delta: float) -> Total:
    """What all draws have cost at that delta."""
    return Total(basic(draws, delta), renyi(draws, delta), distribution(draws, delta))


def bounded(epsilon: float) -> Bounded:
    """Epsilon rounded up, or `unbounded`."""
    if not math.isfinite(epsilon):
        return "unbounded"
    scaled = epsilon * 10**DECIMALS
    return math.ceil(scaled - 1e-3) / 10**DECIMALS if abs(scaled) < 2**52 else epsilon
