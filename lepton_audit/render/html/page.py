"""The page as values: everything the templates write, in the order they write it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from lepton_audit.facts.finding import VERDICTS, Verdict
from lepton_audit.facts.integrity import is_intact
from lepton_audit.facts.policy import SEVERITIES
from lepton_audit.facts.report import Report
from lepton_audit.render.html.anchors import Anchors
from lepton_audit.render.html.evidence import Appendix, appendix_of, ordered
from lepton_audit.render.html.findings import Section, Tally, counts_of, sections_of, tallies_of
from lepton_audit.render.html.matrix import Regulation, matrix_of
from lepton_audit.render.html.people import Stated, Waived, stated_in, waived_in
from lepton_audit.render.words import COUNT_OF, OPEN, WORD


@dataclass(frozen=True)
class Band:
    """One verdict's share of the coverage drawing, in per cent of its width."""

    verdict: Verdict
    count: int
    start: str
    width: str
    label: Literal["words", "count", "none"]


@dataclass(frozen=True)
class Page:
    """One report, ready to be written."""

    report: Report
    sections: tuple[Section, ...]
    tallies: tuple[Tally, ...]
    regulations: tuple[Regulation, ...]
    waived: tuple[Waived, ...]
    stated: tuple[Stated, ...]
    evidence: Appendix
    by_severity: tuple[tuple[str, dict[Verdict, int]], ...]
    counts: tuple[tuple[Verdict, int], ...]
    bands: tuple[Band, ...]
    intact: bool

    @property
    def open(self) -> tuple[Tally, ...]:
        """The controls that ask for something to be done, beside an attestation."""
        return tuple(t for t in self.tallies if t.worst in OPEN and t.worst != "unattested")

    @property
    def waiting(self) -> int:
        """How many controls wait for an attestation alone."""
        return sum(t.worst == "unattested" for t in self.tallies)


def page_of(report: Report) -> Page:
    """The page of the report. Each count is counted from the findings or taken from the coverage, never both."""
    records = ordered(report)
    anchors = Anchors([record.digest for record in records], [note.probe for note in report.probes])
    tallies = tallies_of(report, anchors)
    counts = tuple((v, getattr(report.coverage, COUNT_OF[v])) for v in VERDICTS)
    return Page(
        report=report,
        sections=sections_of(report, anchors),
        tallies=tuple(tallies.values()),
        regulations=matrix_of(report, tallies),
        waived=waived_in(report, anchors),
        stated=stated_in(report, anchors),
        evidence=appendix_of(report, records),
        by_severity=_by_severity(report),
        counts=counts,
        bands=tuple(_bands(counts)),
        intact=is_intact(report),
    )


def _by_severity(report: Report) -> tuple[tuple[str, dict[Verdict, int]], ...]:
    return tuple((s, dict(counts_of(f for f in report.findings if f.severity == s))) for s in reversed(SEVERITIES))


def _bands(counts: Iterable[tuple[Verdict, int]]) -> Iterator[Band]:
    """The verdicts side by side, each as wide as its share; a label only where it fits."""
    shares = [(verdict, count) for verdict, count in counts if count]
    whole, before = sum(count for _, count in shares), 0
    for verdict, count in shares:
        share = 100 * count / whole
        label: Literal["words", "count", "none"] = (
            "words" if share >= 4 + len(WORD[verdict]) else "count" if share >= 1.5 + len(str(count)) else "none"
        )
        yield Band(verdict, count, f"{100 * before / whole:.3f}%", f"{share:.3f}%", label)
        before += count
