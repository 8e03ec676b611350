"""The live table that every opener here returns, and what is checked before it is returned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lepton_audit import PinnedAsset, Role, TableOptions, Unopenable

if TYPE_CHECKING:
    import ibis


@dataclass(frozen=True)
class LiveTable:
    """Rows that can be queried where they are."""

    name: str
    options: TableOptions
    expression: ibis.Table

    def columns(self, role: Role) -> tuple[str, ...]:
        """Names of the columns of a role, in the table's order."""
        return tuple(c for c in self.expression.columns if self.options.columns.get(c) == role)

    def close(self) -> None:
        """The connection is closed."""
        self.expression.get_backend().disconnect()


def checked(asset: PinnedAsset, expression: ibis.Table) -> LiveTable:
    """The table, which has every declared column and at least one row.

    Raises: Unopenable.
    """
    missing_columns(asset, expression.columns)
    if not _has_rows(expression):
        raise Unopenable(f"table {asset.name}: it has no rows", next_step="Name a table that has rows.")
    return LiveTable(asset.name, asset.options, expression)


def missing_columns(asset: PinnedAsset, present: Iterable[str]) -> None:
    """Every declared column is there.

    Raises: Unopenable, with the names nearest to those that are missing.
    """
    names = tuple(present)
    missing = [name for name in asset.options.columns if name not in names]
    if missing:
        told = "; ".join(f"no column {name!r}{_nearest(name, names)}" for name in missing)
        raise Unopenable(f"table {asset.name}: {told}", next_step="Correct `columns` in the target file.")


def chosen(asset: PinnedAsset, tables: Iterable[str]) -> str:
    """The table that `table` names, or the only one there is.

    Raises: Unopenable, with the names to choose from.
    """
    names = sorted(tables)
    wanted: str | None = asset.options.table
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is not None and wanted in names:
        return wanted
    raise Unopenable(f"table {asset.name}: {_which(wanted, names)}", next_step="Set `table` in the target file.")


def only_table(asset: PinnedAsset) -> None:
    """The asset doesn't name a table inside a file that holds a single one.

    Raises: Unopenable.
    """
    if asset.options.table is not None:
        raise Unopenable(f"table {asset.name}: the file holds one table", next_step="Remove `table` from the asset.")


def _has_rows(expression: ibis.Table) -> bool:
    backend = expression.get_backend()
    cursor = backend.raw_sql(backend.compile(expression.limit(1).count()))
    return bool(cursor.fetchall()[0][0])


def _which(wanted: str | None, names: list[str]) -> str:
    if not names:
        return "the database holds no table"
    if wanted is None:
        return f"the database holds several tables ({_listed(names)}) and `table` names none of them"
    return f"the database holds no table {wanted!r}{_nearest(wanted, names)}; it holds {_listed(names)}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:SHOWN]))
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def _nearest(name: str, names: Iterable[str]) -> str:
    by_fold = {n.casefold().strip(): n for n in names}
    near = get_close_matches(name.casefold().strip(), by_fold)
    return f" (near: {', '.join(repr(by_fold[n]) for n in near)})" if near else ""


SHOWN = 20
"""Names listed in a message before it only counts the rest."""
