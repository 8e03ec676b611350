"""The built-in policies are complete: sources, reasons, remedies, parameters, and nothing hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

NAMES = ("lepton-baseline", "gdpr", "ccpa")
FRAMEWORKS = re.compile(
    r"gdpr:(?:art-\d+(?:\(\d+\))?(?:\([a-z]\))?|recital-\d+)"
    r"|ccpa:1798\.\d+(?:\([a-z]{1,2}\))?(?:\(\d+\))?|ccpa-regs:7\d{3}|cal-civ:1798\.\d+"
    r"|nist-ai-rmf:measure-2\.\d+|iso-27001:A\.[5-8]\.\d+|eu-ai-act:art-\d+\(\d+\)"
)
DEEDS = re.compile(r"(?:check|ensure|verify|use|enable|require|prevent|have|be|do|is)(?:-|$)")


def written(name: str) -> dict[str, Any]:
    """The policy as its file says it."""
    file = Path(__file__).parents[2] / "policies" / f"{name}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


CONTROLS = [pytest.param(name, control, id=control["id"]) for name in NAMES for control in written(name)["controls"]]


def leaves(node: object) -> Iterator[object]:
    """Every value below a node."""
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from leaves(child)
    else:
        yield node


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_loads_with_every_field_of_every_rule_known_to_its_probe(policies, name):
    assert policies[name].metadata.id == name
    assert policies[name].gate.fail_on == "high"


@pytest.mark.parametrize(("name", "control"), CONTROLS)
def test_a_control_says_why_from_where_and_what_to_do(name, control):
    assert control["why"].endswith(".")
    assert control["remediation"].endswith(".")
    assert re.search(r"[Tt]estable here", control["source"]), "which part of the clause is testable"
    assert control["mappings"]


@pytest.mark.parametrize(("name", "control"), CONTROLS)
def test_an_id_is_a_noun_and_a_title_states_the_good_state(name, control):
    assert not DEEDS.match(control["id"])
    assert not re.search(r"\b(?:must|should|shall|ensure|check)\b", control["title"])
    assert not control["title"].endswith(".")


@pytest.mark.parametrize(("name", "control"), CONTROLS)
def test_a_mapping_names_a_clause_of_a_known_text(name, control):
    unknown = [mapping for mapping in control["mappings"] if not FRAMEWORKS.fullmatch(mapping)]
    assert not unknown
    assert len(set(control["mappings"])) == len(control["mappings"])


@pytest.mark.parametrize(("name", "control"), CONTROLS)
def test_articles_of_the_gdpr_exist(name, control):
    articles = [int(found) for m in control["mappings"] for found in re.findall(r"gdpr:art-(\d+)", m)]
    assert all(1 <= article <= 99 for article in articles)


@pytest.mark.parametrize(("name", "control"), CONTROLS)
def test_no_threshold_stands_in_a_rule(name, control):
    limits = [leaf for rule in control.get("rules", ()) for leaf in leaves([rule["require"], rule.get("with")])]
    assert not [leaf for leaf in limits if isinstance(leaf, int | float) and not isinstance(leaf, bool)]


@pytest.mark.parametrize(("name", "control"), CONTROLS)
def test_a_threshold_is_labelled_as_ours(name, control):
    named = re.findall(r"\$\{(\w+)\}", yaml.safe_dump(control.get("rules", ())))
    assert not named or len(control["house_rule"]) > 20


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_has_a_unit_and_a_description_and_is_used(name):
    policy = written(name)
    text = yaml.safe_dump(policy["controls"])
    for parameter, said in policy.get("parameters", {}).items():
        assert said["unit"]
        assert said["description"].endswith(".")
        assert f"${{{parameter}}}" in text


@pytest.mark.parametrize("name", ["gdpr", "ccpa"])
def test_what_a_law_adds_to_the_baseline_is_for_people_to_state(name, policies):
    own = written(name)["controls"]
    assert 8 <= len(own) <= 15
    assert all(control["attest"]["statement"].endswith(".") for control in own)
    prefix = {"gdpr": "gdpr:", "ccpa": ("ccpa:", "ccpa-regs:", "cal-civ:")}[name]
    assert all(mapping.startswith(prefix) for control in own for mapping in control["mappings"])


def test_the_baseline_has_no_attestation(policies):
    assert all(control.rules for control in policies["lepton-baseline"].controls)


@pytest.mark.parametrize("prefix", ["gdpr:", "ccpa:", "nist-ai-rmf:", "iso-27001:", "eu-ai-act:"])
def test_the_baseline_speaks_to_each_framework(policies, prefix):
    mapped = [m for control in policies["lepton-baseline"].controls for m in control.mappings]
    assert len([m for m in mapped if m.startswith(prefix)]) >= 4
