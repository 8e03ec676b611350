"""The words that every output shares: verdicts, numbers, limits, values."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime
from typing import Any

from lepton_audit.facts.finding import Finding, Measured, Verdict

WORD: dict[Verdict, str] = {
    "fail": "fail",
    "error": "error",
    "undecided": "undecided",
    "unattested": "unattested",
    "waived": "waived",
    "pass": "pass",
    "attested": "attested",
    "not_applicable": "not applicable",
}
MEANING: dict[Verdict, str] = {
    "fail": "The evidence shows that the requirement is not met.",
    "error": "The look failed, so nothing is known. This is never a pass.",
    "undecided": "The interval straddles the limit, or the test had no power here. This is never a pass.",
    "unattested": "The control asks for a signed-off human statement, and there is none that is valid.",
    "waived": "A deviation that somebody accepted, for a time. It is not a pass.",
    "pass": "The requirement is met: proven where the value is exact or accounted for, "
    "tested where this test found no violation.",
    "attested": "A human states that the requirement is met. lepton-audit has not tested it.",
    "not_applicable": "The policy or the target's owner says that the control doesn't apply, with the reason.",
}
COUNT_OF: dict[Verdict, str] = {
    "fail": "failed",
    "error": "errors",
    "undecided": "undecided",
    "unattested": "unattested",
    "waived": "waived",
    "pass": "passed",
    "attested": "attested",
    "not_applicable": "not_applicable",
}
"""Verdict -> the field of `Coverage` that counts it."""
OPEN: tuple[Verdict, ...] = ("fail", "error", "undecided", "unattested")
"""Verdicts that ask for something to be done."""
PHRASE = {
    "min": "at least",
    "max": "at most",
    "equals": "must be",
    "one_of": "one of",
    "subset_of": "nothing but",
    "excludes": "without",
    "matches": "must match",
}
"""Operator -> the words before its limit."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_PLAIN_UNITS = frozenset({"", "1", "none", "boolean", "bool", "text", "name", "names", "ratio"})
"""Units that say nothing behind a number."""


def visible(text: str) -> str:
    """The text with its control, direction and zero-width characters spelled out, so that none can act or hide."""
    return _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def on_one_line(text: str) -> str:
    """The text made visible, with line breaks and tabs folded into spaces."""
    return visible(" ".join(text.split()))


def verdict_word(finding: Finding) -> str:
    """The verdict; a pass says how strong it is."""
    word = WORD[finding.verdict]
    return f"{word} · {finding.strength}" if finding.verdict == "pass" and finding.strength else word


READABLE, EXACT = 4, 12
"""Significant digits: for a reader's eye, and for an auditor's appendix."""


def number(value: float, digits: int = READABLE) -> str:
    """Whole numbers in full, others with so many significant digits, never fewer than stand before the point."""
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    return f"{value:.{max(digits, min(len(str(int(abs(value)))), EXACT))}g}"


def said(value: Any, digits: int = READABLE) -> str:
    """A value as a reader says it: yes and no, lists with commas, "not determined" for what couldn't be."""
    match value:
        case None:
            return "not determined"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return number(value, digits)
        case str():
            return value or "(empty)"
        case list() | tuple():
            return ", ".join(said(item, digits) for item in value) or "none"
        case _:
            return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def required(measured: Measured) -> str:
    """What the field had to be: ``at least 0.6``."""
    limit = _exactly(measured.limit, measured.value) or said(measured.limit)
    if measured.operator == "subset_of" and not measured.limit:
        return "must be none"
    return f"{PHRASE.get(measured.operator, measured.operator)} {limit}"


def value_of(measured: Measured) -> str:
    """The measured value with its unit: ``8.995 epsilon``."""
    value = _exactly(measured.value, measured.limit) or said(measured.value)
    return f"{value} {unit_of(measured.value, measured.unit)}".rstrip()


def unit_of(value: object, unit: str) -> str:
    """The unit as it stands behind the value: ``row`` behind 1, nothing behind what is no number."""
    if not _is_number(value) or unit in _PLAIN_UNITS:
        return ""
    return _of_one(unit) if value == 1 else unit


def interval_of(measured: Measured) -> str:
    """How sure the value is: ``95 % interval 0.37 to 0.45, n = 500, Clopper-Pearson``; empty if it is exact."""
    if measured.low is None or measured.high is None:
        return ""
    share = f"{measured.confidence * 100:g} % interval " if measured.confidence else "interval "
    ends = (_exactly(end, measured.limit) or number(end) for end in (measured.low, measured.high))
    span = " to ".join(ends)
    n = f"n = {measured.n}" if measured.n is not None else ""
    return ", ".join(filter(None, (share + span, n, measured.method)))


def moment(when: datetime) -> str:
    """In UTC, to the second."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def day(when: date | None) -> str:
    """A date as ISO 8601 writes it."""
    return when.isoformat() if when else ""


def size(count: int) -> str:
    """Bytes, in the binary unit that leaves fewest digits."""
    left = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if left < 1024:  # noqa: PLR2004  # the unit itself
            return f"{left:.4g} {unit}"
        left /= 1024
    return f"{left:.4g} TiB"


def counted(count: int, noun: str, plural: str = "") -> str:
    """``1 finding``, ``1,204 findings``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exactly(value: object, beside: object) -> str:
    """All digits, where rounding would make two different numbers look alike."""
    if _is_number(value) and _is_number(beside) and value != beside and said(value) == said(beside):
        return repr(value)
    return ""


def _of_one(unit: str) -> str:
    """The unit of a single thing: rows, row."""
    if unit.endswith("ies"):
        return unit[:-3] + "y"
    return unit[:-1] if unit.endswith("s") and not unit.endswith("ss") else unit
