"""Policies: inherited, tailored, filled in, checked against the probes, and every value knows where it came from."""

from __future__ import annotations

from textwrap import dedent

import pytest

from lepton_audit.load.policy import load_policy
from lepton_audit.load.problems import BadInput
from lepton_audit.load.tree import leaves

HEAD = "apiVersion: lepton-audit/v1\nkind: Policy\nmetadata: {id: house, version: 1.0.0}\n"
CONTROL = "controls:\n  - {id: c, title: It holds, severity: high, rules: [{id: r, "
PARENT = HEAD.replace("house", "parent") + dedent("""\
    parameters:
      k: {default: 5, unit: rows, description: Smallest group}
      columns: {default: [age, zip]}
    controls:
      - id: anonymity
        title: Rows hide in groups
        severity: high
        rules:
          - {id: groups, probe: privacy.k-anonymity, with: {quasi_identifiers: "${columns}"}, require: {k: {min: "${k}"}, l: {min: 2}}}
    gate: {fail_on: medium}
    """)


@pytest.fixture
def loaded(written, registry):
    def load(text, **others):
        for name, other in others.items():
            written(other, f"{name}.yaml")
        return load_policy(str(written(text, "house.yaml")), registry)

    return load


def test_parameters_are_filled_in_with_their_types(loaded):
    policy = loaded(PARENT).policy
    (rule,) = policy.controls[0].rules
    assert rule.require["k"].min == 5
    assert rule.with_ == {"quasi_identifiers": ["age", "zip"]}


def test_a_child_inherits_sets_and_tailors(loaded):
    child = HEAD + dedent("""\
        extends: [parent.yaml]
        parameters: {k: 11}
        tailor:
          - {control: anonymity, set: {severity: critical, rules: {groups: {require: {l: {min: 3}}}}}, rationale: Board decision}
        """)
    found = loaded(child, parent=PARENT)
    (control,) = found.policy.controls
    assert (control.severity, control.tailored) == ("critical", ("Board decision",))
    assert (control.rules[0].require["k"].min, control.rules[0].require["l"].min) == (11, 3)
    assert found.policy.gate.fail_on == "medium"
    origin = {path: (str(node.mark).rpartition("/")[2], node.via) for path, node in leaves(found.controls["anonymity"])}
    assert origin["title"] == ("parent.yaml:9:12", "")
    assert origin["severity"] == ("house.yaml:7:42", "tailored: Board decision")
    assert origin["rules[0].require.k.min"][1].endswith("house.yaml:5:17")


def test_a_control_can_be_taken_out_with_its_reason(loaded):
    child = (
        HEAD
        + "extends: [parent.yaml]\ntailor:\n  - {control: anonymity, set: {not_applicable: No personal data}, rationale: r}\n"
    )
    assert loaded(child, parent=PARENT).policy.controls[0].not_applicable == "No personal data"


def test_comments_don_t_change_the_digest_and_thresholds_do(loaded):
    assert loaded(PARENT).policy.digest == loaded("# hello\n" + PARENT).policy.digest
    assert loaded(PARENT).policy.digest != loaded(PARENT.replace("default: 5", "default: 6")).policy.digest


def rule(text):
    return HEAD + CONTROL + text + "}]}\n"


BAD = {
    "an unknown probe": (
        rule("probe: privacy.k-anonimity, require: {k: {min: 1}}"),
        ":5:69: unknown probe",
        "did you mean privacy.k-anonymity",
    ),
    "an unknown field": (
        rule("probe: privacy.k-anonymity, require: {kk: {min: 1}}"),
        "KAnonymity has no field 'kk'",
        "did you mean",
    ),
    "an unknown operator": (
        rule("probe: privacy.k-anonymity, require: {k: {least: 1}}"),
        "unknown key 'least'",
        "one of min, max",
    ),
    "no operator": (rule("probe: privacy.k-anonymity, require: {k: {}}"), "needs at least one of min", ""),
    "no requirement": (rule("probe: privacy.k-anonymity, require: {}"), "require", "at least 1"),
    "an operator that doesn't fit": (
        rule("probe: privacy.k-anonymity, require: {k: {subset_of: [1]}}"),
        "'subset_of' doesn't fit 'k'",
        "min",
    ),
    "each on a number": (
        rule("probe: privacy.k-anonymity, require: {k: {each: {x: {min: 1}}}}"),
        "'each' doesn't fit 'k'",
        "",
    ),
    "equals on an estimate": (
        rule("probe: robustness.evasion, with: {eps: 0.1}, require: {robust_accuracy: {equals: 1}}"),
        "'equals' doesn't fit 'robust_accuracy'",
        "max, min",
    ),
    "a text as limit": (rule('probe: privacy.k-anonymity, require: {k: {min: "5"}}'), "require.k.min", "valid number"),
    "a boolean as limit": (
        rule("probe: privacy.k-anonymity, require: {k: {min: true}}"),
        "require.k.min",
        "valid number",
    ),
    "a number where a boolean is": (
        rule("probe: encryption.tls, require: {encrypted: {equals: 1}}"),
        "is no limit for 'encrypted'",
        "boolean",
    ),
    "a text where a number is": (
        rule("probe: privacy.k-anonymity, require: {k: {equals: five}}"),
        "is no limit for 'k'",
        "number",
    ),
    "a bad regular expression": (
        rule("probe: encryption.tls, require: {certificate.key_type: {matches: '['}}"),
        "is no regular expression",
        "",
    ),
    "an unknown setting": (
        rule("probe: privacy.k-anonymity, with: {qi: [a]}, require: {k: {min: 1}}"),
        "unknown key 'qi'",
        "quasi_identifiers",
    ),
    "a setting of a wrong type": (
        rule("probe: privacy.k-anonymity, with: {quasi_identifiers: 3}, require: {k: {min: 1}}"),
        ":5:116",
        "array",
    ),
    "a missing setting": (
        rule("probe: robustness.evasion, require: {robust_accuracy: {min: 0.5}}"),
        "with.eps: Field required",
        "",
    ),
    "an unknown input": (
        rule("probe: privacy.k-anonymity, on: {tabel: x}, require: {k: {min: 1}}"),
        "takes no 'tabel'",
        "did you mean table?",
    ),
    "an unknown parameter": (
        rule('probe: privacy.k-anonymity, require: {k: {min: "${kk}"}}'),
        "unknown parameter 'kk'",
        "",
    ),
    "two rules of one id": (
        HEAD
        + "controls:\n  - {id: c, title: t, severity: high, rules: ["
        + ", ".join(["{id: r, probe: privacy.k-anonymity, require: {k: {min: 1}}}"] * 2)
        + "]}\n",
        "rule 'r' stands twice",
        "",
    ),
    "two controls of one id": (
        HEAD + "controls:\n" + "  - {id: c, title: t, severity: low, attest: {statement: s}}\n" * 2,
        ":6:5: control 'c' stands already",
        "tailor",
    ),
    "a control without anything": (
        HEAD + "controls: [{id: c, title: t, severity: low}]\n",
        "either `rules` or `attest`",
        "",
    ),
    "a severity that doesn't exist": (
        HEAD + "controls: [{id: c, title: t, severity: huge, attest: {statement: s}}]\n",
        ":4:40",
        "critical",
    ),
    "an unknown parent": (HEAD + "extends: [gdrp]\n", ":4:11: unknown policy 'gdrp'", "policy list"),
    "a circle": (HEAD + "extends: [house.yaml]\n", "`extends` goes in a circle: house.yaml -> house.yaml", ""),
    "a parameter that nobody declared": (
        HEAD + "extends: [gdpr]\nparameters: {k_minn: 3}\n",
        "no extended policy has a parameter 'k_minn'",
        "k_min",
    ),
    "tailoring of nothing": (HEAD + "tailor: [{control: x, set: {}, rationale: r}]\n", "unknown control 'x'", ""),
    "tailoring without a reason": (
        HEAD + "extends: [gdpr]\ntailor: [{control: x, set: {}}]\n",
        "rationale: Field required",
        "",
    ),
    "tailoring of an unknown key": (
        HEAD + "extends: [lepton-baseline]\ntailor: [{control: forward-secrecy, set: {sevrity: low}, rationale: r}]\n",
        ":5:43: unknown key 'sevrity'",
        "severity",
    ),
    "tailoring of an unknown rule": (
        HEAD
        + "extends: [lepton-baseline]\ntailor: [{control: forward-secrecy, set: {rules: {x: {}}}, rationale: r}]\n",
        "unknown id 'x'",
        "key-exchange",
    ),
    "a gate that doesn't exist": (HEAD + "gate: {fail_on: never}\n", ":4:17", "critical"),
    "an unknown key": (HEAD + "contols: []\n", ":4:1: unknown key 'contols'", "did you mean controls?"),
    "a target": (
        "apiVersion: lepton-audit/v1\nkind: Target\nmetadata: {id: t, version: 1.0.0}\n",
        ":2:7: kind",
        "'Policy'",
    ),
}


@pytest.mark.parametrize(("text", "said", "also"), BAD.values(), ids=BAD)
def test_a_bad_policy_is_refused_at_its_place(text, said, also, loaded):
    with pytest.raises(BadInput) as caught:
        loaded(text)
    assert said in str(caught.value)
    assert also in str(caught.value)


def test_two_parents_that_differ_on_a_control_are_refused(loaded):
    with pytest.raises(BadInput, match="comes from two of the extended policies"):
        loaded(
            HEAD + "extends: [one.yaml, two.yaml]\n", one=PARENT, two=PARENT.replace("severity: high", "severity: low")
        )


def test_a_longer_circle_is_told_link_by_link(loaded):
    with pytest.raises(BadInput, match=r"house.yaml -> one.yaml -> house.yaml"):
        loaded(HEAD + "extends: [one.yaml]\n", one=HEAD.replace("house", "one") + "extends: [house.yaml]\n")


@pytest.mark.parametrize("name", ["lepton-baseline", "gdpr", "ccpa"])
def test_the_built_in_policies_fit_the_first_party_probes(name, registry):
    assert load_policy(name, registry).policy.controls
