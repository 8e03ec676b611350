"""Tables of a PostgreSQL server, read in one read-only transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_audit import PinnedAsset, Unopenable, Unreachable, opener
from lepton_openers.tables.live import LiveTable, checked, chosen

if TYPE_CHECKING:
    import ibis
    import psycopg

TABLES = """
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
"""
SETTINGS = (
    "SET row_security = off",  # a policy that would hide rows is an error, not a smaller table
    "SET max_parallel_workers_per_gather = 0",  # sums of floats don't depend on the schedule
)


@opener(
    "table",
    formats=("postgresql",),
    schemes=("postgresql", "postgres"),
    preload=("ibis.backends.postgres", "pandas", "psycopg", "pyarrow", "sqlglot.optimizer"),
)
def postgres(asset: PinnedAsset) -> LiveTable:
    """One table or view of the database; all queries see one snapshot, and none can write.

    Raises: Unopenable, Unreachable.
    Source: PostgreSQL documentation, SET TRANSACTION (REPEATABLE READ, READ ONLY); row_security.
    """
    try:
        import psycopg
    except ImportError:
        raise Unopenable("psycopg is missing", next_step="pip install 'lepton-audit[postgres]'") from None
    connection = _connection(asset)
    try:
        places = {_shown(*row): row[:2] for row in connection.execute(TABLES).fetchall()}
        schema, name = places[chosen(asset, places)]
        return checked(asset, _as_ibis(connection, name, schema=schema))
    except psycopg.Error as error:
        connection.close()
        raise Unopenable(f"table {asset.name}: {_reason(error)}", next_step=READABLE) from None
    except BaseException:
        connection.close()
        raise


def _connection(asset: PinnedAsset) -> psycopg.Connection[tuple[str, str, bool]]:
    import psycopg

    try:
        connection = psycopg.connect(asset.uri, application_name="lepton-audit")
    except psycopg.Error as error:  # its text may name the user and the host
        raise Unreachable(
            f"table {asset.name}: no connection to the PostgreSQL server ({type(error).__name__})"
        ) from None
    connection.autocommit = True  # a rollback can't take the settings back
    for setting in SETTINGS:
        connection.execute(setting)
    connection.autocommit = False
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


def _as_ibis(connection: psycopg.Connection[tuple[str, str, bool]], name: str, *, schema: str) -> ibis.Table:
    import ibis

    return ibis.postgres.from_connection(connection).table(name, database=schema)


def _shown(schema: str, name: str, visible: bool) -> str:  # a row of the catalogue
    return name if visible else f"{schema}.{name}"


def _reason(error: psycopg.Error) -> str:
    """What PostgreSQL says of the failure, by its code alone: its text may quote a value."""
    hidden = error.sqlstate == "42501"
    return "the audit's role may not read all of its rows" if hidden else f"PostgreSQL error {error.sqlstate}"


READABLE = "Grant SELECT, and BYPASSRLS where row-level security hides rows, to the audit's role."
