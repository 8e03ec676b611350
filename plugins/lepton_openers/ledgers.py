"""Ledgers of releases: JSON, or CSV with one release a row, or a folder of such files about the same persons."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lepton_audit import LedgerOptions, Opener, PinnedAsset, Release, Unopenable, opener

WHOLE = ("claimed_epsilon", "claimed_delta", "records")
MOST = 2**53
"""Beyond it a whole number is no longer exact in JSON."""
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class LiveLedger:
    """All releases made from one body of personal data."""

    name: str
    releases: tuple[Release, ...]
    claimed_epsilon: float | None
    claimed_delta: float | None
    records: int | None
    options: LedgerOptions


@opener("ledger", formats=("json",), suffixes=(".json",))
def json_ledger(asset: PinnedAsset) -> LiveLedger:
    """The ledger of a JSON file: ``{"claimed_epsilon", "claimed_delta", "records", "releases": [{"id", "mechanism", ...}]}``.

    Raises: Unopenable, with the entry.
    """
    try:
        told = json.loads(_text(asset), object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _wrong(asset, f"{_file(asset)}{line}", str(getattr(error, "msg", error))) from None
    entries = told.pop("releases", None) if isinstance(told, dict) else None
    if not isinstance(entries, list):
        raise _wrong(asset, _file(asset), "expected an object with a list of `releases`")
    releases = (_release(asset, f"{_file(asset)}, releases[{i}]", entry) for i, entry in enumerate(entries))
    return _ledger(asset, told, tuple(releases))


@opener("ledger", formats=("csv",), suffixes=(".csv",))
def csv_ledger(asset: PinnedAsset) -> LiveLedger:
    """The ledger of a CSV file: the header holds names of a release's fields, an empty field is absent.

    Raises: Unopenable, with the line.
    """
    releases = (_release(asset, f"{_file(asset)}, line {line}", entry) for line, entry in _rows(asset))
    return _ledger(asset, {}, tuple(releases))


@opener("ledger", formats=("ledgers",))
def ledgers(asset: PinnedAsset) -> LiveLedger:
    """All ledgers of a folder as one: they draw on the same persons, so their losses add up. Each file is one, JSON or CSV.

    The whole claims what the target file says, or else the sum of what every file claims (Dwork and Roth, theorem 3.16).
    Raises: Unopenable, with the file; also for a file that is no ledger, since none may be left out.
    """
    each = [(file, _of_file(asset, file)) for file in _members(asset)]
    told = {**_sum_of_claims(asset, [ledger for _, ledger in each]), "records": _persons(asset, each)}
    named = (r.model_copy(update={"id": f"{file.name}: {r.id}"}) for file, ledger in each for r in ledger.releases)
    return _ledger(asset, told, tuple(named))


OPENERS: tuple[Opener, ...] = (json_ledger, csv_ledger, ledgers)
READERS = {".json": json_ledger, ".csv": csv_ledger}


def _members(asset: PinnedAsset) -> list[Path]:
    """The files of the folder, by name."""
    root = _path(asset)
    if not root.is_dir():
        raise _wrong(asset, _file(asset), "it is no folder of ledgers")
    files = sorted(root.iterdir())
    for file in files:
        if file.suffix not in READERS or not file.is_file() or file.is_symlink():
            raise _wrong(asset, file.name, "the folder may hold ledgers only (.json and .csv files)")
    if not files:
        raise _wrong(asset, _file(asset), "the folder is empty, and no ledger proves nothing")
    return files


def _of_file(asset: PinnedAsset, file: Path) -> LiveLedger:
    ledger: LiveLedger = READERS[file.suffix].open(replace(asset, path=file, options=LedgerOptions()))
    return ledger


def _sum_of_claims(asset: PinnedAsset, each: list[LiveLedger]) -> dict[str, Any]:
    """What the files claim together. Raises: Unopenable where only some claim, or the target file claims more."""
    claims = [ledger.claimed_epsilon for ledger in each if ledger.claimed_epsilon is not None]
    declared = asset.options.claimed_epsilon
    together = math.fsum(claims)
    if declared is not None:
        if len(claims) == len(each) and declared > together:
            raise _wrong(asset, _file(asset), f"the target file claims epsilon {declared}, its ledgers {together}")
        return {}
    if claims and len(claims) < len(each):
        raise _wrong(asset, _file(asset), "some ledgers claim a total and some don't: claim one in the target file")
    deltas = min(1.0, math.fsum(ledger.claimed_delta or 0.0 for ledger in each))
    return {"claimed_epsilon": together, "claimed_delta": deltas} if claims else {}


def _persons(asset: PinnedAsset, each: list[tuple[Path, LiveLedger]]) -> int | None:
    """Raises: Unopenable where the ledgers don't agree on the persons."""
    found = {ledger.records for _, ledger in each if ledger.records is not None}
    if len(found) > 1:
        raise _wrong(
            asset, _file(asset), f"its ledgers don't agree on `records` ({', '.join(map(str, sorted(found)))})"
        )
    return next(iter(found), None)


def _ledger(asset: PinnedAsset, told: dict[str, Any], releases: tuple[Release, ...]) -> LiveLedger:
    """A checked ledger. Raises: Unopenable for an empty one, an id told twice, a claim that is no number."""
    if not releases:
        raise _wrong(asset, _file(asset), "it has no releases, and an empty ledger proves nothing")
    seen: set[str] = set()
    for release in releases:
        if release.id in seen:
            raise _wrong(asset, _file(asset), f"the id {release.id!r} stands there twice")
        seen.add(release.id)
    if sum(release.count for release in releases) > MOST:
        raise _wrong(asset, _file(asset), f"the counts add up to more than {MOST}")
    whole = _whole(asset, told)
    return LiveLedger(asset.name, releases, whole.claimed_epsilon, whole.claimed_delta, whole.records, whole)


def _whole(asset: PinnedAsset, told: dict[str, Any]) -> LedgerOptions:
    """What the file says of the whole, completed by the target file. They may not contradict each other."""
    _known(asset, _file(asset), told, (*WHOLE, "releases"))
    declared = {name: value for name in WHOLE if (value := getattr(asset.options, name)) is not None}
    present = {name: value for name, value in told.items() if value is not None}
    for name in declared.keys() & present.keys():
        if declared[name] != present[name] or isinstance(present[name], bool):
            raise _wrong(asset, _file(asset), f"`{name}` is not what the target file says")
    try:
        return LedgerOptions.model_validate({**declared, **present})
    except ValidationError as error:
        raise _wrong(asset, _file(asset), _first(error)) from None


def _release(asset: PinnedAsset, place: str, entry: object) -> Release:
    if not isinstance(entry, dict):
        raise _wrong(asset, place, "expected an object")
    _known(asset, place, entry, tuple(Release.model_fields))
    try:
        release = Release.model_validate(entry)
    except ValidationError as error:
        raise _wrong(asset, place, _first(error)) from None
    _sensible(asset, place, release)
    return release


def _sensible(asset: PinnedAsset, place: str, release: Release) -> None:
    """Figures that can be what they say. Zero is read: a scale of zero is no noise, and the probe says so."""
    if not release.id.strip() or not release.id.isprintable():
        raise _wrong(asset, place, "`id` is empty, or holds what can't be printed")
    for name in ("scale", "sensitivity", "epsilon", "delta"):
        value = getattr(release, name)
        if value is not None and value < 0:
            raise _wrong(asset, place, f"`{name}` is negative")
    if release.delta is not None and release.delta > 1:
        raise _wrong(asset, place, "`delta` is a probability, and above 1")
    for name in ("scale", "sensitivity") if release.mechanism in ("pure", "approximate") else ():
        if getattr(release, name) is not None:
            because = "is believed by its epsilon, and no noise is looked at: name the noise as its mechanism, or leave"
            raise _wrong(asset, place, f"a `{release.mechanism}` release {because} `{name}` out")
    if release.mechanism == "pure" and release.delta:
        raise _wrong(asset, place, "a `pure` release has no delta; its mechanism may be `approximate`")


def _known(asset: PinnedAsset, place: str, entry: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in entry:
        if name not in names:
            near = ", ".join(f"`{n}`" for n in get_close_matches(str(name), names) or names)
            raise _wrong(asset, place, f"unknown field {name!r}; near: {near}")


def _rows(asset: PinnedAsset) -> Iterator[tuple[int, dict[str, object]]]:
    """Line and fields of each row. Raises: Unopenable for a ragged row or an unclosed quote."""
    reader = csv.reader(_text(asset).splitlines(keepends=True), strict=True)
    try:
        header = next(reader, [])
        _header(asset, header)
        for row in filter(None, reader):
            if len(row) != len(header):
                raise _wrong(
                    asset, f"{_file(asset)}, line {reader.line_num}", f"{len(row)} fields, the header has {len(header)}"
                )
            yield reader.line_num, {name: _value(name, text) for name, text in zip(header, row, strict=True) if text}
    except csv.Error as error:
        raise _wrong(asset, f"{_file(asset)}, line {reader.line_num}", str(error)) from None


def _header(asset: PinnedAsset, header: list[str]) -> None:
    place = f"{_file(asset)}, line 1"
    if len(set(header)) < len(header):
        raise _wrong(asset, place, "a name stands there twice")
    _known(asset, place, dict.fromkeys(header), tuple(Release.model_fields))


def _value(name: str, text: str) -> object:
    """A CSV field as its release field has it; what is no plain number stays text, and is refused there."""
    if name in ("id", "mechanism", "adjacency") or not NUMBER.fullmatch(text):
        return text
    return int(text) if re.fullmatch(r"[-+]?\d+", text, re.ASCII) else float(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        raise ValueError("an object names a field twice")
    return told


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}"


def _text(asset: PinnedAsset) -> str:
    try:
        return _path(asset).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(asset, _file(asset), f"it can't be read as UTF-8 text ({type(error).__name__})") from None


def _path(asset: PinnedAsset) -> Path:
    if asset.path is None:
        raise Unopenable(f"ledger {asset.name}: it is no file", next_step="Name a file in `uri`.")
    return asset.path


def _file(asset: PinnedAsset) -> str:
    return _path(asset).name


def _wrong(asset: PinnedAsset, place: str, because: str) -> Unopenable:
    return Unopenable(
        f"ledger {asset.name}: {place}: {because}", next_step="Correct the ledger; see `Release` for its fields."
    )
