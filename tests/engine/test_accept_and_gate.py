"""Waivers, attestations, the gate: nothing is accepted in silence, and nothing unanswered is conformant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from lepton_audit.accept import attested, loud, waived
from lepton_audit.facts.fault import Fault
from lepton_audit.facts.judgement import Absent, Judgement, Unknown
from lepton_audit.facts.policy import Attest, Control, Requirement, Rule
from lepton_audit.facts.target import Attestation, Metadata, Target
from lepton_audit.facts.waiver import Scope, Waiver
from lepton_audit.judge import finding, judged
from lepton_audit.verdict import coverage, gated, ordered

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ruled(verdict, *, control="control", severity="high", assets=None, basis=None):
    rule = Rule(id="rule", probe="p", require={"x": Requirement(max=1.0)})
    held = Control(id=control, title="It holds", severity=severity, rules=(rule,))
    judgement = Judgement("policy", held, rule, assets or {"table": "t"}, (), basis)
    return judged(judgement, {}) if basis else finding(judgement, verdict, "because")


def waiver(**said):
    base = {
        "id": "w",
        "control": "control",
        "justification": "j",
        "owner": "o",
        "approved_by": "a",
        "expires": NOW + timedelta(days=1),
    }
    return Waiver(**(base | said))


def target(**attestations):
    return Target(
        apiVersion="lepton-audit/v1", kind="Target", metadata=Metadata(id="t"), assets={}, attestations=attestations
    )


def test_a_waiver_in_force_marks_the_failure_and_it_doesn_t_count():
    (item,) = waived([ruled("fail")], [waiver()], NOW)
    assert (item.verdict, item.waived_from) == ("waived", "fail")
    assert item.waiver is not None
    assert gated([item, ruled("pass")], [], "high")[0] == "conformant"


def test_an_expired_waiver_is_loud_and_the_failure_counts_again():
    old = waiver(expires=NOW)
    items = waived([ruled("fail")], [old], NOW)
    assert items[0].verdict == "fail"
    (fault,) = loud(items, [old], target(), NOW)
    assert "expired" in fault.because


@pytest.mark.parametrize(
    "said",
    [
        {"control": "other"},
        {"scope": Scope(assets=("other",))},
        {"scope": Scope(fingerprint="0" * 16)},
        {"covers": ("undecided",)},
    ],
)
def test_a_waiver_that_doesn_t_fit_changes_nothing_and_is_told(said):
    unfit = waiver(**said)
    items = waived([ruled("fail")], [unfit], NOW)
    assert items[0].verdict == "fail"
    assert len(loud(items, [unfit], target(), NOW)) == 1


@pytest.mark.parametrize("verdict", ["error", "undecided", "unattested"])
def test_a_waiver_for_failures_doesn_t_hide_what_is_unanswered(verdict):
    assert waived([ruled(verdict)], [waiver()], NOW)[0].verdict == verdict
    assert waived([ruled(verdict)], [waiver(covers=(verdict,))], NOW)[0].verdict == "waived"


def test_a_scope_of_assets_must_hold_every_asset_of_the_finding():
    two = ruled("fail", assets={"model": "m", "table": "t"})
    assert waived([two], [waiver(scope=Scope(assets=("m",)))], NOW)[0].verdict == "fail"
    assert waived([two], [waiver(scope=Scope(assets=("m", "t")))], NOW)[0].verdict == "waived"


def attesting(said, valid_for="365d"):
    control = Control(id="dpo", title="It is so", severity="medium", attest=Attest(statement="S.", valid_for=valid_for))
    return attested(Judgement("policy", control, None, {}, (), None), target(**({"dpo": said} if said else {})), NOW)


def said(on, expires=None):
    return Attestation(by="DPO office", on=on, expires=expires)


def test_an_attestation_in_force_attests():
    assert attesting(said(date(2026, 10, 1), date(2027, 10, 1))).verdict == "attested"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (None, "nobody"),
        (said(date(2026, 11, 22)), "future"),
        (said(date(2025, 1, 1)), "expired on 2026-01-01"),
        (said(date(2026, 1, 1), date(2026, 11, 21)), "expired on 2026-11-21"),
        (said(date(2025, 1, 1), date(2030, 1, 1)), "expired on 2026-01-01"),
    ],
)
def test_a_missing_future_or_expired_attestation_is_unattested(statement, why):
    item = attesting(statement)
    assert item.verdict == "unattested"
    assert why in item.because


def test_an_attestation_that_no_control_asks_for_is_told():
    faults = loud([], [], target(typo=said(date(2026, 1, 1))), NOW)
    assert [fault.who for fault in faults] == ["typo"]
    assert not faults[0].breaks


@pytest.mark.parametrize("verdict", ["error", "undecided", "unattested"])
@pytest.mark.parametrize("severity", ["low", "critical"])
def test_whatever_is_unanswered_makes_the_report_incomplete(verdict, severity):
    outcome = gated([ruled("pass"), ruled(verdict, severity=severity)], [], "high")
    assert (outcome[0], outcome[1].exit_code) == ("incomplete", 3)


def test_a_certain_failure_outweighs_what_is_unanswered():
    assert gated([ruled("fail"), ruled("error")], [], "high")[1].exit_code == 1


def test_a_failure_below_the_gate_is_conformant_and_said():
    verdict, gate = gated([ruled("pass"), ruled("fail", severity="medium")], [], "high")
    assert verdict == "conformant"
    assert gate.sentence == "Conformant: nothing of severity high or above failed; 1 finding of lower severity failed."


@pytest.mark.parametrize("findings", [[], [ruled("not_applicable")]])
def test_an_audit_that_judged_nothing_is_incomplete(findings):
    assert gated(findings, [], "high")[0] == "incomplete"


def test_a_broken_plugin_makes_the_report_incomplete():
    assert gated([ruled("pass")], [Fault(kind="plugin", who="p", because="b")], "high")[0] == "incomplete"
    assert gated([ruled("pass")], [Fault(kind="waiver", who="p", because="b", breaks=False)], "high")[0] == "conformant"


def test_absence_is_not_applicable_only_where_somebody_said_so():
    assert ruled("", basis=Absent("no federation here")).verdict == "not_applicable"
    unknown = ruled("", basis=Unknown("the target declares no endpoint", "declare it"))
    assert (unknown.verdict, unknown.next_step) == ("undecided", "declare it")


def test_order_is_by_verdict_then_severity_whatever_came_first():
    items = [ruled("pass"), ruled("fail", severity="low"), ruled("error"), ruled("fail", severity="critical")]
    wanted = [("fail", "critical"), ("fail", "low"), ("error", "high"), ("pass", "high")]
    assert [(item.verdict, item.severity) for item in ordered(items)] == wanted
    assert ordered(items) == ordered(items[::-1])


def test_coverage_adds_up():
    counted = coverage([ruled("pass"), ruled("fail"), ruled("error"), ruled("not_applicable")], looks=3, reused=1)
    assert (counted.rules, counted.decided, counted.errors, counted.not_applicable) == (4, 2, 1, 1)


@pytest.mark.parametrize(("on", "days"), [(date(9999, 12, 31), "365d"), (date(2026, 10, 1), "36500d")])
def test_an_attestation_reaches_to_the_end_of_time_and_no_further(on, days):
    control = Control(id="dpo", title="t", severity="high", attest=Attest(statement="s", valid_for=days))
    said = Attestation(by="x", on=on)
    found = attested(Judgement("policy", control, None, {}, (), None), target(dpo=said), NOW)
    assert found.verdict == ("attested" if on < NOW.date() else "unattested")


def test_a_statement_can_t_be_valid_for_ever():
    with pytest.raises(ValueError, match="36500d"):
        Attest(statement="s", valid_for="9999999999d")


def test_a_waiver_at_either_end_of_time_is_compared():
    for zone in (timezone(timedelta(hours=14)), timezone(-timedelta(hours=14)), UTC):
        for ends in (datetime(1, 1, 1, tzinfo=zone), datetime(9999, 12, 31, 23, tzinfo=zone)):
            (item,) = waived([ruled("fail")], [waiver(expires=ends)], NOW)
            assert item.verdict == ("waived" if ends.year > 2026 else "fail")
