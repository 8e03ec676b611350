"""Which columns of a CSV file are numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

WHOLE = r"0|-?[1-9][0-9]{0,17}"
"""Canonical whole numbers that fit 64 bits: no leading zero, no plus sign."""
DECIMAL = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"


def typed_columns(connection: duckdb.DuckDBPyConnection, source: str, names: Sequence[str]) -> Iterator[str]:
    """A select item for each column: a cast to BIGINT or DOUBLE where it merges no two values, else the text.

    All rows are read, so that no later row contradicts a guess. An all-NULL column stays text.
    """
    whole = _holds(connection, source, [_every(name, WHOLE) for name in names])
    decimal = _holds(connection, source, [_every(name, DECIMAL) for name in names])
    candidates = [name for name, is_whole, is_number in zip(names, whole, decimal, strict=True) if is_number > is_whole]
    kept = _holds(connection, source, [_distinct(name) for name in candidates])
    doubles = {name for name, holds in zip(candidates, kept, strict=True) if holds}
    for name, is_whole in zip(names, whole, strict=True):
        kind = "BIGINT" if is_whole else "DOUBLE" if name in doubles else "VARCHAR"
        yield f"CAST({_identifier(name)} AS {kind}) AS {_identifier(name)}"


def _holds(connection: duckdb.DuckDBPyConnection, source: str, conditions: Sequence[str]) -> list[bool]:
    if not conditions:
        return []
    return list(connection.execute(f"SELECT {', '.join(conditions)} FROM {source}").fetchall()[0])  # noqa: S608  # quoted


def _every(name: str, pattern: str) -> str:
    return f"coalesce(bool_and(regexp_full_match({_identifier(name)}, '{pattern}')), false)"


def _distinct(name: str) -> str:
    """No two texts become one number, and none becomes infinite."""
    number = f"TRY_CAST({_identifier(name)} AS DOUBLE)"
    return (
        f"count(DISTINCT {_identifier(name)}) = count(DISTINCT {number}) "
        f"AND coalesce(bool_and(coalesce(isfinite({number}), false)) FILTER ({_identifier(name)} IS NOT NULL), false)"
    )


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
