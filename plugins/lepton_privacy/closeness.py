"""How far the sensitive values of a group are from those of the whole table (t-closeness)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepton_privacy.groups import fetched, keyed, keys
from lepton_privacy.values import DIGITS

if TYPE_CHECKING:
    import ibis


def equal_distance(table: ibis.Table, quasi_identifiers: Sequence[str], sensitive: str) -> float:
    """The greatest earth mover's distance of a group, every two values being one apart; one query.

    It is the sum of what a group has too much of, so only values that occur in the group count: counts are compared
    as whole numbers, ``n_gs N - N_s n_g``, and divided last.
    Source: Li, Li, Venkatasubramanian, t-Closeness (ICDE 2007), section 4.2, equal distance.
    """
    import ibis

    rows = keyed(table, quasi_identifiers, s=sensitive)
    group = keys(rows)
    cells = rows.group_by([*group, "s"]).agg(n=rows.count())
    n = cells["n"]
    cells = cells.mutate(
        size=n.sum().over(ibis.window(group_by=group)),
        of_value=n.sum().over(ibis.window(group_by="s")),
        total=n.sum().over(ibis.window()),
    )
    surplus = cells["n"] * cells["total"] - cells["of_value"] * cells["size"]
    cells = cells.mutate(surplus=ibis.greatest(surplus, 0))
    groups = cells.group_by(group).agg(
        t=cells["surplus"].sum().cast("float64") / (cells["size"].max() * cells["total"].max()).cast("float64")
    )
    return round(float(fetched(groups.agg(t=groups["t"].max()))[0]["t"]), DIGITS)
