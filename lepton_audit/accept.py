"""What humans accept: waivers and attestations. Expired and unused ones are loud. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from lepton_audit.facts.fault import Fault
from lepton_audit.facts.finding import Finding
from lepton_audit.facts.judgement import Absent, Judgement
from lepton_audit.facts.target import Attestation, Target
from lepton_audit.facts.waiver import Waiver
from lepton_audit.judge import finding


def attested(judgement: Judgement, target: Target, now: datetime) -> Finding:
    """The finding of a control that only a human can answer."""
    if isinstance(judgement.basis, Absent):
        return finding(judgement, "not_applicable", judgement.basis.reason)
    said = target.attestations.get(judgement.control.id)
    if said is None:
        next_step = (
            f"Add `attestations: {{{judgement.control.id}: {{by, on, expires, note}}}}` to the target, if it is so."
        )
        return finding(judgement, "unattested", "nobody has attested this", next_step=next_step)
    trouble = _attestation_trouble(judgement, said, now.date())
    if trouble:
        return finding(judgement, "unattested", trouble, next_step="Renew the attestation.", attestation=said)
    return finding(judgement, "attested", f"attested by {said.by} on {said.on}", attestation=said)


def _attestation_trouble(judgement: Judgement, said: Attestation, today: date) -> str:
    attest = judgement.control.attest
    days = int(attest.valid_for.removesuffix("d")) if attest else 0
    longest = said.on + timedelta(days=min(days, (date.max - said.on).days))
    ends = min(filter(None, (said.expires, longest)))
    if said.on > today:
        return f"the attestation is dated in the future, {said.on}"
    return f"the attestation expired on {ends}" if today >= ends else ""


def waived(findings: Sequence[Finding], waivers: Sequence[Waiver], now: datetime) -> list[Finding]:
    """The findings, with those that a waiver in force covers marked as such; none becomes a pass."""
    in_force = [waiver for waiver in waivers if waiver.expires > now]
    return [_waived(item, in_force) for item in findings]


def _waived(item: Finding, waivers: Iterable[Waiver]) -> Finding:
    waiver = next((w for w in waivers if _covers(w, item) and item.verdict in w.covers), None)
    if waiver is None:
        return item
    because = f"waived by {waiver.approved_by} until {waiver.expires:%Y-%m-%d}: {waiver.justification}; without it: {item.because}"
    return item.model_copy(
        update={"verdict": "waived", "waived_from": item.verdict, "waiver": waiver, "because": because}
    )


def _covers(waiver: Waiver, item: Finding) -> bool:
    scope = waiver.scope
    assets_fit = not scope.assets or (bool(item.assets) and set(item.assets.values()) <= set(scope.assets))
    return waiver.control == item.control and assets_fit and scope.fingerprint in (None, item.fingerprint)


def loud(findings: Sequence[Finding], waivers: Sequence[Waiver], target: Target, now: datetime) -> list[Fault]:
    """A fault for each waiver that is expired or unused, and for each attestation that no control asks for."""
    used = {item.waiver.id for item in findings if item.waiver}
    asked = {item.control for item in findings}
    faults = [_expired(w) if w.expires <= now else _unused(w) for w in waivers if w.id not in used]
    excused = {control for controls in target.not_applicable.assets.values() for control in controls}
    named = {*target.attestations, *target.not_applicable.controls, *excused}
    return [*faults, *(_unasked(name) for name in sorted(named) if name not in asked)]


def _expired(waiver: Waiver) -> Fault:
    because = f"it expired on {waiver.expires.isoformat()}; what it covered counts again"
    return Fault(
        kind="waiver",
        who=waiver.id,
        because=because,
        next_step="Mend the cause, or have the waiver approved again.",
        breaks=False,
    )


def _unused(waiver: Waiver) -> Fault:
    because = f"it covers no finding of control {waiver.control!r}"
    return Fault(
        kind="waiver", who=waiver.id, because=because, next_step="Remove it, or correct its scope.", breaks=False
    )


def _unasked(control: str) -> Fault:
    because = "no control of these policies asks for what the target says of it"
    return Fault(kind="attestation", who=control, because=because, next_step="Check the control's id.", breaks=False)
