"""What each column gives away by itself, whatever role it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lepton_privacy.groups import fetched, keyed, keys, sizes

if TYPE_CHECKING:
    import ibis

TRUSTED = ("identifier", "quasi-identifier", "sensitive")
"""Roles that the probe already looks at as what they are."""
SILENT = ("feature", "label", "other")
"""Roles under which a measurement, a number with decimals, is taken to be no key to a person."""


@dataclass(frozen=True)
class Column:
    """One column, looked at alone."""

    name: str
    role: str
    values: int
    alone: int
    """Rows whose value no other row has."""


def column(table: ibis.Table, name: str, role: str) -> Column:
    """The column, counted. NULL is a value of its own."""
    counted = sizes(table, (name,))
    return Column(name, role, sum(counted.values()), counted.get(1, 0))


def nearly_unique(table: ibis.Table, columns: Sequence[Column], *, rows: int, crowd: int) -> Iterator[str]:
    """Columns outside the quasi-identifiers with more values than ``rows / crowd``: fewer than ``crowd`` rows share one of them.

    A number with decimals is passed over where its role is given: what a sensor measured is seldom in a register.
    Source: the pigeonhole principle. Declared a quasi-identifier, such a column would make k less than ``crowd``.
    """
    for one in columns:
        if one.role not in TRUSTED and one.values * crowd > rows and not _excused(table, one):
            yield one.name


def deciding(table: ibis.Table, quasi_identifiers: Sequence[str], columns: Sequence[Column], k: int) -> Iterator[str]:
    """Columns of which each value is in one group only, as a person's number is whose rows are all alike.

    With several such values to a group, but fewer than k, k may count the rows of fewer persons. Such a column changes
    nothing if it is declared a quasi-identifier.
    """
    for one in columns:
        if one.role in TRUSTED or one.values < 2 or _excused(table, one):  # noqa: PLR2004  # one value decides nothing
            continue
        cells, groups, fewest = _cells(table, quasi_identifiers, one.name)
        if cells == one.values and groups > 1 and fewest < k:
            yield one.name


def _cells(table: ibis.Table, quasi_identifiers: Sequence[str], name: str) -> tuple[int, int, int]:
    """Pairs of a group and a value, groups, and the fewest values in a group."""
    pairs = keyed(table, quasi_identifiers, s=name).distinct()
    groups = pairs.group_by(keys(pairs)).agg(n=pairs.count())
    line = fetched(groups.agg(cells=groups["n"].sum(), groups=groups.count(), fewest=groups["n"].min()))[0]
    return int(line["cells"]), int(line["groups"]), int(line["fewest"])


def _excused(table: ibis.Table, one: Column) -> bool:
    return one.role in SILENT and _has_decimals(table, one.name)


def _has_decimals(table: ibis.Table, name: str) -> bool:
    """The column holds numbers only, and one of them has decimals: whole numbers may be a register's."""
    import ibis

    column = table[name]
    if not (column.type().is_floating() or column.type().is_decimal()):
        return False
    if table.get_backend().name != "sqlite":
        return _any(table, column != column.floor())
    foreign = column.typeof().isin(["text", "blob"])  # SQLite keeps any value in any column
    return not _any(table, foreign) and _any(table, column != column.cast(ibis.dtype("int64")))


def _any(table: ibis.Table, condition: ibis.Value) -> bool:
    found = table.filter(condition)
    return bool(fetched(found.agg(n=found.count()))[0]["n"])
