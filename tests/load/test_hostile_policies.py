"""Policies that would weaken another in silence, or break the loader: refused, at their place."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from lepton_audit.facts.policy import Requirement
from lepton_audit.load.policy import known_policies, load_policy
from lepton_audit.load.problems import BadInput, Mark, Problem
from lepton_audit.load.schema import schema_of
from lepton_audit.load.yaml12 import parse, parse_file


def policy(name: str, body: str) -> str:
    return f"apiVersion: lepton-audit/v1\nkind: Policy\nmetadata: {{id: {name}, version: 1.0.0}}\n{body}"


def control(name: str = "c", limits: str = "min: '${m}'", *, severity: str = "high") -> str:
    return (
        f"controls:\n  - {{id: {name}, title: It holds, severity: {severity}, "
        f"rules: [{{id: r, probe: privacy.k-anonymity, require: {{k: {{{limits}}}}}}}]}}\n"
    )


BASE = "parameters: {m: {default: 5}}\n" + control()


@pytest.fixture
def load(written, registry):
    def read(top: str, **files: str):
        for name, body in files.items():
            written(policy(name, body), f"{name}.yaml")
        return load_policy(str(written(policy("top", top), "top.yaml")), registry).policy

    return read


@pytest.fixture
def refused(load):
    def why(top: str, **files: str) -> str:
        with pytest.raises(BadInput) as caught:
            load(top, **files)
        return str(caught.value)

    return why


def limit(loaded) -> float | None:
    return loaded.controls[0].rules[0].require["k"].min


STRICTER = {"base": BASE, "left": "extends: [base.yaml]\nparameters: {m: 100}\n", "right": "extends: [base.yaml]\n"}


@pytest.mark.parametrize("order", ["left.yaml, right.yaml", "right.yaml, left.yaml", "base.yaml, left.yaml"])
def test_a_parameter_that_two_parents_set_differently_is_refused(refused, order):
    said = refused(f"extends: [{order}]\n", **STRICTER)
    assert "parameter 'm'" in said
    assert "base.yaml:4:" in said
    assert "left.yaml:5:" in said


@pytest.mark.parametrize("own", ["50", "{default: 50}"])
def test_the_child_s_own_value_settles_what_its_parents_disagree_on(load, own):
    assert limit(load(f"extends: [left.yaml, right.yaml]\nparameters: {{m: {own}}}\n", **STRICTER)) == 50


def test_parents_that_agree_need_no_word_of_the_child(load):
    assert limit(load("extends: [left.yaml, right.yaml]\n", **STRICTER | {"right": STRICTER["left"]})) == 100


def test_strangers_that_use_one_name_for_two_parameters_are_refused(refused):
    other = "parameters: {m: {default: 1}}\n" + control("d")
    assert "parameter 'm'" in refused("extends: [a.yaml, b.yaml]\n", a=BASE, b=other)


@pytest.mark.parametrize("order", ["a.yaml, b.yaml", "b.yaml, a.yaml", "a.yaml, b.yaml, c.yaml"])
def test_the_strictest_gate_of_the_parents_holds(load, order):
    files = {"a": "gate: {fail_on: low}\n" + BASE, "b": "gate: {fail_on: critical}\n", "c": "gate: {fail_on: high}\n"}
    assert load(f"extends: [{order}]\n", **files).gate.fail_on == "low"
    assert load(f"extends: [{order}]\ngate: {{fail_on: critical}}\n", **files).gate.fail_on == "critical"


def test_a_parent_without_a_gate_counts_as_the_default_one(load):
    assert load("extends: [a.yaml, b.yaml]\n", a=BASE, b="gate: {fail_on: critical}\n").gate.fail_on == "high"


TAILOR = "extends: [base.yaml]\ntailor: [{control: c, rationale: w, set: %s}]\n"
ATTESTED = control().partition("rules")[0] + "attest: {statement: s, valid_for: %s}}\n"
SILENT = {
    "a null limit": (control(limits="min: 1, max: null"), "require.k.max: `max` needs a value"),
    "a null limit alone": (control(limits="max: null"), "require.k.max"),
    "a limit from a null parameter": ("parameters: {m: {default: null}}\n" + control(), "parameter 'm'"),
    "a parameter set to null": ("extends: [base.yaml]\nparameters: {m: null}\n", "parameter 'm'"),
    "a limit tailored to null": (TAILOR % "{rules: {r: {require: {k: {min: null}}}}}", "`min` needs a value"),
    "rules tailored away": (TAILOR % "{rules: []}", "`rules`"),
    "rules tailored into a statement": (TAILOR % "{rules: [], attest: {statement: ok}}", "`rules`"),
    "rules tailored to null": (TAILOR % "{rules: null, attest: {statement: ok}}", "`rules`"),
    "requirements tailored away": (TAILOR % "{rules: {r: {require: {}}}}", "`require`"),
    "another id": (TAILOR % "{id: z}", "`id`"),
    "rationales tailored away": (TAILOR % "{tailored: []}", "`tailored`"),
    "an empty each": (
        control(limits="min: 1").replace("privacy.k-anonymity, require: {k: {min: 1}}", "encryption.at-rest, require: {items: {each: {}}}"),
        "items.each",
    ),
    "a statement for ever": (ATTESTED % "9999999999d", "36500d"),
    "a statement for more than a life": (ATTESTED % "36501d", "36500d"),
    "a pattern that looks ahead": (
        control(limits="min: 1").replace("privacy.k-anonymity, require: {k: {min: 1}}", "encryption.tls, require: {certificate.key_type: {matches: '(?=a)a'}}"),
        "is no regular expression",
    ),
    "a parent of five thousand letters": ("extends: [" + "x" * 5000 + "]\n", "unknown policy"),
    "a parent with a zero byte": ('extends: ["a\\0b"]\n', "unknown policy"),
    "a list inside a text": ("parameters: {m: {default: [1]}}\n" + control(limits="matches: 'a${m}'"), "can't stand inside"),
    "a whole number beyond 2**53": (control(limits="min: 9007199254740993"), "9007199254740991"),
    "a number of four hundred digits": (control(limits="min: " + "9" * 400), "9007199254740991"),
    "a number of five thousand digits": (control(limits="min: " + "9" * 5000), "9007199254740991"),
    "a hexadecimal number of five thousand digits": (control(limits="min: 0x" + "f" * 5000), "9007199254740991"),
}  # fmt: skip


@pytest.mark.parametrize(("top", "said"), SILENT.values(), ids=SILENT)
def test_what_would_weaken_in_silence_or_break_is_refused(refused, top, said):
    message = refused(top, base=BASE)
    assert said in message
    assert "top.yaml:" in message
    assert len(message) < 1_000


def test_a_requirement_built_in_python_may_leave_operators_out():
    assert Requirement(max=1.0).limits() == {"max": 1.0}


def test_the_schema_refuses_a_null_limit_too(registry):
    said = schema_of("policy", registry)["$defs"]["Requirement"]["properties"]
    for name, operator in said.items():
        assert {"type": "null"} not in operator.get("anyOf", []), name
        assert "default" not in operator


def test_a_policy_named_with_five_thousand_letters_is_refused(registry):
    with pytest.raises(BadInput, match="no such policy"):
        load_policy("x" * 5000, registry)


def test_a_built_in_policy_wins_over_a_plugin_s_of_the_same_name(registry, written, tmp_path):
    own = written(policy("gdpr", BASE), "gdpr.yaml")
    with_it = replace(registry, policy_files=(own, tmp_path / "missing.yaml"))
    assert known_policies(with_it)["gdpr"] != own
    assert "missing" not in known_policies(with_it)
    assert load_policy("gdpr", with_it).file != own
    with pytest.raises(BadInput, match=r"missing\.yaml"):
        load_policy("missing", with_it)


def test_a_policy_of_two_plugins_is_refused_only_when_it_is_asked_for(registry, written, tmp_path):
    files = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        files.append(written(policy("acme", BASE), f"{folder}/acme.yaml"))
    both = replace(registry, policy_files=tuple(files))
    assert load_policy("gdpr", both).policy.metadata.id == "gdpr"
    for asked in ("acme", str(written(policy("top", "extends: [acme]\n"), "top.yaml"))):
        with pytest.raises(BadInput) as caught:
            load_policy(asked, both)
        assert str(files[0]) in str(caught.value)
        assert str(files[1]) in str(caught.value)


def test_a_message_carries_no_control_characters():
    told = str(Problem(Mark("a\x1b[2J.yaml"), "not\x1b[31m\nConformant: all well", "x\u202ey", "\x07"))
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "\x07" not in told
    assert told.count("\n") == 2
    told.encode()


def test_hostile_keys_don_t_write_on_the_terminal(refused):
    message = refused('"x\\e]0;pwned\\a\\nConformant: all well": 1\n')
    assert "\x1b" not in message
    assert "\nConformant" not in message


@pytest.mark.timeout(10)
def test_a_pipe_or_a_device_is_no_policy(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for file in (tmp_path / "pipe.yaml", Path("/dev/zero"), tmp_path):
        with pytest.raises(BadInput, match="regular file"):
            parse_file(file)


def test_a_file_whose_name_isn_t_unicode_is_refused_and_said(tmp_path):
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml"))
    file.write_text("a: 1\n")
    with pytest.raises(BadInput) as caught:
        parse_file(file)
    str(caught.value).encode()


def test_half_of_a_surrogate_pair_is_refused():
    with pytest.raises(BadInput):
        parse('a: "\\ud800"\n', "f")
    with pytest.raises(BadInput):
        parse('"\\ud800": 1\n', "f")
