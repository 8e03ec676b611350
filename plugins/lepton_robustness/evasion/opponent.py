"""The threat as the target's options and the rule's settings draw it."""

from __future__ import annotations

import numpy as np

from lepton_audit import Feature, LookFailed, LookRefused, Model
from lepton_robustness.evasion.drawing import Drawing, Summary
from lepton_robustness.evasion.threat import Bools, Floats, Threat
from lepton_robustness.evasion.words import EvasionSettings

SINGLE = 2.0**-23
"""A bound of 0.1 may be stored as the nearest number of single precision."""


def threat_of(model: Model, drawing: Drawing, settings: EvasionSettings) -> Threat:
    """What the opponent may do. Raises LookRefused where that is nothing, LookFailed where data and declaration differ."""
    features = [model.options.features.get(name, Feature()) for name in drawing.names]
    low, high = _ranges(model, features, drawing.summary)
    scale = _scale(settings, drawing.summary, span=high - low)
    _inside(drawing, low=low, high=high)
    integer = np.array([f.integer for f in features])
    _whole(drawing, integer)
    movable = ~np.array([f.immutable for f in features]) & (high > low) & (scale > 0)
    if not movable.any():
        raise LookRefused(
            "no feature may change: each is immutable or has an empty range",
            next_step="declare ranges under the model's `features`",
        )
    return Threat(settings.norm, settings.eps, np.where(scale > 0, scale, 1.0), low, high, movable, integer)


def observed(model: Model, names: tuple[str, ...]) -> int:
    """How many features have no declared range."""
    features = [model.options.features.get(name, Feature()) for name in names]
    return 0 if model.options.clip else sum(f.low is None or f.high is None for f in features)


def _ranges(model: Model, features: list[Feature], summary: Summary) -> tuple[Floats, Floats]:
    """Declared for the feature, else for all of them, else as the holdout shows it."""
    clip = model.options.clip
    low = [_first(f.low, clip and clip[0], summary.low[i]) for i, f in enumerate(features)]
    high = [_first(f.high, clip and clip[1], summary.high[i]) for i, f in enumerate(features)]
    wrong = [i for i in range(len(features)) if low[i] > high[i]]
    if wrong:
        raise LookFailed(
            f"{len(wrong)} features have a low above their high",
            next_step="check `low`, `high` and `clip` of the model",
        )
    return np.array(low), np.array(high)


def _first(*given: float | None) -> float:
    return float(next(value for value in given if value is not None))


def _scale(settings: EvasionSettings, summary: Summary, *, span: Floats) -> Floats:
    return {"raw": np.ones_like(span), "range": span, "std": summary.std}[settings.scale]


def _inside(drawing: Drawing, *, low: Floats, high: Floats) -> None:
    """Returns only if the holdout keeps the declared ranges: narrower ones would shrink both the unit of eps and the opponent's reach."""
    seen = drawing.summary
    slack = SINGLE * np.maximum(np.abs(seen.low), np.abs(seen.high))
    out = [name for i, name in enumerate(drawing.names) if ((seen.low < low - slack) | (seen.high > high + slack))[i]]
    if out:
        raise LookFailed(
            f"features have values outside their declared range: {', '.join(out)}",
            next_step="widen `low`, `high` or `clip` of the model to what its inputs can be, or correct the holdout",
        )


def _whole(drawing: Drawing, integer: Bools) -> None:
    broken = [name for i, name in enumerate(drawing.names) if integer[i] and (drawing.x[:, i] % 1 != 0).any()]
    if broken:
        raise LookFailed(
            f"features declared integer hold fractions: {', '.join(broken)}", next_step="correct the model's `features`"
        )
