"""Evidence x requirements -> findings. Pure and generic: it knows no probe, and nothing of how evidence was gathered.

Absence of evidence is never a pass: what is missing is an `error`, what is unknown or doubted is `undecided`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lepton_audit.decide import decision, measured
from lepton_audit.facts.evidence import Doubt
from lepton_audit.facts.finding import Decision, Finding, Measured, Verdict, fingerprint
from lepton_audit.facts.judgement import Absent, Check, Judgement, Unknown, Unplannable
from lepton_audit.facts.look import Gathered, GatherFailed, Outcome

MISSING = GatherFailed(
    request="", kind="silent", because="the look left no answer", next_step="Run again; if it stays, report it."
)

KEPT, KEPT_PASSING, TOLD = 1_000, 20, 3
"""So many failing and undecided values a finding keeps, so many passing ones of each check, and so many its sentence names."""


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
    verdicts = {spot.verdict for spot in _spots(judgement, values)}
    return "fail" in verdicts or verdicts == {"pass"}


@dataclass(frozen=True, slots=True)
class _Spot:
    """One value that a check is about, decided."""

    check: Check
    value: Any
    where: str
    verdict: Decision
    doubts: str = ""

    def measured(self) -> Measured:
        """The value beside its limit, as the finding keeps it."""
        item = measured(self.check, self.value, self.where)
        if not self.doubts:
            return item
        return item.model_copy(update={"verdict": self.verdict, "because": f"{item.because}; but {self.doubts}"})


def _compared(judgement: Judgement, gathered: Gathered) -> Finding:
    """The verdict is over every item; the finding keeps the telling ones."""
    count: Counter[Decision] = Counter()
    passing: Counter[Check] = Counter()
    kept: list[_Spot] = []
    for spot in _spots(judgement, gathered.record.values):
        count[spot.verdict] += 1
        passing[spot.check] += spot.verdict == "pass"
        if passing[spot.check] <= KEPT_PASSING if spot.verdict == "pass" else count[spot.verdict] <= KEPT:
            kept.append(spot)
    verdict: Decision = "fail" if count["fail"] else "undecided" if count["undecided"] or not kept else "pass"
    measurements = tuple(spot.measured() for spot in kept)
    because = _because([item.because for item in measurements if item.verdict == verdict], count[verdict])
    if len(kept) < count.total():
        because += f" (of {count.total()} values, {count['fail']} fail and {count['undecided']} are undecided)"
    return finding(judgement, verdict, because, measured=measurements, evidence=(gathered.record.digest,))


def _because(telling: list[str], count: int) -> str:
    return "; ".join(telling[:TOLD]) + (f"; and {count - TOLD} more" if count > TOLD else "")


def _spots(judgement: Judgement, values: Mapping[str, Any]) -> Iterator[_Spot]:
    doubts = [Doubt.model_validate(doubt) for doubt in values.get("doubts", ())]
    for check in judgement.checks:
        reasons = "; ".join(_reasons(check, doubts, judgement.control.strength))
        for value, where in _values(check, values):
            verdict = decision(check, value)
            if verdict != "fail" and reasons:  # what was undecided anyway is told with the evidence's own reason
                yield _Spot(check, value, where, "undecided", reasons)
            else:
                yield _Spot(check, value, where, verdict)


def _values(check: Check, values: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Each value that the check is about, with its place. An unknown or empty list counts as one unknown value."""
    for item, where in _items(values, check.items, ""):
        yield _at(item, check.path), f"{where}{check.path}"


def _items(values: Any, steps: tuple[str, ...], where: str) -> Iterator[tuple[Any, str]]:
    if not steps:
        yield values, where
        return
    items = _at(values, steps[0])
    if not isinstance(items, list) or not items:
        yield None, where + "".join(f"{step}[]." for step in steps)
        return
    for index, item in enumerate(items):
        yield from _items(item, steps[1:], f"{where}{steps[0]}[{_label(item, index)}].")


def _label(item: Any, index: int) -> str:
    named = (item.get(name) for name in ("path", "name", "id")) if isinstance(item, Mapping) else ()
    return next((name for name in named if isinstance(name, str)), str(index))


def _at(values: Any, path: str) -> Any:
    """The value at the dotted path, or ``None`` where a part on the way is unknown."""
    here: Any = values
    for step in path.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    return here


def _reasons(check: Check, doubts: list[Doubt], demanded: str) -> Iterator[str]:
    """Why a pass is undecided: the evidence itself doubts it, or it isn't as strong as the control demands."""
    for doubt in doubts:
        if not doubt.fields or any(_covers(field, check) for field in doubt.fields):
            yield doubt.because
    if demanded == "proven" and check.strength != "proven":
        yield "the control demands a proof, and this was only tested"


def _covers(field: str, check: Check) -> bool:
    full = ".".join((*check.items, check.path))
    root = check.items[0] if check.items else check.path
    return full == field or full.startswith(f"{field}.") or field.startswith(f"{root}.")


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
