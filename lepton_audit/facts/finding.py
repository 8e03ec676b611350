"""A finding: the verdict on one rule for one set of assets."""

from __future__ import annotations

from typing import Any, Literal

from lepton_audit.facts.canonical import digest
from lepton_audit.facts.evidence import Strength
from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.policy import Severity
from lepton_audit.facts.target import Attestation
from lepton_audit.facts.waiver import Waiver

Verdict = Literal["pass", "fail", "undecided", "error", "waived", "not_applicable", "attested", "unattested"]
VERDICTS: tuple[Verdict, ...] = (
    "fail",
    "error",
    "undecided",
    "unattested",
    "waived",
    "pass",
    "attested",
    "not_applicable",
)
Decision = Literal["pass", "fail", "undecided"]


class Measured(Frozen):
    """One field beside its limit. ``low`` and ``high`` are there for an estimate."""

    field: str
    value: Any
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    n: int | None = None
    method: str | None = None
    unit: str
    operator: str
    limit: Any
    strength: Strength
    verdict: Decision
    because: str


class Finding(Frozen):
    """What was measured, what was required, and why the verdict."""

    policy: str
    control: str
    title: str
    rule: str | None
    probe: str | None
    assets: dict[str, str]
    """The probe's parameter -> the asset's name."""
    severity: Severity
    verdict: Verdict
    strength: Strength | None
    because: str
    next_step: str = ""
    measured: tuple[Measured, ...] = ()
    mappings: tuple[str, ...] = ()
    house_rule: str = ""
    source: str = ""
    why: str = ""
    remediation: str = ""
    tailored: tuple[str, ...] = ()
    """The rationale of each tailoring that changed the control."""
    evidence: tuple[str, ...] = ()
    fingerprint: str
    waiver: Waiver | None = None
    waived_from: Verdict | None = None
    """The verdict without the waiver."""
    statement: str = ""
    """What an attestation has to state, in the policy's words."""
    attestation: Attestation | None = None


def fingerprint(policy: str, control: str, rule: str | None, assets: dict[str, str]) -> str:
    """Names a finding across runs: the same policy, control, rule and assets, whatever was measured."""
    return digest([policy, control, rule or "", sorted(map(list, assets.items()))])[:16]
