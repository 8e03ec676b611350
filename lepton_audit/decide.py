"""One value beside one limit -> pass, fail or undecided. Pure mathematics of verdicts, and the sentence that says why."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, TypeGuard

from lepton_audit.facts.finding import Decision, Measured
from lepton_audit.facts.judgement import Check
from lepton_audit.facts.pattern import fits
from lepton_audit.facts.quantities import MAX_INTEGER, Estimate

_WORDS = {
    "min": "at least {}",
    "max": "at most {}",
    "equals": "{}",
    "one_of": "one of {}",
    "subset_of": "nothing but {}",
    "excludes": "none of {}",
    "matches": "text that matches {}",
}


def measured(check: Check, value: Any, where: str = "") -> Measured:
    """The value beside its limit, decided. ``where`` names the item of a list."""
    return Measured(
        field=where or check.path,
        value=_shown_value(value),
        **_interval(value),
        unit=check.unit,
        operator=check.operator,
        limit=check.limit,
        strength=check.strength,
        verdict=decision(check, value),
        because=_sentence(check, value, where or check.path),
    )


def decision(check: Check, value: Any) -> Decision:
    """The verdict on the value alone. What isn't of the shape that the operator is for is undecided, never an exception."""
    decide = _DECIDE.get(check.operator)
    return decide(value, check.limit) if decide else _bound(check.operator, check.limit, value)


def _bound(operator: str, limit: float, value: Any) -> Decision:
    """An interval that straddles the limit is undecided; every number of a list must keep the bound."""
    if isinstance(value, list):
        return _all_of([_bound(operator, limit, item) for item in value]) if value else "undecided"
    if value == "unbounded":
        return "fail" if operator == "max" else "undecided"
    low, high = (value.get("low"), value.get("high")) if isinstance(value, dict) else (value, value)
    if not (_is_number(low) and _is_number(high)):
        return "undecided"
    if operator == "max":
        return "pass" if high <= limit else "fail" if low > limit else "undecided"
    return "pass" if low >= limit else "fail" if high < limit else "undecided"


def _all_of(decisions: list[Decision]) -> Decision:
    """A failing item fails the list, an unknown one keeps it from passing; nothing to decide is a pass."""
    return "fail" if "fail" in decisions else "undecided" if "undecided" in decisions else "pass"


def _is_number(value: object) -> TypeGuard[float]:
    """A finite number, and no boolean."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _same(value: Any, limit: Any) -> bool:
    """Equal, and both or neither a boolean: in Python ``True == 1``."""
    return bool(value == limit) and isinstance(value, bool) == isinstance(limit, bool)


def _one_of(value: Any, limits: Any) -> Decision:
    if value is None or isinstance(value, (list, dict)):
        return "undecided"
    return "pass" if any(_same(value, limit) for limit in limits) else "fail"


def _subset(value: Any, limits: Any) -> Decision:
    return _all_of([_one_of(item, limits) for item in _listed(value)])


def _excludes(value: Any, limits: Any) -> Decision:
    opposite: dict[Decision, Decision] = {"pass": "fail", "fail": "pass", "undecided": "undecided"}
    return _all_of([opposite[_one_of(item, limits)] for item in _listed(value)])


def _matches(value: Any, limit: str) -> Decision:
    matching = fits(limit, value) if isinstance(value, str) else None
    return "undecided" if matching is None else "pass" if matching else "fail"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_DECIDE: dict[str, Callable[[Any, Any], Decision]] = {
    "equals": lambda value, limit: _one_of(value, (limit,)),
    "one_of": _one_of,
    "subset_of": _subset,
    "excludes": _excludes,
    "matches": _matches,
}


def _interval(value: Any) -> dict[str, Any]:
    names = ("low", "high", "confidence", "n", "method")
    return {name: value[name] for name in names} if _is_estimate(value) else {}


def _is_estimate(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != Estimate.model_fields.keys():
        return False
    numbers = (value["value"], value["low"], value["high"], value["confidence"])
    known = isinstance(value["method"], str) and isinstance(value["n"], int)
    return known and all(_is_number(number) and abs(number) < sys.float_info.max for number in numbers)


def _shown_value(value: Any) -> Any:
    return value["value"] if _is_estimate(value) else value


def _sentence(check: Check, value: Any, where: str) -> str:
    wanted = _WORDS[check.operator].format(_said(check.limit))
    if value is None:
        return f"{where} could not be determined; {wanted} is required"
    return f"{where} is {_quantity(value, check.unit)}; {wanted} is required"


def _quantity(value: Any, unit: str) -> str:
    if _is_estimate(value):
        share = f"{value['confidence']:.0%} interval {_said(value['low'])} to {_said(value['high'])}, n = {value['n']}"
        return f"{_said(value['value'])} {unit} ({share})".replace("  ", " ")
    return _said(value) if isinstance(value, (bool, str, list, dict)) else f"{_said(value)} {unit}".rstrip()


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_said, value)) or "nothing"
    if isinstance(value, dict):
        return "a group of fields"
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return f"a number of {value.bit_length()} bits"
    return "unknown" if value is None else str(value)
