"""Findings as the page shows them: by verdict, failing first, and inside by control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from lepton_audit.facts.finding import VERDICTS, Finding, Measured, Verdict
from lepton_audit.facts.policy import SEVERITIES
from lepton_audit.facts.report import Report
from lepton_audit.render.drawing import Drawing, drawing_of
from lepton_audit.render.html.anchors import Anchors
from lepton_audit.render.words import interval_of, required, value_of

DENSE_FROM = 300
"""From so many findings on, those that pass take one line each, folded away."""
CHUNK = 40
"""So many findings the browser lays out, or leaves, together."""
LINES = 50
"""So many measured fields of one finding are shown; the rest are in report.json."""

Key = tuple[str, str]
"""Policy and control."""


@dataclass(frozen=True)
class Line:
    """One measured field beside its limit."""

    measured: Measured
    value: str
    interval: str
    limit: str
    drawing: Drawing | None


@dataclass(frozen=True)
class Reference:
    """A link to a record of the evidence appendix; no anchor if the report doesn't hold it."""

    short: str
    anchor: str | None


@dataclass(frozen=True)
class Shown:
    """One finding, ready to be written."""

    anchor: str
    finding: Finding
    lines: tuple[Line, ...]
    left_out: int
    evidence: tuple[Reference, ...]
    probe: str | None
    """The anchor of the probe's method."""


@dataclass(frozen=True)
class Block:
    """The findings of one control with one verdict."""

    anchor: str
    control: Finding
    """Any of its findings: they share the control's texts."""
    texts_at: str | None
    """The anchor of the block that holds the control's texts; None: this one."""
    count: int
    chunks: tuple[tuple[Shown, ...], ...]


@dataclass(frozen=True)
class Section:
    """All findings with one verdict."""

    verdict: Verdict
    count: int
    dense: bool
    folded: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Tally:
    """A control with how many of its findings ended how."""

    control: Finding
    anchor: str
    counts: tuple[tuple[Verdict, int], ...]

    @property
    def worst(self) -> Verdict:
        """The verdict that speaks loudest."""
        return self.counts[0][0]


def key_of(finding: Finding) -> Key:
    """Names the control of the finding."""
    return finding.policy, finding.control


def sections_of(report: Report, anchors: Anchors) -> tuple[Section, ...]:
    """The findings by verdict in the order of `VERDICTS`; verdicts that nothing has are left out."""
    dense = len(report.findings) >= DENSE_FROM
    found = []
    for verdict in VERDICTS:
        chosen = sorted((f for f in report.findings if f.verdict == verdict), key=_order)
        if chosen:
            quiet = verdict in ("pass", "attested", "not_applicable")
            blocks = tuple(_block(list(fs), anchors) for _, fs in groupby(chosen, key_of))
            found.append(Section(verdict, len(chosen), dense, dense and quiet, blocks))
    return tuple(found)


def tallies_of(report: Report, anchors: Anchors) -> dict[Key, Tally]:
    """Every control with its counts, the loudest and most severe first."""
    by_control: dict[Key, list[Finding]] = {}
    for finding in report.findings:
        by_control.setdefault(key_of(finding), []).append(finding)
    tallies = [Tally(fs[0], anchors.control(key), counts_of(fs)) for key, fs in by_control.items()]
    tallies.sort(key=lambda t: (VERDICTS.index(t.worst), *_order(t.control)))
    return {key_of(t.control): t for t in tallies}


def counts_of(findings: Iterable[Finding]) -> tuple[tuple[Verdict, int], ...]:
    """How many findings ended how, in the order of `VERDICTS`, without zeros."""
    counts = Counter(f.verdict for f in findings)
    return tuple((v, counts[v]) for v in VERDICTS if counts[v])


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return -SEVERITIES.index(finding.severity), finding.policy, finding.control, finding.rule or ""


def _block(findings: Sequence[Finding], anchors: Anchors) -> Block:
    key = key_of(findings[0])
    anchor, first = anchors.block(key)
    shown = [_shown(f, anchors) for f in findings]
    chunks = tuple(tuple(shown[at : at + CHUNK]) for at in range(0, len(shown), CHUNK))
    return Block(anchor, findings[0], None if first else anchors.control(key), len(findings), chunks)


def _shown(finding: Finding, anchors: Anchors) -> Shown:
    loud_first = sorted(finding.measured, key=lambda m: VERDICTS.index(m.verdict))
    lines = tuple(line_of(m) for m in loud_first[:LINES])
    references = tuple(Reference(digest[:12], anchors.evidence(digest)) for digest in finding.evidence)
    left_out = max(len(loud_first) - LINES, 0)
    return Shown(anchors.finding(finding), finding, lines, left_out, references, anchors.probe(finding.probe))


def line_of(measured: Measured) -> Line:
    """The measured field in words and, where it can be, drawn."""
    return Line(measured, value_of(measured), interval_of(measured), required(measured), drawing_of(measured))
