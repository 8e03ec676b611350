"""When two values of a column count as the same, on every engine alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir

DIGITS = 12
"""Decimals kept of a quotient: engines may add floats in another order, and differ beyond them."""


def same(column: ir.Value, engine: str) -> ir.Value:
    """An expression that is equal for two rows exactly where an attacker sees equal values.

    Text is compared by its bytes: a collation that ignores case or accents would merge groups, and k would come out too high.
    Numbers and times are compared as such, -0.0 and 0.0 as one. SQLite keeps any value in any column, so that arithmetic or a
    cast would make one of many: there, all but text is compared as it stands.
    """
    kind = column.type()
    if engine == "sqlite":
        return column.cast("binary") if kind.is_string() else column
    if kind.is_floating():
        return column + 0.0
    if kind.is_numeric() or kind.is_boolean() or kind.is_temporal():
        return column
    return _octets(column.cast("string"), engine)


def is_ordered(table: ibis.Table, name: str) -> bool:
    """The column holds numbers, which have an order and a distance."""
    return bool(table[name].type().is_numeric())


def _octets(text: ir.Value, engine: str) -> ir.Value:
    import ibis

    @ibis.udf.scalar.builtin(signature=(("string",), "binary"))
    def encode(text): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # DuckDB's own

    @ibis.udf.scalar.builtin(signature=(("string", "string"), "binary"))
    def convert_to(text, encoding): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # PostgreSQL's own

    if engine == "duckdb":
        return encode(text)
    if engine == "postgres":
        return convert_to(text, "UTF8")
    return text.cast("binary")
