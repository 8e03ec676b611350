"""The rows that are attacked: drawn at random where the holdout lies, whatever order it is stored in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_audit import LookFailed, LookRefused, Model, Table
from lepton_robustness.evasion.columns import feature_columns, label_column, numeric
from lepton_robustness.evasion.threat import Floats

if TYPE_CHECKING:
    import ibis

    from lepton_robustness.evasion.ground import Ints
    from lepton_robustness.evasion.oracle import Labels

PLACE = "lepton_place"
LABEL = "lepton_label"


@dataclass(frozen=True)
class Summary:
    """The whole holdout in a few numbers per feature (d,), computed where it lies."""

    rows: int
    distinct: int
    """Rows that differ in a feature or the label: only these are drawn, since a copy tells nothing new."""
    majority: float
    """Share of the distinct rows that have the most frequent label."""
    low: Floats
    high: Floats
    std: Floats


@dataclass(frozen=True)
class Drawing:
    """Rows (n, d) in the order in which they were drawn, with their labels (n,) as class indices."""

    names: tuple[str, ...]
    x: Floats
    y: Labels
    summary: Summary

    def digest(self, more: str) -> str:
        """SHA-256 of the rows, the labels and what else is said."""
        return hashlib.sha256(self.x.tobytes() + self.y.tobytes() + more.encode()).hexdigest()


def drawing(model: Model, holdout: Table, *, most: int | None, seed: int) -> Drawing:
    """Up to ``most`` distinct rows, drawn without replacement. Raises LookRefused, LookFailed where the holdout is no test."""
    names, label = feature_columns(model, holdout), label_column(holdout)
    numeric(holdout, names)
    summary = _summary(holdout, names, label=label)
    wanted = summary.distinct if most is None else min(most, summary.distinct)
    places = np.random.default_rng((seed, 0)).choice(summary.distinct, size=wanted, replace=False)
    lines = _rows(_picked(holdout, names, label=label), places=None if wanted == summary.distinct else places)
    order = np.argsort(np.argsort(places))
    x = np.array([line[: len(names)] for line in lines], dtype=np.float64)[order]
    if not np.isfinite(x).all():
        raise LookRefused(
            "the holdout's features hold values that are not finite",
            next_step="clean the holdout as the model's input is",
        )
    return Drawing(names, x, _indices([line[len(names)] for line in lines], model.classes)[order], summary)


def _summary(holdout: Table, names: Sequence[str], *, label: str) -> Summary:
    """In two queries. Raises LookRefused for an empty holdout, for NULLs, for one class only."""
    t = holdout.expression
    asked: dict[str, Any] = {"rows": t.count(), "classes": t[label].nunique(), "n": t[label].count()}
    for i, name in enumerate(names):
        column = t[name].cast("float64")
        asked |= {
            f"n{i}": column.count(),
            f"low{i}": column.min(),
            f"high{i}": column.max(),
            f"std{i}": column.std(how="pop"),
        }
    (line,) = fetched(t.aggregate(**asked))
    found = dict(zip(asked, line, strict=True))
    _refuse(found, names, holdout=holdout, label=label)
    low, high, std = ([float(found[f"{what}{i}"]) for i in range(len(names))] for what in ("low", "high", "std"))
    often = [int(line[1]) for line in fetched(_often(_picked(holdout, names, label=label)))]
    distinct = sum(often)
    return Summary(int(found["rows"]), distinct, max(often) / distinct, np.array(low), np.array(high), np.array(std))


def _refuse(found: Mapping[str, Any], names: Sequence[str], *, holdout: Table, label: str) -> None:
    rows = found["rows"]
    if rows == 0:
        raise LookRefused(f"table {holdout.name} has no rows", next_step="give the model a holdout with rows")
    gaps = [name for i, name in enumerate(names) if found[f"n{i}"] != rows] + [label] * (found["n"] != rows)
    if gaps:
        raise LookRefused(
            f"columns with NULL can't be attacked: {', '.join(gaps)}",
            next_step="fill or drop these rows as in training",
        )
    if found["classes"] < 2:  # noqa: PLR2004  # one class is none
        raise LookRefused(
            f"all labels of table {holdout.name} are one class: a model that always answers so would look perfect",
            next_step="give the model a holdout with every class",
        )


def _picked(holdout: Table, names: Sequence[str], *, label: str) -> ibis.Table:
    """Features and label of every distinct row."""
    t = holdout.expression
    features = {f"f{i}": t[name].cast("float64") for i, name in enumerate(names)}
    return t.select(**features, **{LABEL: t[label]}).distinct()


def _often(picked: ibis.Table) -> ibis.Table:
    """How many rows each label has."""
    return picked.group_by(LABEL).aggregate(often=picked.count())


def _rows(picked: ibis.Table, *, places: Ints | None) -> list[tuple[Any, ...]]:
    """The rows at these places of the sorted holdout, sorted: rows that compare equal are equal, so no storage order shows."""
    import ibis

    keys = [picked[column] for column in picked.columns]
    placed = picked.mutate(**{PLACE: ibis.row_number().over(order_by=keys)})
    if places is not None:
        placed = placed.filter(placed[PLACE].isin([int(p) for p in places]))
    return fetched(placed.order_by(PLACE))


def fetched(query: ibis.Table) -> list[tuple[Any, ...]]:
    """The lines of a query, as the engine's own driver gives them: Ibis would take some engines' through pandas."""
    engine = query.get_backend()
    cursor = engine.raw_sql(engine.compile(query))
    try:
        return [tuple(line) for line in cursor.fetchall()]
    finally:
        if cursor is not engine.con:  # DuckDB answers with the connection itself
            cursor.close()


def _indices(labels: Sequence[object], classes: Sequence[str | int]) -> Labels:
    """Labels as class indices. Raises LookFailed for a label that the model doesn't know."""
    place = {str(c): i for i, c in enumerate(classes)}
    said = [_word(label) for label in labels]
    unknown = {word for word in said if word not in place}
    if unknown:
        raise LookFailed(
            f"{len(unknown)} of the holdout's labels are none of the model's classes {list(classes)[:20]}",
            next_step="list the labels, in the order of the model's scores, under the model's `classes`",
        )
    return np.array([place[word] for word in said], dtype=np.int64)


def _word(label: object) -> str:
    """A label as it is compared: True, 1 and 1.0 are one class."""
    if isinstance(label, bool) or (isinstance(label, float) and label.is_integer()):
        return str(int(label))
    return str(label)
