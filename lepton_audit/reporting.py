"""Findings and outcomes -> the Report. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lepton_audit.facts.evidence import field_notes
from lepton_audit.facts.fault import Fault
from lepton_audit.facts.finding import Finding
from lepton_audit.facts.look import EvidenceRecord, Gathered, Outcome
from lepton_audit.facts.policy import Policy, Severity
from lepton_audit.facts.report import PolicyRef, ProbeNote, Report, Run, TargetRef
from lepton_audit.load.run import Loaded
from lepton_audit.registry import Registry
from lepton_audit.software import tool
from lepton_audit.verdict import coverage, gated, ordered


def report_of(
    said: Loaded,
    registry: Registry,
    findings: Sequence[Finding],
    *,
    outcomes: Mapping[str, Outcome],
    faults: Sequence[Fault],
    run: Run,
    fail_on: Severity,
) -> Report:
    """All that the run has to say, not yet sealed."""
    verdict, gate = gated(findings, faults, fail_on)
    gathered = [outcome for outcome in outcomes.values() if isinstance(outcome, Gathered)]
    return Report(
        tool=tool(),
        verdict=verdict,
        gate=gate,
        target=_target_ref(said),
        policies=tuple(map(_policy_ref, said.policies)),
        run=run,
        coverage=coverage(findings, looks=len(outcomes), reused=sum(look.reused for look in gathered)),
        findings=ordered(findings),
        evidence=_evidence(gathered),
        probes=_notes(findings, registry),
        faults=tuple(faults),
    )


def _evidence(gathered: Sequence[Gathered]) -> dict[str, EvidenceRecord]:
    records = {look.record.digest: look.record for look in gathered}
    return dict(sorted(records.items()))


def _target_ref(said: Loaded) -> TargetRef:
    metadata = said.target.target.metadata
    return TargetRef(id=metadata.id, title=metadata.title, owner=metadata.owner, digest=said.target.digest)


def _policy_ref(policy: Policy) -> PolicyRef:
    about = policy.metadata
    return PolicyRef(id=about.id, version=about.version, title=about.title, digest=policy.digest)


def _notes(findings: Sequence[Finding], registry: Registry) -> tuple[ProbeNote, ...]:
    names = sorted({item.probe for item in findings if item.probe in registry.probes and item.probe})
    return tuple(_note(name, registry) for name in names)


def _note(name: str, registry: Registry) -> ProbeNote:
    probe = registry.probes[name]
    docs = probe.docs
    return ProbeNote(
        probe=name,
        version=probe.version,
        provider=registry.provider(name),
        what=docs.what or docs.title,
        why=docs.why,
        source=docs.source,
        limits=docs.limits,
        fields=field_notes(probe.evidence),
    )
