"""Findings + faults -> coverage, and the verdict of the report with its exit code and its one sentence. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lepton_audit.facts.fault import Fault
from lepton_audit.facts.finding import VERDICTS, Finding
from lepton_audit.facts.policy import SEVERITIES, Severity
from lepton_audit.facts.report import Coverage, GateOutcome, ReportVerdict


def coverage(findings: Sequence[Finding], *, looks: int, reused: int) -> Coverage:
    """How many judgements ended how."""
    count = Counter(item.verdict for item in findings)
    return Coverage(
        rules=len(findings),
        decided=count["pass"] + count["fail"],
        passed=count["pass"],
        failed=count["fail"],
        undecided=count["undecided"],
        errors=count["error"],
        waived=count["waived"],
        not_applicable=count["not_applicable"],
        attested=count["attested"],
        unattested=count["unattested"],
        looks=looks,
        reused=reused,
    )


def gated(findings: Sequence[Finding], faults: Sequence[Fault], fail_on: Severity) -> tuple[ReportVerdict, GateOutcome]:
    """Nonconformant if a failure is severe enough; else incomplete if anything is unanswered; else conformant."""
    counting = SEVERITIES[SEVERITIES.index(fail_on) :]
    failing = [item for item in findings if item.verdict == "fail" and item.severity in counting]
    if failing:
        sentence = f"Nonconformant: {_findings(len(failing))} of severity {_severities(counting)} failed."
        return "nonconformant", GateOutcome(fail_on=fail_on, exit_code=1, sentence=sentence)
    unanswered = _unanswered(findings, faults)
    if unanswered:
        return "incomplete", GateOutcome(fail_on=fail_on, exit_code=3, sentence=f"Incomplete: {unanswered}.")
    return "conformant", GateOutcome(fail_on=fail_on, exit_code=0, sentence=_conformant(findings, counting))


def _unanswered(findings: Sequence[Finding], faults: Sequence[Fault]) -> str:
    count = Counter(item.verdict for item in findings)
    said = [f"{count[verdict]} {verdict}" for verdict in ("error", "undecided", "unattested") if count[verdict]]
    broken = sum(fault.breaks for fault in faults)
    said += [f"{broken} broken plugin{'s' if broken > 1 else ''}"] if broken else []
    if not said and not count["pass"] + count["fail"] + count["attested"] + count["waived"]:
        said = ["nothing was judged"]
    return ", ".join(said)


def _conformant(findings: Sequence[Finding], counting: Sequence[Severity]) -> str:
    below = sum(item.verdict == "fail" for item in findings)
    waived = sum(item.verdict == "waived" for item in findings)
    notes = [f"{_findings(below)} of lower severity failed"] if below else []
    notes += [f"{_findings(waived)} waived"] if waived else []
    return (
        f"Conformant: nothing of severity {_severities(counting)} failed" + "".join(f"; {note}" for note in notes) + "."
    )


def _severities(counting: Sequence[Severity]) -> str:
    return counting[0] if len(counting) == 1 else f"{counting[0]} or above"


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Failing first, then by severity, control, rule and assets: the same whatever order they came in."""

    def rank(item: Finding) -> tuple[int, int, str, str, list[tuple[str, str]], str]:
        severity = -SEVERITIES.index(item.severity)
        return (
            VERDICTS.index(item.verdict),
            severity,
            item.control,
            item.rule or "",
            sorted(item.assets.items()),
            item.policy,
        )

    return tuple(sorted(findings, key=rank))
