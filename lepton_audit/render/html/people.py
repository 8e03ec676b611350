"""What people answer for: waivers and attestations."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_audit.facts.finding import Finding
from lepton_audit.facts.report import Report
from lepton_audit.facts.waiver import Waiver
from lepton_audit.render.html.anchors import Anchors


@dataclass(frozen=True)
class Waived:
    """A waiver with the findings it waives."""

    waiver: Waiver
    findings: tuple[tuple[str, Finding], ...]
    """Anchor and finding."""


@dataclass(frozen=True)
class Stated:
    """A control that only a human can answer, with the answer if there is one."""

    anchor: str
    finding: Finding


def waived_in(report: Report, anchors: Anchors) -> tuple[Waived, ...]:
    """Every waiver that took effect, by its id."""
    found: dict[str, tuple[Waiver, list[tuple[str, Finding]]]] = {}
    for finding in report.findings:
        if finding.waiver is not None:
            entry = found.setdefault(finding.waiver.model_dump_json(), (finding.waiver, []))
            entry[1].append((anchors.finding(finding), finding))
    return tuple(Waived(w, tuple(fs)) for w, fs in sorted(found.values(), key=lambda pair: pair[0].id))


def stated_in(report: Report, anchors: Anchors) -> tuple[Stated, ...]:
    """Every finding that is an attestation or lacks one."""
    asked = (f for f in report.findings if f.attestation is not None or f.verdict in ("attested", "unattested"))
    return tuple(Stated(anchors.finding(f), f) for f in asked)
