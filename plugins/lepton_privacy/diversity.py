"""How many sensitive values a group holds (l-diversity)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lepton_privacy.groups import fetched, keyed, keys
from lepton_privacy.values import DIGITS, same

if TYPE_CHECKING:
    import ibis


FILLERS = frozenset(
    (
        *("", "-", "--", "?", ".", "n/a", "na", "nan", "null", "missing", "unknown", "unspecified", "undefined"),
        *("not available", "not known", "not specified", "no data"),
    )
)
"""What is written where a value is missing, as `_meant` reads it."""
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{0,20})?")
"""A text that only a number is written as: `007` may be a code."""

EXACT = 2**53
"""From it on, two whole numbers may be one float."""


@dataclass(frozen=True)
class Diversity:
    """Of the group that is least diverse."""

    distinct: int
    entropy: float
    """The exponential of the smallest entropy."""


def diversity(table: ibis.Table, quasi_identifiers: Sequence[str], sensitive: str) -> Diversity:
    """Distinct and entropy l of one sensitive column. What is missing is no value: NULL, `unknown` and their like tell nothing.

    Source: Machanavajjhala et al., l-Diversity (TKDD 2007), definitions 4.1 and 4.2.
    """
    groups = _per_group(_without_fillers(table, sensitive), quasi_identifiers, sensitive)
    line = fetched(groups.agg(distinct=groups["distinct"].min(), entropy=groups["entropy"].min()))[0]
    return Diversity(int(line["distinct"]), round(math.exp(max(line["entropy"], 0.0)), DIGITS))


def varied_spelling(table: ibis.Table, sensitive: str) -> bool:
    """Some values differ in spelling or storage only, so that distinct values are overcounted."""
    told = [_meant(value) for value in _texts(table, sensitive)]
    meant = [text for text in told if text not in FILLERS]
    return len(set(meant)) < len(meant)


def _without_fillers(table: ibis.Table, sensitive: str) -> ibis.Table:
    """Words for a missing value become NULL."""
    found = [v for v in _texts(table, sensitive) if isinstance(v, str) and _meant(v) in FILLERS]
    if not found:
        return table
    column = table[sensitive]
    return table.mutate(**{sensitive: column.cast("string").isin(found).ifelse(None, column)})


def _texts(table: ibis.Table, sensitive: str) -> list[str | int | float | bytes]:
    """The distinct values of a text column, for this process alone: the engines fold Unicode each in its own way, or not at all.

    In SQLite any column may hold texts beside numbers, so there it is the values of any column.
    """
    engine = table.get_backend().name
    column = table[sensitive]
    if engine != "sqlite" and not column.type().is_string():
        return []
    values = table.select(s=column, b=same(column, engine)).filter(column.notnull())
    return [line["s"] for line in fetched(values.group_by("b").agg(s=values["s"].min()))]


def _meant(value: str | float | bytes) -> str:
    """The value as a reader takes it: without differences of case, width, accents' encoding, space and invisible signs."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    seen = unicodedata.normalize("NFKC", str(value)).casefold()
    seen = "".join(sign for sign in seen if unicodedata.category(sign) != "Cf")
    text = " ".join(unicodedata.normalize("NFKC", seen).split())
    return str(float(text)) if NUMBER.fullmatch(text) and abs(float(text)) < EXACT else text


def _per_group(table: ibis.Table, quasi_identifiers: Sequence[str], sensitive: str) -> ibis.Table:
    """A group without any value has none distinct, and no entropy."""
    import ibis

    rows = keyed(table, quasi_identifiers, s=sensitive)
    cells = rows.group_by([*keys(rows), "s"]).agg(n=rows.count())
    cells = cells.mutate(n=cells["n"].cast("float64"), known=cells["s"].notnull().ifelse(1, 0))
    n = cells["n"] * cells["known"]
    size = ibis.greatest(n.sum(), 1.0)
    entropy = size.ln() - (n * cells["n"].ln()).sum() / size
    return cells.group_by(keys(rows)).agg(distinct=cells["known"].sum(), entropy=entropy)
