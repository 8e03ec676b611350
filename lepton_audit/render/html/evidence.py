"""The evidence appendix: what was looked at, how, and what was seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lepton_audit.facts.canonical import digest
from lepton_audit.facts.look import Confinement, EvidenceRecord
from lepton_audit.facts.report import Report
from lepton_audit.render.words import number, said, size

ROWS = 60
"""So many values of one record are shown; the rest are in report.json."""
LONGEST = 400
"""So many characters of one value."""
_INDEX = re.compile(r"\[\d+\]")
_ESTIMATE = {"value", "low", "high", "confidence", "n", "method"}


@dataclass(frozen=True)
class Value:
    """One leaf of the evidence."""

    path: str
    text: str
    unit: str


@dataclass(frozen=True)
class Record:
    """One look's evidence, ready to be written."""

    anchor: str
    record: EvidenceRecord
    values: tuple[Value, ...]
    left_out: int


@dataclass(frozen=True)
class Group:
    """Records of one probe that were made with the same settings under the same limits."""

    first: EvidenceRecord
    settings: tuple[Value, ...]
    limits: str
    records: tuple[Record, ...]


def ordered(report: Report) -> list[EvidenceRecord]:
    """The records in the order of the appendix."""
    return sorted(report.evidence.values(), key=lambda r: (*_shared(r), sorted(r.assets), r.digest))


def groups_of(report: Report, records: list[EvidenceRecord]) -> tuple[Group, ...]:
    """The appendix. Anchors count from ``e1`` in the order of ``records``."""
    units = {(n.probe, f.path): f.unit for n in report.probes for f in n.fields}
    numbered = list(enumerate(records, 1))
    return tuple(_group(list(members), units) for _, members in groupby(numbered, lambda pair: _shared(pair[1])))


def _shared(record: EvidenceRecord) -> tuple[str, int, str, str]:
    limits = record.confinement.model_dump() if record.confinement else None
    return record.probe, record.version, record.provider, digest([record.settings, record.seed, record.effort, limits])


def _group(members: list[tuple[int, EvidenceRecord]], units: dict[tuple[str, str], str]) -> Group:
    first = members[0][1]
    settings = tuple(_leaves(first.settings, "", {}, first.probe))
    return Group(first, settings, limits_of(first.confinement), tuple(_record(at, r, units) for at, r in members))


def _record(at: int, record: EvidenceRecord, units: dict[tuple[str, str], str]) -> Record:
    values = tuple(_leaves(record.values, "", units, record.probe))
    return Record(f"e{at}", record, values[:ROWS], max(len(values) - ROWS, 0))


def limits_of(confinement: Confinement | None) -> str:
    """The limits around the look, in one sentence."""
    if confinement is None:
        return "The look ran under no recorded limits."
    c = confinement
    return (
        f"At most {number(c.seconds)} s and {size(c.memory)} of memory; processes: {c.processes}; "
        f"network: {c.network}; files: {c.files}."
    )


def _leaves(value: Any, path: str, units: dict[tuple[str, str], str], probe: str) -> Iterator[Value]:  # noqa: ANN401
    match value:
        case dict() if value.keys() == _ESTIMATE:
            unit = units.get((probe, _INDEX.sub("", path)), "")
            yield Value(path, _estimate(value), unit)
        case dict():
            for key in sorted(value):
                yield from _leaves(value[key], f"{path}.{key}" if path else str(key), units, probe)
        case list() | tuple() if any(isinstance(item, dict | list | tuple) for item in value):
            for at, item in enumerate(value):
                yield from _leaves(item, f"{path}[{at}]", units, probe)
        case _:
            yield Value(path, _shortened(said(value)), units.get((probe, _INDEX.sub("", path)), ""))


def _estimate(value: dict[str, Any]) -> str:
    return (
        f"{said(value['value'])}, {said(value['confidence'] * 100)} % interval {said(value['low'])} to "
        f"{said(value['high'])}, n = {said(value['n'])}, {said(value['method'])}"
    )


def _shortened(text: str) -> str:
    left = len(text) - LONGEST
    return text if left <= 0 else f"{text[:LONGEST]}… ({left} characters more in report.json)"
