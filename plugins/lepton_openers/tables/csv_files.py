"""CSV files: read as text, and turned into numbers only where no two values become one."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from lepton_audit import PinnedAsset, Unopenable, opener
from lepton_openers.tables import duck, shape
from lepton_openers.tables.inference import typed_columns
from lepton_openers.tables.live import LiveTable, checked, missing_columns, only_table
from lepton_openers.tables.locate import plain_name, regular_file

DELIMITERS = ",;\t|"
UNNAMED = "column0"
"""A first column without a name, as pandas writes its index."""


@opener("table", formats=("csv",), suffixes=(".csv", ".tsv"), preload=(*duck.MODULES, "pyarrow.csv"))
def csv_file(asset: PinnedAsset) -> LiveTable:
    """One CSV file (UTF-8, header line, ``,`` ``;`` tab or ``|``) as a table in DuckDB. An empty field is NULL, quoted or not.

    Columns are text, but whole or decimal numbers where every value is one and no two texts become one number: ``01234``
    stays text. Two parsers must agree on the rows: a ragged row, an unclosed quote, or mixed line ends are refused.

    Raises: Unopenable; no message quotes a row.
    """
    only_table(asset)
    delimiter, names = _header(asset, regular_file(asset))
    rows = shape.rows(asset, delimiter, width=len(names))
    link = plain_name(asset, ".csv")
    with duck.told(asset, "this is no regular CSV"):
        connection = duck.engine(asset)
        duck.shut_in(connection, link)
        source = _source(link, delimiter, names)
        columns = ", ".join(typed_columns(connection, source, names))
        connection.execute(f"CREATE TABLE rows AS SELECT {columns} FROM {source}")  # noqa: S608  # quoted
        shape.agreed(asset, rows, connection.execute("SELECT count(*) FROM rows").fetchall()[0][0])
        return checked(asset, duck.as_ibis(connection, "rows"))


def _source(link: Path, delimiter: str, names: Iterable[str]) -> str:
    columns = ", ".join(f"{duck.quoted(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({duck.quoted(link)}, columns = {{{columns}}}, delim = {duck.quoted(delimiter)}, auto_detect = false, "
        "header = true, quote = '\"', escape = '\"', nullstr = '', strict_mode = true, null_padding = false, "
        "ignore_errors = false, compression = 'none', hive_partitioning = false)"
    )


def _header(asset: PinnedAsset, file: Path) -> tuple[str, tuple[str, ...]]:
    """The delimiter under which the first line holds most declared columns, and the names it holds."""
    declared = set(asset.options.columns)
    lines = {delimiter: _first_record(asset, file, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda d: (len(declared & set(lines[d])), len(lines[d])))
    names = lines[delimiter]
    if names[:1] == ("",):
        names = (UNNAMED, *names[1:])
    _named_once(asset, names)
    if (
        declared
        and not declared & set(names)
        and not {n.casefold().strip() for n in names} & {n.casefold() for n in declared}
    ):
        raise Unopenable(  # the line may be a person's row: it isn't shown
            f"table {asset.name}: the first line holds none of the declared columns; is the header missing?",
            next_step="Give the file a header line, or correct `columns` in the target file.",
        )
    missing_columns(asset, names)
    return delimiter, names


def _first_record(asset: PinnedAsset, file: Path, delimiter: str) -> tuple[str, ...]:
    """The names in the first line; none if it is no CSV with that delimiter."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            return tuple(next(csv.reader(text, delimiter=delimiter, strict=True), ()))
    except csv.Error:
        return ()
    except (UnicodeDecodeError, OSError) as error:
        raise Unopenable(
            f"table {asset.name}: its first line can't be read ({type(error).__name__})",
            next_step="Save it as CSV in UTF-8.",
        ) from None


def _named_once(asset: PinnedAsset, names: tuple[str, ...]) -> None:
    folded = [name.casefold() for name in names]
    if not names:
        raise Unopenable(f"table {asset.name}: it has no header line", next_step="Give it a header line and rows.")
    if len(set(folded)) < len(folded) or "" in folded:
        raise Unopenable(
            f"table {asset.name}: the first line has an empty or a repeated name; is the header missing?",
            next_step="Give each column a name of its own (case doesn't count).",
        )
