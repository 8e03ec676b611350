"""The regulation matrix: clause by control by state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lepton_audit.facts.finding import VERDICTS, Verdict
from lepton_audit.facts.report import Report
from lepton_audit.render.html.findings import Key, Tally

ROWS = 100
"""So many rows stand in one table; the browser lays out, or leaves, a table as a whole."""
UNMAPPED = ""
"""The regulation of a control that names none."""


@dataclass(frozen=True)
class Clause:
    """One clause with the controls that serve it."""

    name: str
    tallies: tuple[Tally, ...]
    continued: bool = False

    @property
    def worst(self) -> Verdict:
        """The verdict that speaks loudest among its controls."""
        return min((t.worst for t in self.tallies), key=VERDICTS.index)


@dataclass(frozen=True)
class Regulation:
    """One regulation, or other source of demands, with its clauses."""

    name: str
    title: str
    size: int
    """How many clauses; of those without a clause, how many controls."""
    tables: tuple[tuple[Clause, ...], ...]
    counts: tuple[tuple[Verdict, int], ...]
    """How many of them have which worst verdict."""


def matrix_of(report: Report, tallies: dict[Key, Tally]) -> tuple[Regulation, ...]:
    """Every control under every clause it maps to, by regulation.

    Regulations that a policy of the same id audits come first; controls without a mapping come last.
    """
    clauses: dict[str, dict[str, list[Tally]]] = {}
    for tally in tallies.values():
        for regulation, clause in _mapped(tally.control.mappings):
            clauses.setdefault(regulation, {}).setdefault(clause, []).append(tally)
    titles = {policy.id: policy.title for policy in report.policies}
    names = sorted(clauses, key=lambda name: (name == UNMAPPED, name not in titles, name))
    return tuple(_regulation(name, titles.get(name, ""), clauses[name]) for name in names)


def _mapped(mappings: Iterable[str]) -> list[tuple[str, str]]:
    split = [
        (before, after) if colon else ("other", before) for before, colon, after in (m.partition(":") for m in mappings)
    ]
    return list(dict.fromkeys(split)) or [(UNMAPPED, "")]


def _regulation(name: str, title: str, clauses: dict[str, list[Tally]]) -> Regulation:
    ordered = tuple(Clause(clause, tuple(clauses[clause])) for clause in sorted(clauses, key=_naturally))
    counted: Iterable[Clause | Tally] = ordered if name != UNMAPPED else clauses[""]
    counts = Counter(each.worst for each in counted)
    worst = tuple((v, counts[v]) for v in VERDICTS if counts[v])
    return Regulation(name, title, sum(counts.values()), tuple(_tables(ordered)), worst)


def _tables(clauses: Iterable[Clause]) -> Iterator[tuple[Clause, ...]]:
    """The clauses in tables of at most about twice `ROWS` rows; a clause with more goes on in the next."""
    table: list[Clause] = []
    for piece in (piece for clause in clauses for piece in _pieces(clause)):
        table.append(piece)
        if sum(len(p.tallies) for p in table) >= ROWS:
            yield tuple(table)
            table = []
    if table:
        yield tuple(table)


def _pieces(clause: Clause) -> Iterator[Clause]:
    for start in range(0, len(clause.tallies), ROWS):
        yield Clause(clause.name, clause.tallies[start : start + ROWS], continued=start > 0)


def _naturally(clause: str) -> list[tuple[int, int, str]]:
    """art-5 before art-25."""
    return [(0, int(bit), "") if bit.isdecimal() else (1, 0, bit) for bit in re.split(r"([0-9]+)", clause) if bit]
