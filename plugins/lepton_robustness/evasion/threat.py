"""What the opponent may do to an input: the ball, the box, and the features that are fixed or whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lepton_robustness.evasion.words import Norm

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
ULPS = 4.0
"""Roundings that x + (x' - x) may suffer; a distance is compared up to as many last digits."""
HALVINGS = 200
"""Beyond these no double is left between two bounds, however unlike the features' sizes are."""


@dataclass(frozen=True)
class Threat:
    """All inputs that an opponent can reach from a given one."""

    norm: Norm
    eps: float
    scale: Floats
    """(d,) size of one unit of eps, in the feature's own unit."""
    low: Floats
    high: Floats
    movable: Bools
    integer: Bools

    def unlimited(self) -> Threat:
        """The same opponent without a limit on the size of the change."""
        return replace(self, norm="linf", eps=float(np.max((self.high - self.low) / self.scale, initial=1.0)))

    def box(self, x: Floats) -> tuple[Floats, Floats]:
        """Lowest and highest reachable value (n, d) of every feature of inputs (n, d), the others held."""
        reach, slack = np.where(self.movable, self.eps * self.scale, 0.0), self._slack(x)
        low = np.maximum(np.minimum(self.low, x), x - reach)
        high = np.minimum(np.maximum(self.high, x), x + reach)
        low = np.where(self.integer & self.movable, np.minimum(np.ceil(low - slack), x), low)
        high = np.where(self.integer & self.movable, np.maximum(np.floor(high + slack), x), high)
        return low, high

    def project(self, x: Floats, wanted: Floats) -> Floats:
        """The wanted inputs (n, d), brought to where the opponent can reach from x (n, d)."""
        low, high = self.box(x)
        whole = np.where(self.integer & self.movable, np.rint(wanted), wanted)
        near: Floats = np.clip(whole, low, high)
        return near if self.norm == "linf" else np.clip(self._shortened(x, near), low, high)

    def _shortened(self, x: Floats, near: Floats) -> Floats:
        length = np.linalg.norm((near - x) / self.scale, axis=1, keepdims=True)
        shrunk = (near - x) * (self.eps / np.maximum(length, self.eps))
        shortened: Floats = x + np.where(self.integer, np.trunc(shrunk), shrunk)
        return shortened

    def allows(self, x: Floats, changed: Floats) -> Bools:
        """Whether (n,) each changed input is in reach of its x: norm, range, whole numbers, fixed features."""
        finite = np.isfinite(changed).all(axis=1)
        fixed = ((changed == x) | self.movable).all(axis=1)
        whole = ((changed == np.rint(changed)) | ~(self.integer & self.movable)).all(axis=1)
        ranged = ((changed >= np.minimum(self.low, x)) & (changed <= np.maximum(self.high, x))).all(axis=1)
        allowed: Bools = finite & fixed & whole & ranged & self._near(x, changed)
        return allowed

    def _near(self, x: Floats, changed: Floats) -> Bools:
        slack = self._slack(np.maximum(np.abs(x), np.abs(changed))) / self.scale
        if self.norm == "linf":
            near: Bools = np.all(np.abs(changed - x) / self.scale <= self.eps + slack, axis=1)
        else:
            near = np.less_equal(self.distance(x, changed), self.eps + np.linalg.norm(slack, axis=1))
        return near

    def _slack(self, x: Floats) -> Floats:
        slack: Floats = ULPS * np.spacing(np.maximum(np.abs(x), self.eps * self.scale))
        return slack

    def distance(self, x: Floats, changed: Floats) -> Floats:
        """Size (n,) of each change, in the norm, in units of eps."""
        order = np.inf if self.norm == "linf" else 2
        return np.asarray(np.linalg.norm((changed - x) / self.scale, ord=order, axis=1), dtype=np.float64)

    def steepest(self, x: Floats, direction: Floats) -> Floats:
        """The reachable input (n, d) farthest along each direction (n, d): exact, but for whole numbers in l2.

        In l2 the optimum of a linear function over a ball and a box is clip(t * direction, box), with the t that uses up the ball.
        """
        low, high = self.box(x)
        corner = np.where(direction > 0, high, np.where(direction < 0, low, x))
        if self.norm == "linf":
            return corner
        pull = direction * self.scale**2
        with np.errstate(divide="ignore", invalid="ignore"):
            times = np.where(pull != 0, (corner - x) / pull, 0.0)
        return self.project(x, self._used_up(x, pull=pull, low=low, high=high, longest=times.max(axis=1, initial=0.0)))

    def _used_up(self, x: Floats, *, pull: Floats, low: Floats, high: Floats, longest: Floats) -> Floats:
        """clip(x + t * pull) with the largest t up to ``longest`` (n,) that stays in the ball, found by halving."""
        short, long = np.zeros_like(longest), longest
        for _ in range(HALVINGS):
            middle = (short + long) / 2
            point = np.clip(x + middle[:, None] * pull, low, high)
            fits = self.distance(x, point) <= self.eps
            short, long = np.where(fits, middle, short), np.where(fits, long, middle)
        found: Floats = np.clip(x + short[:, None] * pull, low, high)
        return found
