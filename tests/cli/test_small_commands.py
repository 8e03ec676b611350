"""The commands that run nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import lepton_audit

ROOT = Path(__file__).parents[2]


def test_the_version(cli):
    assert cli("--version").out == f"lepton-audit {lepton_audit.__version__}\n"


def test_plan_says_what_would_run_and_runs_nothing(cli, target, policy, tmp_path):
    said = cli("plan", target, "-p", policy("min: 3"))
    assert said.code == 0
    assert re.search(r"privacy.k-anonymity +people +1 rules +at most \d+ s", said.out)
    assert "1 looks, 1 judgements" in said.out
    assert not (tmp_path / "store.sqlite").exists()


def test_policy_list_show_lint_explain(cli):
    listed = cli("policy", "list").out
    assert all(name in listed for name in ("lepton-baseline", "gdpr", "ccpa"))
    shown = json.loads(cli("policy", "show", "gdpr").out)
    assert shown["metadata"]["id"] == "gdpr"
    assert cli("policy", "lint", "gdpr", "ccpa", "lepton-baseline").code == 0
    explained = cli("policy", "explain", "forward-secrecy").out
    assert re.search(r"severity = \"medium\"\n +\S*lepton-baseline.yaml:\d+:\d+", explained)
    assert cli("policy", "explain", "forward-secrets").code == 2


def test_target_init_writes_a_file_that_lints_and_never_replaces_one(cli, tmp_path):
    assert cli("target", "init").code == 0
    assert cli("target", "lint").code == 0
    (tmp_path / "target.yaml").write_text("mine")
    assert cli("target", "init").code == 2
    assert (tmp_path / "target.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["target", "policy", "waivers", "report"])
def test_schemas_are_valid_and_describe_their_fields(cli, name):
    schema = json.loads(cli("schema", name).out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "description" in json.dumps(schema)


def test_explain_a_probe_and_a_control(cli):
    probe = cli("explain", "privacy.k-anonymity").out
    assert "Known limits:" in probe
    assert re.search(r"k \(number, rows, proven\)", probe)
    assert "Remedy:" in cli("explain", "forward-secrecy").out
    assert "did you mean" in cli("explain", "privacy.k-anonimity").err


def test_plugin_list_names_every_probe(cli):
    said = cli("plugin", "list")
    assert said.code == 0
    names = (
        "encryption.tls",
        "encryption.at-rest",
        "privacy.k-anonymity",
        "privacy.budget",
        "robustness.evasion",
        "federated.setup",
    )
    assert all(f"probe {name} v" in said.out for name in names)


def test_every_command_of_the_readme_exists(cli):
    """The README's words and the program's agree."""
    text = (ROOT / "README.md").read_text()
    for command in set(
        re.findall(r"lepton-audit ((?:target|policy|plugin) \w+|run|plan|demo|schema|explain|report)\b", text)
    ):
        assert cli(*command.split(), "--help").code == 0, command
    for option in set(re.findall(r"`pip install -e \"\.\[(\w+)\]\"`", text)):
        assert f"{option} = [" in (ROOT / "pyproject.toml").read_text()


def test_every_name_of_the_public_interface_is_there():
    for name in lepton_audit.__all__:
        assert getattr(lepton_audit, name) is not None
