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
    assert re.search(r"severity = \"high\"\n +\S*lepton-baseline.yaml:\d+:\d+", explained)
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


def test_explain_an_asset_kind(cli):
    assert "option columns: Column -> its role" in cli("explain", "table").out
    assert "adjacency (required): Two neighbouring tables" in cli("explain", "ledger").out


def test_what_init_writes_loads_when_every_line_is_uncommented(cli, tmp_path, monkeypatch):
    monkeypatch.delenv("WEIGHTS_KEY", raising=False)
    cli("target", "init")
    file = tmp_path / "target.yaml"
    lines = [
        re.sub(r"^# (not_app|attest)", r"\1", re.sub(r"^#  ( )", r"\1 ", line))
        for line in file.read_text().splitlines()
    ]
    file.write_text(
        "\n".join(lines)
        .replace("assets: {}", "assets:")
        .replace("not_applicable: {kinds: {federation:", "not_applicable: {kinds: {backup:")
        + "\n"
    )
    said = cli("target", "lint")
    assert "unknown asset kind 'backup'" in said.err  # all that is wrong with it is what this test changed
    file.write_text(file.read_text().replace("not_applicable", "# not_applicable"))
    said = cli("target", "lint")
    assert said.code == 0, said.err
    assert "warning: asset 'weights-key': the variable WEIGHTS_KEY isn't set" in said.err
    assert "warning: asset 'holdout': there is no data/holdout.parquet" in said.err


def test_lint_warns_of_what_an_audit_could_not_open(cli, tmp_path):
    (tmp_path / "target.yaml").write_text(
        "apiVersion: lepton-audit/v1\nkind: Target\nmetadata: {id: t}\nassets:\n"
        "  m: {kind: model, uri: m.joblib, format: joblob}\n  n: {kind: model, uri: n.joblib}\n"
        "attestations: {dpo: {by: x, on: 2999-01-01}, other: {by: x, on: 2020-01-01, expires: 2020-02-01}}\n"
    )
    said = cli("target", "lint")
    wanted = (
        "'m': no opener takes its format",
        "'m': there is no m.joblib",
        "'n': opening it may run code",
        "'dpo' is dated",
        "'other' has expired",
    )
    assert all(text in said.err for text in wanted), said.err
    assert said.out == "t: 2 assets, 6 not ready\n"
