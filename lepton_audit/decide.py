"""One value beside one limit -> pass, fail or undecided. Pure mathematics of verdicts, and the sentence that says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lepton_audit.facts.finding import Decision, Measured
from lepton_audit.facts.judgement import Check

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
    decision = _decision(check, value)
    return Measured(
        field=where or check.path,
        value=_shown_value(value),
        **_interval(value),
        unit=check.unit,
        operator=check.operator,
        limit=check.limit,
        strength=check.strength,
        verdict=decision,
        because=_sentence(check, value, where or check.path),
    )


def _decision(check: Check, value: Any) -> Decision:
    if value is None:
        return "undecided"
    if check.operator in ("min", "max"):
        return _bound(check.operator, check.limit, value)
    return "pass" if _TESTS[check.operator](value, check.limit) else "fail"


def _bound(operator: str, limit: float, value: Any) -> Decision:
    """An interval that straddles the limit is undecided; every number of a list must keep the bound."""
    if isinstance(value, list):
        decisions = [_bound(operator, limit, item) for item in value]
        return "fail" if "fail" in decisions else "pass" if decisions else "undecided"
    low, high = (value["low"], value["high"]) if isinstance(value, dict) else (value, value)
    if value == "unbounded":
        return "fail" if operator == "max" else "undecided"
    if operator == "max":
        return "pass" if high <= limit else "fail" if low > limit else "undecided"
    return "pass" if low >= limit else "fail" if high < limit else "undecided"


def _same(value: Any, limit: Any) -> bool:
    """Equal, and both or neither a boolean: in Python ``True == 1``."""
    return bool(value == limit) and isinstance(value, bool) == isinstance(limit, bool)


def _among(value: Any, limits: Any) -> bool:
    return any(_same(value, limit) for limit in limits)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "one_of": _among,
    "subset_of": lambda value, limits: all(_among(item, limits) for item in _listed(value)),
    "excludes": lambda value, limits: not any(_among(item, limits) for item in _listed(value)),
    "matches": lambda value, limit: re.fullmatch(limit, value) is not None,
}


def _interval(value: Any) -> dict[str, Any]:
    names = ("low", "high", "confidence", "n", "method")
    return {name: value[name] for name in names} if isinstance(value, dict) else {}


def _shown_value(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) else value


def _sentence(check: Check, value: Any, where: str) -> str:
    wanted = _WORDS[check.operator].format(_said(check.limit))
    if value is None:
        return f"{where} could not be determined; {wanted} is required"
    return f"{where} is {_quantity(value, check.unit)}; {wanted} is required"


def _quantity(value: Any, unit: str) -> str:
    if isinstance(value, dict):
        share = f"{value['confidence']:.0%} interval {_said(value['low'])} to {_said(value['high'])}, n = {value['n']}"
        return f"{_said(value['value'])} {unit} ({share})".replace("  ", " ")
    return _said(value) if isinstance(value, (bool, str, list)) else f"{_said(value)} {unit}".rstrip()


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_said, value)) or "nothing"
    return str(value)
