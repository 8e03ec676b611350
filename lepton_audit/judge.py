"""Evidence x requirements -> findings. Pure and generic: it knows no probe, and nothing of how evidence was gathered.

Absence of evidence is never a pass: what is missing is an `error`, what is unknown or doubted is `undecided`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lepton_audit.decide import measured
from lepton_audit.facts.evidence import Doubt
from lepton_audit.facts.finding import Decision, Finding, Measured, Verdict, fingerprint
from lepton_audit.facts.judgement import Absent, Check, Judgement, Unknown, Unplannable
from lepton_audit.facts.look import Gathered, GatherFailed, Outcome

MISSING = GatherFailed(
    request="", kind="silent", because="the look left no answer", next_step="Run again; if it stays, report it."
)


def judged(judgement: Judgement, outcomes: Mapping[str, Outcome]) -> Finding:
    """The finding of a rule (not of an attestation), from the outcome of its look."""
    basis = judgement.basis
    if isinstance(basis, Absent):
        return finding(judgement, "not_applicable", basis.reason)
    if isinstance(basis, Unknown):
        return finding(judgement, "undecided", basis.because, next_step=basis.next_step)
    if isinstance(basis, Unplannable) or basis is None:
        because = basis.because if basis else "an attestation isn't judged by evidence"
        return finding(judgement, "error", because, next_step=basis.next_step if basis else "")
    outcome = outcomes.get(basis.request, MISSING)
    if isinstance(outcome, GatherFailed):
        return finding(judgement, "error", f"{outcome.kind}: {outcome.because}", next_step=outcome.next_step)
    return _compared(judgement, outcome)


def settled(judgement: Judgement, values: Mapping[str, Any]) -> bool:
    """Sharper evidence can't change the verdict: every check has passed or one has failed."""
    decisions = [item.verdict for item in _measurements(judgement, values)]
    return "fail" in decisions or (bool(decisions) and "undecided" not in decisions)


def _compared(judgement: Judgement, gathered: Gathered) -> Finding:
    record = gathered.record
    measurements = tuple(_measurements(judgement, record.values))
    verdict = _worst(measurements)
    telling = [item.because for item in measurements if item.verdict == verdict]
    because = "; ".join(telling[:3]) + (f"; and {len(telling) - 3} more" if len(telling) > 3 else "")  # noqa: PLR2004
    return finding(judgement, verdict, because, measured=measurements, evidence=(record.digest,))


def _worst(measurements: tuple[Measured, ...]) -> Decision:
    decisions = {item.verdict for item in measurements}
    return "fail" if "fail" in decisions else "pass" if decisions == {"pass"} else "undecided"


def _measurements(judgement: Judgement, values: Mapping[str, Any]) -> Iterator[Measured]:
    doubts = [Doubt.model_validate(doubt) for doubt in values.get("doubts", ())]
    for check in judgement.checks:
        for item in _measured(check, values):
            yield _doubted(item, check, doubts, judgement.control.strength)


def _measured(check: Check, values: Mapping[str, Any]) -> Iterator[Measured]:
    if check.items is None:
        yield measured(check, _at(values, check.path))
        return
    items = _at(values, check.items)
    if not items:
        yield measured(check, None, f"{check.items}[].{check.path}")
    for index, item in enumerate(items or ()):
        yield measured(check, _at(item, check.path), f"{check.items}[{_label(item, index)}].{check.path}")


def _label(item: Mapping[str, Any], index: int) -> str:
    named = next((item[name] for name in ("path", "name", "id") if isinstance(item.get(name), str)), None)
    return named if named is not None else str(index)


def _at(values: Mapping[str, Any] | None, path: str) -> Any:
    """The value at the dotted path, or ``None`` where a part on the way is unknown."""
    here: Any = values
    for step in path.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    return here


def _doubted(item: Measured, check: Check, doubts: list[Doubt], demanded: str) -> Measured:
    """A pass that the evidence itself doubts, or that isn't as strong as the control demands, is undecided."""
    if item.verdict != "pass":
        return item
    root = check.items or check.path
    reasons = [
        doubt.because
        for doubt in doubts
        if not doubt.fields or any(_covers(field, root, check) for field in doubt.fields)
    ]
    if demanded == "proven" and check.strength != "proven":
        reasons.append("the control demands a proof, and this was only tested")
    if not reasons:
        return item
    return item.model_copy(update={"verdict": "undecided", "because": f"{item.because}; but {'; '.join(reasons)}"})


def _covers(field: str, root: str, check: Check) -> bool:
    full = f"{check.items}.{check.path}" if check.items else check.path
    return full == field or full.startswith(f"{field}.") or field.startswith(f"{root}.") or field == root


def finding(judgement: Judgement, verdict: Verdict, because: str, **more: Any) -> Finding:
    """The finding with all that its control and rule say of it."""
    control, rule = judgement.control, judgement.rule
    strengths = {check.strength for check in judgement.checks}
    return Finding(
        policy=judgement.policy,
        control=control.id,
        title=control.title,
        rule=rule.id if rule else None,
        probe=rule.probe if rule else None,
        assets=judgement.assets,
        severity=control.severity,
        verdict=verdict,
        strength=("tested" if "tested" in strengths else "proven")
        if strengths and verdict in ("pass", "fail")
        else None,
        because=because,
        mappings=control.mappings,
        house_rule=control.house_rule,
        source=control.source,
        why=control.why,
        remediation=control.remediation,
        tailored=control.tailored,
        statement=control.attest.statement if control.attest else "",
        fingerprint=fingerprint(judgement.policy, control.id, rule.id if rule else None, judgement.assets),
        **more,
    )
