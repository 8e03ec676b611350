"""SQLite database files, read without a trace beside them."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from lepton_audit import PinnedAsset, Unopenable, opener
from lepton_openers.tables.live import LiveTable, checked, chosen
from lepton_openers.tables.locate import magic, regular_file

if TYPE_CHECKING:
    import ibis

TABLES = """
SELECT name FROM pragma_table_list
WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""


@opener(
    "table",
    formats=("sqlite",),
    suffixes=(".sqlite", ".sqlite3", ".db"),
    preload=("ibis.backends.sqlite", "ibis.backends.sql.compilers.sqlite", "pandas", "pyarrow", "sqlglot.optimizer"),
)
def sqlite_file(asset: PinnedAsset) -> LiveTable:
    """One table or view of a SQLite file. Nothing is written beside it; a pending log or journal is applied to a copy.

    Raises: Unopenable.
    Source: https://www.sqlite.org/wal.html (read-only databases), https://www.sqlite.org/uri.html (immutable).
    """
    if not magic(asset).startswith(b"SQLite format 3\x00"):
        raise Unopenable(f"table {asset.name}: this is no SQLite file", next_step="Correct `uri` or `format`.")
    try:
        connection = _connection(asset)
        name = chosen(asset, (row[0] for row in connection.execute(TABLES)))
        return checked(asset, _as_ibis(asset, connection, name))
    except sqlite3.Error as error:
        raise Unopenable(f"table {asset.name}: SQLite can't read it ({type(error).__name__})") from None


def _connection(asset: PinnedAsset) -> sqlite3.Connection:
    file = regular_file(asset).resolve()
    logs = [beside for beside in _states(file) if beside != file]
    uri = _uri(_copy(asset, file), "mode=rw") if logs else _uri(file, "mode=ro&immutable=1")
    connection = sqlite3.connect(uri, uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")  # a view can't call what it shouldn't
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _states(file: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of the file, and of the logs beside it: an immutable reading would miss the rows that those hold."""
    candidates = (file, Path(f"{file}-wal"), Path(f"{file}-journal"))
    stats = {candidate: candidate.stat() for candidate in candidates if candidate.exists()}
    return {path: (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items() if stat.st_size}


def _copy(asset: PinnedAsset, file: Path) -> Path:
    """A copy of the database with its logs, taken while none of them changed."""
    before = _states(file)
    copy = asset.scratch / "lepton-table.sqlite"
    for source in before:
        shutil.copyfile(source, f"{copy}{str(source).removeprefix(str(file))}")
    if _states(file) != before:
        raise Unopenable(f"table {asset.name}: it is being written", next_step="Audit a snapshot, or stop the writer.")
    return copy


def _uri(file: Path, query: str) -> str:
    return f"file:{quote(str(file))}?{query}"


def _as_ibis(asset: PinnedAsset, connection: sqlite3.Connection, name: str) -> ibis.Table:
    import ibis
    from ibis.common.exceptions import IbisError

    try:
        return ibis.sqlite.from_connection(connection).table(name)
    except IbisError:
        told = "it has no rows, or a column without a declared type begins with NULL"
        raise Unopenable(f"table {asset.name}: {told}", next_step="Declare the types of its columns.") from None
