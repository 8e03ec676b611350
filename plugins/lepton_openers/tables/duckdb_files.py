"""DuckDB database files, opened read-only."""

from __future__ import annotations

from lepton_audit import PinnedAsset, Unopenable, opener
from lepton_openers.tables import duck
from lepton_openers.tables.live import LiveTable, checked, chosen
from lepton_openers.tables.locate import magic, regular_file

TABLES = """
SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal
UNION ALL
SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = current_database() AND NOT internal
"""


@opener("table", formats=("duckdb",), suffixes=(".duckdb", ".ddb"), preload=duck.MODULES)
def duckdb_file(asset: PinnedAsset) -> LiveTable:
    """One table or view of a DuckDB file; a write-ahead log beside it is read, and left as it is.

    Raises: Unopenable.
    """
    if magic(asset)[8:12] != b"DUCK":
        raise Unopenable(f"table {asset.name}: this is no DuckDB file", next_step="Correct `uri` or `format`.")
    with duck.told(asset, "DuckDB can't open this database read-only; another process may be writing it"):
        connection = duck.engine(asset)
        connection.execute(f"ATTACH {duck.quoted(regular_file(asset).resolve())} AS target (TYPE duckdb, READ_ONLY)")
        connection.execute("USE target")
        duck.shut_in(connection)
        places = {_shown(schema, name): (schema, name) for schema, name in connection.execute(TABLES).fetchall()}
        schema, name = places[chosen(asset, places)]
        return checked(asset, duck.as_ibis(connection, name, schema=schema))


def _shown(schema: str, name: str) -> str:
    return name if schema == "main" else f"{schema}.{name}"
