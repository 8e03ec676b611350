"""The three built-in policies, as they are loaded and as they are written, and what they make of evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lepton_audit.facts.finding import Finding
from lepton_audit.facts.judgement import Requested
from lepton_audit.facts.look import EvidenceRecord, Gathered
from lepton_audit.facts.policy import Policy
from lepton_audit.facts.target import Target
from lepton_audit.judge import judged
from lepton_audit.load.policy import load_policy
from lepton_audit.plan import Circumstances, Plan, plan
from lepton_audit.registry import Registry, load_registry

NAMES = ("lepton-baseline", "gdpr", "ccpa")
TARGET = Target.model_validate(
    {
        "apiVersion": "lepton-audit/v1",
        "kind": "Target",
        "metadata": {"id": "example"},
        "assets": {
            name: {"name": name, "kind": kind, "uri": "x", "options": options}
            for name, kind, options in (
                ("api", "endpoint", {}),
                ("store", "artifact", {}),
                ("rows", "table", {}),
                ("releases", "ledger", {}),
                ("scorer", "model", {"holdout": "rows"}),
                ("training", "federation", {}),
            )
        },
    }
)
Judge = Callable[..., dict[str, Finding]]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """All first-party plugins, none of them broken."""
    found = load_registry()
    assert not found.faults
    return found


@pytest.fixture(scope="session")
def policies(registry: Registry) -> dict[str, Policy]:
    """Each policy with all that it inherits, its parameters filled in and every field checked against its probe."""
    return {name: load_policy(name, registry).policy for name in NAMES}


@pytest.fixture(scope="session")
def planned(policies: dict[str, Policy], registry: Registry) -> Callable[..., Plan]:
    """The plan of these policies for a target, by default one that has an asset of each kind."""

    def plans(*names: str, target: Target = TARGET) -> Plan:
        chosen = [policies[name] for name in names]
        return plan(chosen, target, registry, Circumstances(base=".", seed=0, effort="quick"))

    return plans


@pytest.fixture(scope="session")
def judge(planned: Callable[..., Plan]) -> Judge:
    """The baseline's findings by control, where each look of a probe has seen these values."""
    made = planned("lepton-baseline")

    def judging(probe: str, values: dict[str, Any]) -> dict[str, Finding]:
        mine = [one for one in made.judgements if one.rule and one.rule.probe == probe]
        asked = [one.basis.request for one in mine if isinstance(one.basis, Requested)]
        outcomes = {request: _gathered(request, made, values) for request in asked}
        return {one.control.id: judged(one, outcomes) for one in mine}

    return judging


def _gathered(request: str, made: Plan, values: dict[str, Any]) -> Gathered:
    asked = made.requests[request]
    record = EvidenceRecord(
        digest="0" * 64,
        probe=asked.probe,
        version=asked.version,
        provider=asked.provider,
        assets={},
        settings=asked.settings,
        seed=asked.seed,
        effort=asked.effort,
        values=values,
        as_of=datetime.now(UTC),
        seconds=0.0,
    )
    return Gathered(request=request, record=record)
