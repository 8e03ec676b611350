"""Groups of rows that share all quasi-identifiers, counted where the rows are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lepton_privacy.values import same

if TYPE_CHECKING:
    import ibis


def keyed(table: ibis.Table, quasi_identifiers: Sequence[str], **others: str) -> ibis.Table:
    """The quasi-identifiers as ``q0``, ``q1``, ..., and the other columns under the names given.

    Own names: a column of the table can't be taken for one of ours.
    """
    engine = table.get_backend().name
    named = {key(i): name for i, name in enumerate(quasi_identifiers)} | others
    return table.select(**{alias: same(table[name], engine) for alias, name in named.items()})


def key(position: int) -> str:
    """The name of a quasi-identifier inside a query."""
    return f"q{position}"


def keys(table: ibis.Table) -> list[str]:
    """The quasi-identifiers of a keyed table."""
    return [name for name in table.columns if name[0] == "q"]


def sizes(table: ibis.Table, quasi_identifiers: Sequence[str]) -> dict[int, int]:
    """Size of a group -> how many groups have it. NULL is a value of its own.

    One query; it returns at most sqrt(2 rows) lines, since so many different sizes need so many rows.
    """
    rows = keyed(table, quasi_identifiers)
    groups = rows.group_by(keys(rows)).agg(n=rows.count())
    counted = groups.group_by("n").agg(groups=groups.count())
    return {int(line["n"]): int(line["groups"]) for line in sorted(fetched(counted), key=lambda line: int(line["n"]))}


def fewest_persons(table: ibis.Table, quasi_identifiers: Sequence[str], identifiers: Sequence[str]) -> int | None:
    """The fewest distinct values of an identifier in a group; ``None`` without identifiers."""
    if not identifiers:
        return None
    rows = keyed(table, quasi_identifiers, **{f"p{i}": name for i, name in enumerate(identifiers)})
    persons = [f"p{i}" for i in range(len(identifiers))]
    groups = rows.group_by(keys(rows)).agg(**{p: rows[p].nunique() for p in persons})
    line = fetched(groups.agg(**{p: groups[p].min() for p in persons}))[0]
    return min(int(line[p]) for p in persons)


def fetched(query: ibis.Table) -> list[dict[str, Any]]:
    """The lines that the engine answers with: counts and quotients, never a value of the table."""
    backend = query.get_backend()
    cursor = backend.raw_sql(backend.compile(query))
    try:
        return [dict(zip(query.columns, line, strict=True)) for line in cursor.fetchall()]
    finally:
        if cursor is not backend.con:  # DuckDB answers with the connection itself
            cursor.close()
