"""A measured value drawn beside its limit: geometry only, in pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lepton_audit.facts.finding import Measured
from lepton_audit.render.words import interval_of, number, required, value_of

WIDTH = 180
_RATIO_UNITS = frozenset({"ratio", "share", "fraction", "probability", "rate"})
_LOG_FROM = 300.0
"""How many times larger the largest than the smallest number is before a logarithmic scale tells more."""
_CLOSE = 0.12
"""How small the spread is, beside the numbers, before a scale from zero would hide it."""
_TINY, _HUGE = 1e-300, 1e300
"""Beyond them a power of ten would underflow or overflow."""


@dataclass(frozen=True)
class Drawing:
    """Where everything lies, from the left edge. ``point`` is None where the value is unbounded."""

    good_from: str
    good_width: str
    limit: str
    low: str | None
    high: str | None
    point: str | None
    start: str
    end: str
    says: str
    """The drawing in words."""


@dataclass(frozen=True)
class Scale:
    """Numbers to pixels."""

    low: float
    high: float
    logarithmic: bool = False

    def x(self, value: float) -> float:
        """Pixels from the left edge, never outside the drawing."""
        if self.logarithmic:
            start = math.log(self.low)
            share = (math.log(max(value, self.low)) - start) / (math.log(self.high) - start)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(max(share, 0.0), 1.0) * WIDTH


def drawing_of(measured: Measured) -> Drawing | None:
    """The drawing, or None where there is no number beside a bound."""
    limit = _finite(measured.limit)
    value = _finite(measured.value)
    if measured.operator not in ("min", "max") or limit is None or (value is None and measured.value != "unbounded"):
        return None
    scale = scale_of([n for n in (limit, value, measured.low, measured.high) if n is not None], measured.unit)
    at = scale.x(limit)
    start, end = (at, float(WIDTH)) if measured.operator == "min" else (0.0, at)
    return Drawing(
        good_from=_px(start),
        good_width=_px(end - start),
        limit=_px(at),
        low=None if measured.low is None else _px(scale.x(measured.low)),
        high=None if measured.high is None else _px(scale.x(measured.high)),
        point=None if value is None else _px(scale.x(value)),
        start=number(scale.low),
        end=number(scale.high) + (" (log)" if scale.logarithmic else ""),
        says=", ".join(
            filter(None, (value_of(measured), interval_of(measured).partition(", ")[0], required(measured)))
        ),
    )


def scale_of(numbers: list[float], unit: str) -> Scale:
    """A scale that starts at zero where that tells something, and leaves room on both sides."""
    smallest, largest = min(numbers), max(numbers)
    spread = largest - smallest
    ratio = unit in _RATIO_UNITS and smallest >= 0 and largest <= 1
    if _TINY < spread < _CLOSE * max(abs(smallest), abs(largest)):
        return _close_up(smallest, largest, ratio=ratio)
    if ratio and largest > 0.3:  # noqa: PLR2004  # below, the whole would hide it
        return Scale(0.0, 1.0)
    if smallest > _TINY and largest / smallest > _LOG_FROM:
        return Scale(10.0 ** math.floor(math.log10(smallest)), _round_up(largest * 1.5), logarithmic=True)
    low = 0.0 if smallest >= 0 else -_round_up(-smallest * 1.15)
    high = 0.0 if largest <= 0 else _round_up(largest * 1.15)
    return Scale(low, high if high > low else low + 1.0)


def _close_up(smallest: float, largest: float, *, ratio: bool) -> Scale:
    """The neighbourhood of numbers that lie close together, between round ends."""
    spread = largest - smallest
    step = 10.0 ** math.floor(math.log10(spread))
    low, high = math.floor((smallest - spread) / step) * step, math.ceil((largest + spread) / step) * step
    return Scale(low, min(high, 1.0) if ratio else high)


def _round_up(value: float) -> float:
    """The next 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value)) if value > _TINY else _TINY
    steps = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next((step * power for step in steps if step * power >= value), 10 * power)


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _HUGE:
        return None
    return float(value)


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
