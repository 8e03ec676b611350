"""A DuckDB that reads one file, and neither writes nor reaches anything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lepton_audit import PinnedAsset, Unopenable

if TYPE_CHECKING:
    import duckdb
    import ibis

MODULES = (
    "duckdb",
    "ibis.backends.duckdb",
    "ibis.backends.sql.compilers.duckdb",
    "pandas",
    "pyarrow",
    "sqlglot.optimizer",
)
"""What a look at a DuckDB table needs; most of it is imported late by Ibis, so it is imported ahead."""

CONFIG = {
    "threads": 1,  # sums of floats don't depend on the schedule
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
}


def engine(asset: PinnedAsset) -> duckdb.DuckDBPyConnection:
    """An engine of its own in memory, that spills to the scratch folder."""
    import duckdb

    connection = duckdb.connect(":memory:", config=CONFIG)
    connection.execute(f"SET temp_directory = {quoted(asset.scratch / 'duckdb')}")
    return connection


def shut_in(connection: duckdb.DuckDBPyConnection, *allowed: Path) -> None:
    """The connection can open the allowed files and nothing else: no other file, no network, no extension."""
    files = ", ".join(map(quoted, allowed))
    connection.execute(f"SET allowed_paths = [{files}]")
    connection.execute("SET enable_external_access = false")


def as_ibis(connection: duckdb.DuckDBPyConnection, name: str, *, schema: str | None = None) -> ibis.Table:
    """The named table or view as an Ibis expression; the configuration is locked."""
    import ibis

    backend = ibis.duckdb.from_connection(connection)
    connection.execute("SET lock_configuration = true")
    return backend.table(name, database=schema)


@contextmanager
def told(asset: PinnedAsset, what: str) -> Iterator[None]:
    """DuckDB's errors become Unopenable. Their text is left out: it quotes rows of the file."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        place = _line_of(str(error))
        raise Unopenable(f"table {asset.name}: {what}{place} ({type(error).__name__})") from None


def quoted(text: str | Path) -> str:
    """The text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def _line_of(message: str) -> str:
    _, found, rest = message.partition("CSV Error on Line: ")
    return f", line {rest.split()[0]}" if found else ""
