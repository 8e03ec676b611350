"""The page as values: everything the templates write, in the order they write it."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_audit.facts.finding import VERDICTS, Verdict
from lepton_audit.facts.integrity import is_intact
from lepton_audit.facts.policy import SEVERITIES
from lepton_audit.facts.report import Report
from lepton_audit.render.html.anchors import Anchors
from lepton_audit.render.html.evidence import Group, groups_of, ordered
from lepton_audit.render.html.findings import Section, Tally, counts_of, sections_of, tallies_of
from lepton_audit.render.html.matrix import Regulation, matrix_of
from lepton_audit.render.html.people import Stated, Waived, stated_in, waived_in
from lepton_audit.render.words import COUNT_OF, OPEN


@dataclass(frozen=True)
class Page:
    """One report, ready to be written."""

    report: Report
    sections: tuple[Section, ...]
    tallies: tuple[Tally, ...]
    regulations: tuple[Regulation, ...]
    waived: tuple[Waived, ...]
    stated: tuple[Stated, ...]
    evidence: tuple[Group, ...]
    by_severity: tuple[tuple[str, dict[Verdict, int]], ...]
    counts: tuple[tuple[Verdict, int], ...]
    intact: bool

    @property
    def open(self) -> tuple[Tally, ...]:
        """The controls that ask for something to be done."""
        return tuple(t for t in self.tallies if t.worst in OPEN)


def page_of(report: Report) -> Page:
    """The page of the report. Each count is counted from the findings or taken from the coverage, never both."""
    records = ordered(report)
    anchors = Anchors([record.digest for record in records], [note.probe for note in report.probes])
    tallies = tallies_of(report, anchors)
    return Page(
        report=report,
        sections=sections_of(report, anchors),
        tallies=tuple(tallies.values()),
        regulations=matrix_of(report, tallies),
        waived=waived_in(report, anchors),
        stated=stated_in(report, anchors),
        evidence=groups_of(report, records),
        by_severity=_by_severity(report),
        counts=tuple((v, getattr(report.coverage, COUNT_OF[v])) for v in VERDICTS),
        intact=is_intact(report),
    )


def _by_severity(report: Report) -> tuple[tuple[str, dict[Verdict, int]], ...]:
    return tuple((s, dict(counts_of(f for f in report.findings if f.severity == s))) for s in reversed(SEVERITIES))
