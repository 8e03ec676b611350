"""The report: all findings of a run, its coverage, its verdict, its integrity."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from lepton_audit.facts.evidence import FieldNote
from lepton_audit.facts.fault import Fault
from lepton_audit.facts.finding import Finding
from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.look import Effort, EvidenceRecord
from lepton_audit.facts.policy import Severity

ReportVerdict = Literal["conformant", "nonconformant", "incomplete"]


class Tool(Frozen):
    """What made the report."""

    name: str
    version: str
    python: str
    platform: str


class GateOutcome(Frozen):
    """What the gate says, in one sentence."""

    fail_on: Severity
    exit_code: Literal[0, 1, 3]
    sentence: str


class TargetRef(Frozen):
    """Which target, by content."""

    id: str
    title: str = ""
    owner: str = ""
    digest: str


class PolicyRef(Frozen):
    """Which policy, by content."""

    id: str
    version: str
    title: str = ""
    digest: str


class Run(Frozen):
    """One execution."""

    id: str
    started: AwareDatetime
    seconds: float
    seed: int
    effort: Effort
    command: str
    """Reproduces the run."""


class Coverage(Frozen):
    """How many judgements ended how; ``rules`` is their sum."""

    rules: int
    decided: int
    passed: int
    failed: int
    undecided: int
    errors: int
    waived: int
    not_applicable: int
    attested: int
    unattested: int
    looks: int
    reused: int


class ProbeNote(Frozen):
    """Method and limits of a probe, from its docstring."""

    probe: str
    version: int
    provider: str
    what: str
    why: str = ""
    source: str = ""
    limits: str = ""
    fields: tuple[FieldNote, ...] = ()
    """What each field of its evidence means."""


class Integrity(Frozen):
    """Makes a changed report show."""

    algorithm: Literal["sha256"] = "sha256"
    report: str
    """Over the canonical JSON of the report without this block."""


class Report(Frozen):
    """All that a run has to say; every output is rendered from it."""

    schema_: Literal["lepton-audit/report/v1"] = Field(default="lepton-audit/report/v1", alias="schema")
    tool: Tool
    verdict: ReportVerdict
    gate: GateOutcome
    target: TargetRef
    policies: tuple[PolicyRef, ...]
    run: Run
    coverage: Coverage
    findings: tuple[Finding, ...]
    """Failing first, then by severity, control, rule and assets."""
    evidence: dict[str, EvidenceRecord]
    probes: tuple[ProbeNote, ...] = ()
    faults: tuple[Fault, ...] = ()
    integrity: Integrity | None = None
