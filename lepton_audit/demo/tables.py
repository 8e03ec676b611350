"""The released table: with names and exact ages as it was published, generalised in its hardened twin."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_audit.demo.cohort import AGE_BANDS, DIAGNOSES, Cohort, Person, persons

if TYPE_CHECKING:
    from lepton_audit.demo.system import State

Columns = Mapping[str, list[Any]]
QUASI_IDENTIFIERS = ("age", "zip", "insurer")


def roles(state: State, features: tuple[str, ...]) -> dict[str, str]:
    """Column -> its role, in the table's order."""
    identity = {"name": "identifier"} if state == "published" else {}
    quasi = dict.fromkeys(QUASI_IDENTIFIERS, "quasi-identifier")
    return {**identity, **quasi, "diagnosis": "sensitive", **dict.fromkeys(features, "feature"), "label": "label"}


def released(state: State, rows: Cohort) -> Columns:
    """The holdout's columns. published: names, exact ages and zips. hardened: no names, two age bands, zip prefixes."""
    people = persons(rows.holdout_y)
    return {
        **(_exact(people) if state == "published" else _generalised(people)),
        "diagnosis": [DIAGNOSES[label] for label in rows.holdout_y],
        **{name: [float(v) for v in rows.holdout_x[:, i]] for i, name in enumerate(rows.features)},
        "label": [int(label) for label in rows.holdout_y],
    }


def write_csv(path: Path, columns: Columns) -> None:
    """The columns as CSV; floats in full precision."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def write_parquet(path: Path, columns: Columns) -> None:
    """The columns as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(dict(columns)), path)


def _exact(people: list[Person]) -> Columns:
    return {
        "name": [person.name for person in people],
        "age": [person.age for person in people],
        "zip": [person.zip for person in people],
        "insurer": [person.insurer for person in people],
    }


def _generalised(people: list[Person]) -> Columns:
    return {
        "age": [_band(person.age) for person in people],
        "zip": [f"{person.zip[:2]}***" for person in people],
        "insurer": [person.insurer for person in people],
    }


def _band(age: int) -> str:
    return next(f"{low}-{high}" for low, high in AGE_BANDS if low <= age <= high)
