"""The table of flaws, held against the list of the published design and against the policies."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lepton_audit.demo import FLAWS, OUT_OF_SIGHT
from lepton_audit.demo.target_file import ATTESTED

POLICIES = Path(__file__).parents[2] / "policies"


def controls(policy):
    return {control["id"]: control for control in yaml.safe_load((POLICIES / f"{policy}.yaml").read_text())["controls"]}


def test_every_flaw_of_the_list_is_planted_or_said_to_be_out_of_sight():
    planted = {flaw.number for flaw in FLAWS if flaw.number}
    assert planted | OUT_OF_SIGHT.keys() == set(range(1, 15))
    assert not planted & OUT_OF_SIGHT.keys()


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.asset)
def test_each_flaw_names_controls_of_the_baseline_that_ask_its_probe(flaw):
    baseline = controls("lepton-baseline")
    asked = {name: {rule["probe"] for rule in baseline[name]["rules"]} for name in flaw.controls}
    assert all(probes == {flaw.probe} for probes in asked.values())


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.asset)
@pytest.mark.parametrize("state", ["published", "hardened"])
def test_each_flaws_asset_is_in_both_states(flaw, state, request):
    target = yaml.safe_load((request.getfixturevalue(state) / "target.yaml").read_text())
    assert flaw.asset in target["assets"]


def test_the_hardened_target_attests_what_the_policies_leave_to_people():
    asked = {name for policy in ("gdpr", "ccpa") for name, control in controls(policy).items() if "attest" in control}
    assert set(ATTESTED) == asked


def test_the_published_target_attests_nothing(published, hardened):
    attested = [yaml.safe_load((f / "target.yaml").read_text())["attestations"] for f in (published, hardened)]
    assert attested[0] == {}
    assert set(attested[1]) == set(ATTESTED)
