"""The shape of a CSV file, counted by a second parser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lepton_audit import PinnedAsset, Unopenable
from lepton_openers.tables.locate import regular_file

if TYPE_CHECKING:
    import pyarrow.csv

BLOCK = 16 << 20
"""Bytes parsed at once; the longest row that can be read."""


def rows(asset: PinnedAsset, delimiter: str, *, width: int) -> int:
    """How many rows the file has below its header; each has ``width`` fields.

    Raises: Unopenable for a ragged row: DuckDB takes a trailing empty field in silence.
    """
    import pyarrow as pa

    try:
        with _reader(asset, delimiter, width) as reader:
            return sum(batch.num_rows for batch in reader)
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
        raise Unopenable(f"table {asset.name}: this is no regular CSV{_place(str(error))}", next_step=REGULAR) from None


def agreed(asset: PinnedAsset, counted: int, read: int) -> None:
    """Both parsers found the same number of rows.

    Raises: Unopenable.
    """
    if counted != read:
        raise Unopenable(f"table {asset.name}: two CSV parsers found {counted} and {read} rows", next_step=REGULAR)


def _reader(asset: PinnedAsset, delimiter: str, width: int) -> pyarrow.csv.CSVStreamingReader:
    import pyarrow as pa
    from pyarrow import csv

    names = [f"c{i}" for i in range(width)]
    return csv.open_csv(
        str(regular_file(asset)),
        memory_pool=pa.system_memory_pool(),
        read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names, skip_rows_after_names=1),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=width > 1),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True),
    )


def _place(message: str) -> str:
    """Where, and how many fields; the row that Arrow quotes after them is left out."""
    found = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
    return f": line {found[1]} has {found[3]} fields, the header {found[2]}" if found else ""


REGULAR = "Save it as CSV in UTF-8: as many fields in each row as in the header, quotes closed, one kind of line end."
