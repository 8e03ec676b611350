"""The judge compares, and nothing else; absence of evidence is never a pass."""

from __future__ import annotations

import pytest

from lepton_audit.decide import measured
from lepton_audit.facts.judgement import Check, Judgement, Requested
from lepton_audit.facts.look import GatherFailed
from lepton_audit.facts.policy import Control, Requirement, Rule
from lepton_audit.judge import judged, settled


def estimate(low, high):
    return {"value": (low + high) / 2, "low": low, "high": high, "confidence": 0.95, "n": 50, "method": "exact"}


TABLE = [
    ("max", 1.0, 1.0, "pass"),
    ("max", 1.0, 1.0001, "fail"),
    ("max", 1.0, "unbounded", "fail"),
    ("min", 1.0, "unbounded", "undecided"),
    ("max", 1.0, None, "undecided"),
    ("min", 5, 5, "pass"),
    ("min", 5, 4, "fail"),
    ("max", 0.5, estimate(0.1, 0.5), "pass"),
    ("max", 0.5, estimate(0.1, 0.6), "undecided"),
    ("max", 0.5, estimate(0.51, 0.6), "fail"),
    ("max", 0.5, estimate(0.5, 0.6), "undecided"),
    ("min", 0.5, estimate(0.5, 0.9), "pass"),
    ("min", 0.5, estimate(0.4, 0.9), "undecided"),
    ("min", 0.5, estimate(0.1, 0.49), "fail"),
    ("equals", True, True, "pass"),
    ("equals", True, False, "fail"),
    ("equals", True, 1, "fail"),
    ("equals", 1, True, "fail"),
    ("equals", True, None, "undecided"),
    ("one_of", ("a", "b"), "b", "pass"),
    ("one_of", ("a", "b"), "c", "fail"),
    ("subset_of", ("a", "b"), ["a"], "pass"),
    ("subset_of", ("a", "b"), ["a", "c"], "fail"),
    ("subset_of", (), [], "pass"),
    ("subset_of", (), ["x"], "fail"),
    ("subset_of", (1,), [True], "fail"),
    ("excludes", ("x",), ["a", "b"], "pass"),
    ("excludes", ("x",), ["a", "x"], "fail"),
    ("matches", "[0-9]+", "12", "pass"),
    ("matches", "[0-9]+", "12a", "fail"),
    ("min", 5, [5, 6], "pass"),
    ("min", 5, [5, 4], "fail"),
    ("min", 5, [], "undecided"),
]


@pytest.mark.parametrize(("operator", "limit", "value", "verdict"), TABLE)
def test_a_value_beside_its_limit(operator, limit, value, verdict):
    assert measured(Check("field", operator, limit, "unit", "proven"), value).verdict == verdict


def judgement(*checks, strength="tested"):
    rule = Rule(id="rule", probe="p", require={"field": Requirement(max=1.0)})
    control = Control(id="control", title="It holds", severity="high", rules=(rule,), strength=strength)
    return Judgement("policy", control, rule, {"table": "t"}, checks, Requested("r"))


FIELD = Check("field", "max", 1.0, "unit", "tested")
EACH = Check("bits", "min", 2048, "bits", "proven", items=("keys",))


def decided(judgement_, values):
    from datetime import UTC, datetime

    from lepton_audit.facts.look import EvidenceRecord, Gathered

    record = EvidenceRecord(
        digest="d", probe="p", version=1, provider="x", assets={}, settings={}, seed=0, effort="quick", values=values,
        as_of=datetime.now(UTC), seconds=0.0,
    )  # fmt: skip
    return judged(judgement_, {"r": Gathered(request="r", record=record)})


def test_missing_evidence_is_an_error_and_not_a_pass():
    assert judged(judgement(FIELD), {}).verdict == "error"


def test_a_failed_look_is_an_error_with_its_reason():
    finding = judged(
        judgement(FIELD), {"r": GatherFailed(request="r", kind="timeout", because="too slow", next_step="wait")}
    )
    assert (finding.verdict, finding.because, finding.next_step) == ("error", "timeout: too slow", "wait")


def test_a_field_that_the_evidence_lacks_is_undecided():
    assert decided(judgement(FIELD), {}).verdict == "undecided"


def test_a_rule_without_checks_never_passes():
    assert decided(judgement(), {"field": 0.5}).verdict == "undecided"


def test_a_failure_outweighs_what_is_undecided():
    finding = decided(judgement(FIELD, Check("other", "max", 1.0, "", "proven")), {"field": 2.0, "other": None})
    assert finding.verdict == "fail"
    assert finding.because == "field is 2 unit; at most 1 is required"


def test_each_judges_every_item_and_names_the_offender():
    finding = decided(judgement(EACH), {"keys": [{"name": "good", "bits": 4096}, {"name": "bad", "bits": 512}]})
    assert finding.verdict == "fail"
    assert [item.field for item in finding.measured] == ["keys[good].bits", "keys[bad].bits"]
    assert "keys[bad].bits is 512 bits" in finding.because


@pytest.mark.parametrize("values", [{"keys": []}, {"keys": None}, {}])
def test_each_over_nothing_is_undecided(values):
    assert decided(judgement(EACH), values).verdict == "undecided"


DOUBT = {"doubts": [{"because": "gradients are masked", "fields": ["field"]}]}


def test_a_doubt_turns_a_pass_into_undecided_and_leaves_a_failure():
    finding = decided(judgement(FIELD), {"field": 0.5, **DOUBT})
    assert finding.verdict == "undecided"
    assert finding.because.endswith("but gradients are masked")
    assert decided(judgement(FIELD), {"field": 1.5, **DOUBT}).verdict == "fail"


def test_an_unknown_value_is_told_with_the_reason_that_the_evidence_gives():
    finding = decided(judgement(FIELD), {"field": None, **DOUBT})
    assert finding.verdict == "undecided"
    assert finding.because == "field could not be determined; at most 1 is required; but gradients are masked"


def test_a_doubt_on_another_field_leaves_a_pass():
    assert (
        decided(judgement(FIELD), {"field": 0.5, "doubts": [{"because": "x", "fields": ["other"]}]}).verdict == "pass"
    )


def test_a_doubt_on_everything_covers_items_too():
    assert (
        decided(judgement(EACH), {"keys": [{"bits": 4096}], "doubts": [{"because": "x", "fields": []}]}).verdict
        == "undecided"
    )


@pytest.mark.parametrize("field", ["keys", "keys.bits"])
def test_a_doubt_on_a_list_or_a_field_of_its_items_covers_them(field):
    doubts = [{"because": "x", "fields": [field]}]
    assert decided(judgement(EACH), {"keys": [{"bits": 4096}], "doubts": doubts}).verdict == "undecided"


def test_a_control_that_demands_proof_doesn_t_accept_a_test():
    finding = decided(judgement(FIELD, strength="proven"), {"field": 0.5})
    assert finding.verdict == "undecided"
    assert "this was only tested" in finding.because
    assert decided(judgement(FIELD, strength="proven"), {"field": 1.5}).verdict == "fail"


def test_a_pass_is_as_strong_as_its_weakest_field():
    proven = Check("other", "max", 1.0, "", "proven")
    assert decided(judgement(FIELD, proven), {"field": 0.5, "other": 0.5}).strength == "tested"
    assert decided(judgement(proven), {"other": 0.5}).strength == "proven"


def test_settled_is_when_sharper_evidence_can_t_change_the_verdict():
    both = judgement(FIELD, Check("other", "max", 1.0, "", "proven"))
    straddling = estimate(0.5, 1.5)
    assert not settled(both, {"field": straddling, "other": 0.5})
    assert settled(both, {"field": straddling, "other": 1.5})
    assert settled(both, {"field": estimate(0.5, 0.9), "other": 0.5})
    assert not settled(judgement(), {})
