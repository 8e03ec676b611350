"""The published JSON Schemas agree with the loader: judged by an independent validator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lepton_audit.load.schema import schema_of
from lepton_audit.load.tree import plain
from lepton_audit.load.yaml12 import parse, parse_file

ROOT = Path(__file__).parents[2]
HEAD = "apiVersion: lepton-audit/v1\nkind: Target\nmetadata: {id: t}\n"


def errors(name, value, registry):
    schema = schema_of(name, registry)
    Draft202012Validator.check_schema(schema)
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(value)]


@pytest.mark.parametrize("file", sorted((ROOT / "policies").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_built_in_policies_satisfy_the_policy_schema(file, registry):
    assert errors("policy", plain(parse_file(file)), registry) == []


def test_the_sample_report_satisfies_the_report_schema(registry):
    assert errors("report", json.loads((ROOT / "reports/sample/report.json").read_text()), registry) == []


def test_the_readme_s_target_satisfies_the_target_schema(registry):
    text = (ROOT / "README.md").read_text()
    block = next(part for part in text.split("```") if part.startswith("yaml") and "kind: Target" in part)
    lines = [line[3:] for line in block.splitlines()[1:]]
    assert errors("target", plain(parse("\n".join(lines), "README.md")), registry) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("assets: {a: {kind: modle, uri: x}}\n", "$.assets.a"),
        ("assets: {a: {kind: model, uri: x, hold_out: y}}\n", "$.assets.a"),
        ("assets: {a: {kind: table, uri: x, columns: {b: quasi}}}\n", "$.assets.a"),
        ("assets: {}\nassests: {}\n", "$"),
        ("permissions: {run_code: 'yes'}\nassets: {}\n", "$.permissions.run_code"),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(text, path, registry):
    assert errors("target", plain(parse(HEAD + text, "f")), registry) == [path]


def test_a_parameter_may_stand_where_a_number_stands(registry):
    rule = "{id: r, probe: p, require: {k: {min: '${k}'}}}"
    text = f"apiVersion: lepton-audit/v1\nkind: Policy\nmetadata: {{id: p, version: '1'}}\ncontrols: [{{id: c, title: t, severity: low, rules: [{rule}]}}]\n"
    assert errors("policy", plain(parse(text, "f")), registry) == []
    assert errors("policy", plain(parse(text.replace("${k}", "five"), "f")), registry)
