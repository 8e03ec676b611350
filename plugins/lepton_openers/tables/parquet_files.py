"""Parquet files, read where they lie."""

from __future__ import annotations

from lepton_audit import PinnedAsset, Unopenable, opener
from lepton_openers.tables import duck
from lepton_openers.tables.live import LiveTable, checked, only_table
from lepton_openers.tables.locate import magic, plain_name


@opener("table", formats=("parquet",), suffixes=(".parquet", ".pq"), preload=duck.MODULES)
def parquet_file(asset: PinnedAsset) -> LiveTable:
    """One Parquet file as a view in DuckDB: a query reads the columns it needs.

    Raises: Unopenable.
    """
    only_table(asset)
    if magic(asset, 4) not in (b"PAR1", b"PARE"):
        raise Unopenable(f"table {asset.name}: this is no Parquet file", next_step="Correct `uri` or `format`.")
    link = plain_name(asset, ".parquet")
    with duck.told(asset, "DuckDB can't read this Parquet file"):
        connection = duck.engine(asset)
        duck.shut_in(connection, link)
        source = f"read_parquet({duck.quoted(link)}, hive_partitioning = false)"
        connection.execute(f"CREATE VIEW rows AS SELECT * FROM {source}")  # noqa: S608  # quoted
        return checked(asset, duck.as_ibis(connection, "rows"))
