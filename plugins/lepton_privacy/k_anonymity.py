"""The probe `privacy.k-anonymity`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated

from pydantic import Field

from lepton_audit import (
    Count,
    Doubt,
    Evidence,
    EvidencePart,
    LookRefused,
    Number,
    Ratio,
    Settings,
    Table,
    measure,
    part,
    probe,
)
from lepton_privacy.closeness import equal_distance
from lepton_privacy.columns import Column, column, deciding, nearly_unique
from lepton_privacy.diversity import diversity, varied_spelling
from lepton_privacy.groups import fewest_persons, sizes
from lepton_privacy.ordered import ordered_distance
from lepton_privacy.values import is_ordered

UNDECLARED = "undeclared"
NOTHING_SENSITIVE = (
    "no column is declared sensitive, so nothing is known of what a group gives away: give such columns the role `sensitive`, "
    "or, if there are none, name the control under `not_applicable` of the target file, with the reason"
)
ON_PERSONS = ("k", "uniqueness", "alone", "identifiers")
ROLE_WANTED = "as of a person's number; declare it `identifier` or `quasi-identifier`, or leave it out of the table"


class KAnonymitySettings(Settings):
    """Which columns are looked at, and how."""

    quasi_identifiers: tuple[str, ...] = ()
    """Instead of the columns that the target declares as quasi-identifiers."""
    categorical: tuple[str, ...] = ()
    """Sensitive columns of numbers that are codes: no code is nearer to one than to another."""
    crowd: Annotated[int, Field(strict=True, ge=1)] = 2
    """A column outside the quasi-identifiers with more values than ``rows / crowd`` is nearly unique; a policy gives its least k."""


class SizeClass(EvidencePart):
    """Groups of about one size."""

    at_least: Count = measure(
        "Smallest group of the class; the next class begins at twice as many", unit="rows", strength="proven"
    )
    groups: Count = measure("Groups in the class", unit="groups", strength="proven")
    rows: Count = measure("Rows in those groups", unit="rows", strength="proven")


class QuasiIdentifier(EvidencePart):
    """What one quasi-identifier gives away by itself."""

    column: str = measure("Name of the column", unit="name", strength="proven")
    values: Count = measure("Distinct values, NULL being one", unit="values", strength="proven")
    uniqueness: Ratio = measure("Share of rows whose value no other row has", unit="ratio", strength="proven")


class ColumnAlone(EvidencePart):
    """What a column of the table gives away by itself, whatever its role is."""

    column: str = measure("Name of the column", unit="name", strength="proven")
    role: str = measure("Its declared role, or `undeclared`", unit="name", strength="proven")
    values: Count = measure("Distinct values, NULL being one", unit="values", strength="proven")
    uniqueness: Ratio = measure("Share of rows whose value no other row has", unit="ratio", strength="proven")


class Sensitive(EvidencePart):
    """What the groups give away of one sensitive column."""

    column: str = measure("Name of the column", unit="name", strength="proven")
    l: Count = measure("Fewest distinct values in a group", unit="values", strength="proven")  # noqa: E741  # its name in the literature
    entropy_l: Number = measure("Exponential of the smallest entropy of a group", unit="values", strength="proven")
    t: Number = measure("Greatest earth mover's distance of a group from the table", unit="distance", strength="proven")
    t_equal_distance: Number = measure("The same, all values being one apart", unit="distance", strength="proven")
    distance: str = measure("Distance behind t: `ordered` or `equal`", unit="name", strength="proven")


class KAnonymity(Evidence):
    """How well the rows of a table hide among each other."""

    rows: Count = measure("Rows looked at", unit="rows", strength="proven")
    groups: Count = measure("Groups of rows that share all quasi-identifiers", unit="groups", strength="proven")
    k: Count = measure("Rows in the smallest group", unit="rows", strength="proven")
    uniqueness: Ratio = measure("Share of rows that are alone in their group", unit="ratio", strength="proven")
    alone: Count = measure("Rows that are alone in their group", unit="rows", strength="proven")
    l: Count | None = measure("Fewest distinct sensitive values in a group", unit="values", strength="proven")  # noqa: E741  # its name
    entropy_l: Number | None = measure("The same, by entropy", unit="values", strength="proven")
    t: Number | None = measure(
        "Greatest earth mover's distance of a group from the table", unit="distance", strength="proven"
    )
    t_equal_distance: Number | None = measure(
        "The same, all values being one apart", unit="distance", strength="proven"
    )
    identifiers: Count = measure("Direct identifiers still in the table", unit="columns", strength="proven")
    persons: Count | None = measure(
        "Fewest distinct values of an identifier in a group", unit="persons", strength="proven"
    )
    undeclared: Count = measure("Columns that were given no role", unit="columns", strength="proven")
    undeclared_columns: tuple[str, ...] = measure("Their names", unit="names", strength="proven")
    columns: tuple[ColumnAlone, ...] = part("Every column by itself, declared or not")
    quasi_identifiers: tuple[QuasiIdentifier, ...] = part("Each quasi-identifier by itself")
    sensitive: tuple[Sensitive, ...] = part("Each sensitive column")
    sizes: tuple[SizeClass, ...] = part("Groups by size, in classes that double")


@probe("privacy.k-anonymity", version=1, preload=("ibis", "pyarrow"))
def k_anonymity(table: Table, settings: KAnonymitySettings) -> KAnonymity:
    """Each row hides among others that share its quasi-identifiers.

    What it does:
        Groups all rows by the quasi-identifiers, inside the engine that holds them, and counts: the smallest group (k), the
        rows alone in theirs (uniqueness), the fewest distinct values of a sensitive column in a group (l; the minimum over the
        columns), and the greatest distance of a group's sensitive values from the table's (t). Counts leave the engine, and to this
        process alone the distinct texts of the sensitive columns, to compare their spellings.
    Why it matters:
        A row that is alone can be matched with a public register by its quasi-identifiers. A group whose sensitive values are
        all alike gives them away without a match.
    Source:
        Samarati, Sweeney (1998), k-anonymity. Machanavajjhala et al. (2007), l-diversity, definitions 4.1 and 4.2.
        Li, Li, Venkatasubramanian (2007), t-closeness, sections 4.1 and 4.2.
    Known limits:
        It believes the declared roles of columns with few values: a quasi-identifier under another role makes k too high. Columns
        without a role are counted, and a column outside the quasi-identifiers that is nearly unique, or of which each value is in one group
        only, puts k in doubt; numbers with decimals are believed to be measurements where a role is given, and can single
        a row out all the same. k counts rows; where an
        identifier shows that they belong to fewer persons, k and uniqueness are in doubt. NULL is a value of its own. Text
        counts as equal only byte for byte: case and spaces make more groups, so a smaller k. In a sensitive column they would
        make l too high: where Unicode's compatibility folding, case, spaces or (SQLite) the storage make the difference, l is in doubt; synonyms
        are not noticed. For l and entropy l what is missing (NULL, and words as `unknown` and `n/a`) is no value. -0.0 equals 0.0, NaN equals NaN (SQLite
        stores it as NULL). Decimals of a quotient are kept to the twelfth. Numeric sensitive columns have an order unless
        `categorical` names them; t_equal_distance is never below t. With NULLs among numbers t is an upper bound.
        The sensitive columns are looked at one by one, not jointly.
    """
    names = _quasi_identifiers(table, settings)
    counted = sizes(table.expression, names)
    rows = sum(size * groups for size, groups in counted.items())
    if not rows:
        raise LookRefused(f"table {table.name}: it has no rows", next_step="Name a table that has rows.")
    persons = fewest_persons(table.expression, names, table.columns("identifier"))
    columns = tuple(column(table.expression, *named) for named in _roles(table, names))
    sensitive = tuple(_sensitive(table, names, column, settings) for column in table.columns("sensitive"))
    return KAnonymity(
        rows=rows,
        groups=sum(counted.values()),
        k=min(counted),
        uniqueness=counted.get(1, 0) / rows,
        alone=counted.get(1, 0),
        l=min((s.l for s in sensitive), default=None),
        entropy_l=min((s.entropy_l for s in sensitive), default=None),
        t=max((s.t for s in sensitive), default=None),
        t_equal_distance=max((s.t_equal_distance for s in sensitive), default=None),
        identifiers=len(table.columns("identifier")),
        persons=persons,
        undeclared=sum(one.role == UNDECLARED for one in columns),
        undeclared_columns=tuple(one.name for one in columns if one.role == UNDECLARED),
        columns=tuple(_alone(one, rows) for one in columns),
        quasi_identifiers=tuple(_quasi_identifier(columns, name, rows) for name in names),
        sensitive=sensitive,
        sizes=_classes(counted),
        doubts=(
            *_doubt_of_persons(persons, min(counted)),
            *_doubt_of_columns(table, columns, names, k=min(counted), rows=rows, crowd=settings.crowd),
            *_doubt_of_spelling(table),
            *(
                ()
                if sensitive
                else (Doubt(because=NOTHING_SENSITIVE, fields=("l", "entropy_l", "t", "t_equal_distance")),)
            ),
        ),
    )


def _quasi_identifiers(table: Table, settings: KAnonymitySettings) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(settings.quasi_identifiers or table.columns("quasi-identifier")))
    if not names:
        raise LookRefused(
            f"table {table.name}: no quasi-identifier is declared, so no group can be seen",
            next_step="Give columns the role `quasi-identifier` in the target file.",
        )
    for kind, wanted in (("quasi_identifiers", names), ("categorical", settings.categorical)):
        _known(table, kind, wanted)
    return names


def _known(table: Table, setting: str, wanted: tuple[str, ...]) -> None:
    present = tuple(table.expression.columns)
    for name in wanted:
        if name not in present:
            near = ", ".join(map(repr, get_close_matches(name, present))) or "none"
            raise LookRefused(f"table {table.name}: {setting}: no column {name!r} (near: {near})")


def _roles(table: Table, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each column with its role; what the policy names as a quasi-identifier is one."""
    for name in table.expression.columns:
        declared = "quasi-identifier" if name in names else table.options.columns.get(name)
        yield name, declared or UNDECLARED


def _alone(one: Column, rows: int) -> ColumnAlone:
    return ColumnAlone(column=one.name, role=one.role, values=one.values, uniqueness=one.alone / rows)


def _quasi_identifier(columns: Sequence[Column], name: str, rows: int) -> QuasiIdentifier:
    one = next(column for column in columns if column.name == name)
    return QuasiIdentifier(column=name, values=one.values, uniqueness=one.alone / rows)


def _sensitive(table: Table, names: tuple[str, ...], column: str, settings: KAnonymitySettings) -> Sensitive:
    found = diversity(table.expression, names, column)
    equal = equal_distance(table.expression, names, column)
    ordered = is_ordered(table.expression, column) and column not in settings.categorical
    return Sensitive(
        column=column,
        l=found.distinct,
        entropy_l=found.entropy,
        t=min(ordered_distance(table.expression, names, column), equal) if ordered else equal,
        t_equal_distance=equal,
        distance="ordered" if ordered else "equal",
    )


def _classes(counted: dict[int, int]) -> tuple[SizeClass, ...]:
    starts = sorted({1 << (size.bit_length() - 1) for size in counted})
    within = {start: {s: g for s, g in counted.items() if start <= s < 2 * start} for start in starts}
    return tuple(
        SizeClass(at_least=start, groups=sum(found.values()), rows=sum(s * g for s, g in found.items()))
        for start, found in within.items()
    )


def _doubt_of_persons(persons: int | None, k: int) -> tuple[Doubt, ...]:
    if persons is None or persons >= k:
        return ()
    told = (
        f"a group holds {persons} distinct identifiers, but k counts {k} rows: rows of one person don't hide each other"
    )
    return (Doubt(because=told, fields=("k", "uniqueness", "alone")),)


def _doubt_of_columns(  # it looks at all that was counted
    table: Table, columns: Sequence[Column], names: Sequence[str], *, k: int, rows: int, crowd: int
) -> Iterator[Doubt]:
    unique = list(nearly_unique(table.expression, columns, rows=rows, crowd=crowd))
    rest = [one for one in columns if one.name not in unique]
    one_group = list(deciding(table.expression, names, rest, k))
    for found, told in (
        (unique, f"fewer than {crowd} rows share a value"),
        (one_group, "each value is in one group only"),
    ):
        if found:
            yield Doubt(because=f"{', '.join(map(repr, found))}: {told}, {ROLE_WANTED}", fields=ON_PERSONS)


def _doubt_of_spelling(table: Table) -> tuple[Doubt, ...]:
    varied = [column for column in table.columns("sensitive") if varied_spelling(table.expression, column)]
    if not varied:
        return ()
    told = f"values of {', '.join(map(repr, varied))} differ only in spelling or storage: they are counted as distinct"
    return (Doubt(because=told, fields=("l", "entropy_l", "sensitive")),)
