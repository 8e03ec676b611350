"""How many sensitive values a group holds (l-diversity)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lepton_privacy.groups import fetched, keyed, keys
from lepton_privacy.values import DIGITS

if TYPE_CHECKING:
    import ibis


@dataclass(frozen=True)
class Diversity:
    """Of the group that is least diverse."""

    distinct: int
    entropy: float
    """The exponential of the smallest entropy."""


def diversity(table: ibis.Table, quasi_identifiers: Sequence[str], sensitive: str) -> Diversity:
    """Distinct and entropy l of one sensitive column; one query. NULL is a value of its own.

    Source: Machanavajjhala et al., l-Diversity (TKDD 2007), definitions 4.1 and 4.2.
    """
    groups = _per_group(table, quasi_identifiers, sensitive)
    line = fetched(groups.agg(distinct=groups["distinct"].min(), entropy=groups["entropy"].min()))[0]
    return Diversity(int(line["distinct"]), round(math.exp(max(line["entropy"], 0.0)), DIGITS))


def varied_spelling(table: ibis.Table, sensitive: str) -> bool:
    """Some texts of the column differ only in case or in spaces around them, so that distinct values are overcounted."""
    column = table[sensitive]
    if not column.type().is_string():
        return False
    values = keyed(table, (), s=sensitive)
    plain = table.select(s=column.strip().lower())
    counted = fetched(values.agg(spelt=values["s"].nunique()))[0]["spelt"]
    return int(fetched(plain.agg(meant=plain["s"].nunique()))[0]["meant"]) < int(counted)


def _per_group(table: ibis.Table, quasi_identifiers: Sequence[str], sensitive: str) -> ibis.Table:
    rows = keyed(table, quasi_identifiers, s=sensitive)
    cells = rows.group_by([*keys(rows), "s"]).agg(n=rows.count())
    weighted = cells.mutate(n=cells["n"].cast("float64"))
    size = weighted["n"].sum()
    entropy = size.ln() - (weighted["n"] * weighted["n"].ln()).sum() / size
    return weighted.group_by(keys(rows)).agg(distinct=weighted.count(), entropy=entropy)
