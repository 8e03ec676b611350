"""t-closeness of a column of numbers: the earth moves along their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepton_privacy.groups import fetched, keyed, keys
from lepton_privacy.values import DIGITS

if TYPE_CHECKING:
    import ibis


def ordered_distance(table: ibis.Table, quasi_identifiers: Sequence[str], sensitive: str) -> float:
    """The greatest earth mover's distance of a group, values i and j of the m in the table being ``|i-j| / (m-1)`` apart.

    NULL is one apart from every number. Where there are NULLs the result is the cost of one way to move the earth (NULL's
    share first, the numbers in their proportions), and so an upper bound; without NULLs it is exact.
    Source: Li, Li, Venkatasubramanian, t-Closeness (ICDE 2007), section 4.1, ordered distance.
    """
    cells = _cells(table, quasi_identifiers, sensitive)
    missing = _missing_share(cells)
    numbers = cells.filter(cells["s"].notnull())
    values = _values(numbers)
    merged = _merged(_steps(numbers, values), values)
    return round(max(missing, _greatest(_moved(merged, keys(cells)))), DIGITS)


def _cells(table: ibis.Table, quasi_identifiers: Sequence[str], sensitive: str) -> ibis.Table:
    """One line for a group and a value, with the rows of the group, and the NULLs in the group and in all."""
    import ibis

    rows = keyed(table, quasi_identifiers, s=sensitive)
    cells = rows.group_by([*keys(rows), "s"]).agg(n=rows.count().cast("float64"))
    cells = cells.mutate(z=cells["s"].isnull().ifelse(cells["n"], 0.0))
    group, everywhere = ibis.window(group_by=keys(rows)), ibis.window()
    return cells.mutate(
        gap=cells["z"].sum().over(group) / cells["n"].sum().over(group),
        gap_all=cells["z"].sum().over(everywhere) / cells["n"].sum().over(everywhere),
    )


def _missing_share(cells: ibis.Table) -> float:
    """How far a group's share of NULLs is from the table's, at most: all there is for a group of NULLs only."""
    return float(fetched(cells.agg(t=(cells["gap"] - cells["gap_all"]).abs().max()))[0]["t"])


def _values(numbers: ibis.Table) -> ibis.Table:
    """The table's numbers in order: rank ``i``, share up to it ``w``, sum of the shares ``sw``."""
    import ibis

    values = numbers.group_by("s").agg(rows=numbers["n"].sum())
    upto = ibis.window(order_by="s", preceding=(None, 0))
    values = values.mutate(
        i=ibis.row_number().over(ibis.window(order_by="s")).cast("float64") + 1.0,
        w=values["rows"].sum().over(upto) / values["rows"].sum().over(ibis.window()),
        m=values.count().over(ibis.window()).cast("float64"),
    )
    values = values.mutate(sw=values["w"].sum().over(upto))
    return values.mutate(before=values["sw"] - values["w"], sw_all=values["sw"].max().over(ibis.window()))


def _steps(numbers: ibis.Table, values: ibis.Table) -> ibis.Table:
    """A group's cumulative share ``w`` rises at rank ``i`` and holds until rank ``until``."""
    import ibis

    joined = numbers.join(values.select("s", "i", "before", "m", "sw_all"), "s")
    group = keys(numbers)
    along = ibis.window(group_by=group, order_by="s")
    upto = ibis.window(group_by=group, order_by="s", preceding=(None, 0))
    return joined.mutate(
        w=joined["n"].sum().over(upto) / joined["n"].sum().over(ibis.window(group_by=group)),
        until=ibis.coalesce(joined["i"].lead().over(along), joined["m"] + 1.0),
        before_until=ibis.coalesce(joined["before"].lead().over(along), joined["sw_all"]),
        first=ibis.row_number().over(along) == 0,
    )


def _merged(steps: ibis.Table, values: ibis.Table) -> ibis.Table:
    """The groups' steps, each with the rank ``r`` up to which the table's cumulative share is not above the step's.

    Both kinds of line are sorted by their cumulative share, so that no step looks for its rank by itself.
    """
    import ibis

    columns = [*keys(steps), "w", "i", "until", "before", "before_until", "first", "m", "gap", "gap_all"]
    upper = steps.select(*columns, step=ibis.literal(1), r=ibis.literal(0.0), sw=ibis.literal(0.0))
    absent = {name: ibis.null(upper[name].type()) for name in columns if name not in values.columns}
    lower = values.mutate(**absent, step=ibis.literal(0), r=values["i"]).select(*upper.columns)
    both = upper.union(lower, distinct=False)
    sofar = ibis.window(order_by=["w", "step"], preceding=(None, 0))
    both = both.mutate(r=both["r"].max().over(sofar), sw=both["sw"].max().over(sofar))
    return both.filter(both["step"] == 1)


def _moved(steps: ibis.Table, group: list[str]) -> ibis.Table:
    """One line for a group: the earth moved among its numbers, and its share of NULLs."""
    import ibis

    after = steps["r"] + 1.0
    turn = ibis.greatest(steps["i"], ibis.least(after, steps["until"]))
    at_turn = ibis.cases(
        (after <= steps["i"], steps["before"]), (after >= steps["until"], steps["before_until"]), else_=steps["sw"]
    )
    above = steps["w"] * (turn - steps["i"]) - (at_turn - steps["before"])
    below = (steps["before_until"] - at_turn) - steps["w"] * (steps["until"] - turn)
    head = steps["first"].ifelse(steps["before"], 0.0)
    moved = steps.mutate(moved=(above + below + head) / ibis.greatest(steps["m"] - 1.0, 1.0))
    return moved.group_by(group).agg(moved=moved["moved"].sum(), gap=moved["gap"].max(), gap_all=moved["gap_all"].max())


def _greatest(groups: ibis.Table) -> float:
    """The greatest cost over all groups; zero where no number is left."""
    import ibis

    numbers = ibis.least(1.0 - groups["gap"], 1.0 - groups["gap_all"])
    cost = (groups["gap"] - groups["gap_all"]).abs() + numbers * groups["moved"]
    return float(fetched(groups.agg(t=cost.max()))[0]["t"] or 0.0)
