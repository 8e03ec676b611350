"""The evidence appendix: what was looked at, how, and what was seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lepton_audit.facts.look import Confinement, EvidenceRecord, Seen
from lepton_audit.facts.report import Report
from lepton_audit.render.html.findings import CHUNK, DENSE_FROM
from lepton_audit.render.words import EXACT, number, said, size, unit_of

ROWS = 60
"""So many values of one record are shown; the rest are in report.json."""
COLUMNS = 8
"""So many fields fit beside each other."""
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
class SeenAs:
    """An asset as one or more looks saw it."""

    anchor: str
    seen: Seen


@dataclass(frozen=True)
class Record:
    """One look's evidence, ready to be written."""

    anchor: str
    record: EvidenceRecord
    assets: tuple[tuple[str, SeenAs], ...]
    """The probe's parameter, and what it was given."""
    values: tuple[Value, ...]
    left_out: int
    doubts: tuple[str, ...]
    """Why a pass on these values would say nothing."""


@dataclass(frozen=True)
class Group:
    """Records of one probe that were made with the same settings under the same limits."""

    first: EvidenceRecord
    settings: tuple[Value, ...]
    limits: str
    columns: tuple[Value, ...]
    """Many records with the same few fields stand in one table; otherwise empty."""
    chunks: tuple[tuple[Record, ...], ...]


@dataclass(frozen=True)
class Appendix:
    """All evidence, and the assets it speaks of."""

    assets: tuple[SeenAs, ...]
    groups: tuple[Group, ...]


def ordered(report: Report) -> list[EvidenceRecord]:
    """The records in the order of the appendix."""
    return sorted(report.evidence.values(), key=lambda r: (*_shared(r), _places(r), r.digest))


def _places(record: EvidenceRecord) -> list[tuple[str, str]]:
    return sorted((parameter, seen.name) for parameter, seen in record.assets.items())


def appendix_of(report: Report, records: list[EvidenceRecord]) -> Appendix:
    """The appendix. Anchors count from ``e1`` in the order of ``records``."""
    assets: dict[str, SeenAs] = {}
    writer = _Writer(
        assets={id(seen): _named(seen, assets) for record in records for _, seen in sorted(record.assets.items())},
        units={(note.probe, field.path): field.unit for note in report.probes for field in note.fields},
        dense=len(records) >= DENSE_FROM,
    )
    numbered = enumerate(records, 1)
    groups = tuple(writer.group(list(members)) for _, members in groupby(numbered, lambda pair: _shared(pair[1])))
    return Appendix(tuple(assets.values()), groups)


def _named(seen: Seen, assets: dict[str, SeenAs]) -> SeenAs:
    return assets.setdefault(seen.model_dump_json(), SeenAs(f"a{len(assets) + 1}", seen))


def _shared(record: EvidenceRecord) -> tuple[str, int, str, str]:
    """What the records of one group have in common."""
    how = json.dumps([record.settings, record.seed, record.effort], sort_keys=True, default=str)
    return record.probe, record.version, record.provider, how + repr(record.confinement)


@dataclass(frozen=True)
class _Writer:
    assets: dict[int, SeenAs]
    units: dict[tuple[str, str], str]
    dense: bool

    def group(self, members: list[tuple[int, EvidenceRecord]]) -> Group:
        first = members[0][1]
        records = [self.record(at, record) for at, record in members]
        chunks = tuple(tuple(records[at : at + CHUNK]) for at in range(0, len(records), CHUNK))
        settings = tuple(_leaves(first.settings, "", {}, first.probe))
        columns = _columns(records) if self.dense else ()
        return Group(first, settings, limits_of(first.confinement), columns, chunks)

    def record(self, at: int, record: EvidenceRecord) -> Record:
        shown = {name: value for name, value in record.values.items() if name != "doubts"}
        values = tuple(_leaves(shown, "", self.units, record.probe))
        assets = tuple((name, self.assets[id(seen)]) for name, seen in sorted(record.assets.items()))
        doubts = tuple(map(_doubt, _doubts(record)))
        return Record(f"e{at}", record, assets, values[:ROWS], max(len(values) - ROWS, 0), doubts)


def _doubts(record: EvidenceRecord) -> list[Any]:
    doubts = record.values.get("doubts")
    return doubts if isinstance(doubts, list) else list(doubts) if isinstance(doubts, tuple) else []


def _doubt(doubt: Any) -> str:
    """The doubt in one sentence; one that isn't shaped like a `Doubt` is told as it stands."""
    match doubt:
        case {"because": str(because), "fields": [_, *_] as fields}:
            return f"{because} ({said(fields)})"
        case {"because": str(because)}:
            return because
        case _:
            return said(doubt)


def _columns(records: list[Record]) -> tuple[Value, ...]:
    """The fields of the records, if all have the same few."""
    columns = records[0].values
    paths = [value.path for value in columns]
    alike = all([value.path for value in record.values] == paths and not record.doubts for record in records)
    return columns if alike and len(columns) <= COLUMNS else ()


def limits_of(confinement: Confinement | None) -> str:
    """The limits around the look, in one sentence."""
    if confinement is None:
        return "The look ran under no recorded limits."
    c = confinement
    return (
        f"At most {number(c.seconds)} s and {size(c.memory)} of memory; processes: {c.processes}; "
        f"network: {c.network}; sockets: {c.sockets}; files: {c.files}; their metadata: {c.metadata}; "
        f"privileges: {c.privileges}."
    )


def _leaves(value: Any, path: str, units: dict[tuple[str, str], str], probe: str) -> Iterator[Value]:
    match value:
        case dict() if value.keys() == _ESTIMATE:
            unit = unit_of(value["value"], units.get((probe, _INDEX.sub("", path)), ""))
            yield Value(path, _estimate(value), unit)
        case dict():
            for key in sorted(value):
                yield from _leaves(value[key], f"{path}.{key}" if path else str(key), units, probe)
        case list() | tuple() if any(isinstance(item, dict | list | tuple) for item in value):
            for at, item in enumerate(value):
                yield from _leaves(item, f"{path}[{at}]", units, probe)
        case _:
            unit = unit_of(value, units.get((probe, _INDEX.sub("", path)), ""))
            yield Value(path, _shortened(said(value, EXACT)), unit)


def _estimate(value: dict[str, Any]) -> str:
    at, low, high = (said(value[name], EXACT) for name in ("value", "low", "high"))
    share, n, method = said(value["confidence"] * 100), said(value["n"]), said(value["method"])
    return f"{at}, {share} % interval {low} to {high}, n = {n}, {method}"


def _shortened(text: str) -> str:
    left = len(text) - LONGEST
    return text if left <= 0 else f"{text[:LONGEST]}… ({left} characters more in report.json)"
