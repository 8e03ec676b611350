"""What the README shows is true: its files load, its ledger's claim holds."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from lepton_audit.load.policy import load_policy
from lepton_audit.load.target import load_target
from lepton_audit.load.waivers import load_waivers
from lepton_audit.registry import load_registry
from lepton_audit.testing.pinned import pinned

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = [
    dedent(found[1]) for found in re.finditer(r"^ *```(?:yaml|json)\n(.*?)^ *```", README, re.DOTALL | re.MULTILINE)
]


def block(text):
    return next(found for found in BLOCKS if text in found)


@pytest.fixture(scope="module")
def registry():
    return load_registry()


def test_the_target_loads(tmp_path, registry):
    (tmp_path / "target.yaml").write_text(block("kind: Target"))
    assert set(load_target(tmp_path / "target.yaml", registry.kinds).target.assets) == {
        "scorer",
        "holdout",
        "api",
        "releases",
    }


def test_the_policy_loads_and_its_tailoring_changes_something(tmp_path, registry):
    (tmp_path / "acme-gate.yaml").write_text(block("kind: Policy"))
    policy = load_policy(str(tmp_path / "acme-gate.yaml"), registry).policy
    before = {control.id: control.severity for control in load_policy("gdpr", registry).policy.controls}
    (tailored,) = [control for control in policy.controls if control.tailored]
    assert tailored.severity != before[tailored.id]


def test_the_waivers_load(tmp_path):
    (tmp_path / "waivers.yaml").write_text(block("kind: Waivers"))
    (waiver,) = load_waivers(None, tmp_path)
    assert waiver.scope.assets == ("holdout",)


def test_the_ledger_s_claim_holds(tmp_path, registry):
    (tmp_path / "ledger.json").write_text(block('"releases": ['))
    ledger = registry.openers["ledger format json"].open(pinned("ledger", tmp_path / "ledger.json", scratch=tmp_path))
    probe = registry.probes["privacy.budget"]
    spent = probe.look(ledger, settings=probe.settings.model_validate({"delta": 1e-6}))
    assert 1.4 < spent.epsilon < 1.6
    assert spent.understated_claims == 0
    assert spent.claim_excess < 0
