"""`run`: exit codes, streams, files."""

from __future__ import annotations

import json
import sqlite3

import pytest

from lepton_audit.facts.integrity import is_intact
from lepton_audit.facts.report import Report


@pytest.mark.parametrize(("limit", "code", "verdict"), [("min: 3", 0, "conformant"), ("min: 4", 1, "nonconformant")])
def test_the_exit_code_is_the_verdict(cli, target, policy, limit, code, verdict):
    said = cli("run", target, "-p", policy(limit), "-o", "out")
    assert said.code == code, said.err
    report = Report.model_validate_json((target.parent / "out/report.json").read_text())
    assert (report.verdict, report.findings[0].measured[0].value) == (verdict, 3)
    assert is_intact(report)
    assert report.gate.sentence in said.out
    assert "looked privacy.k-anonymity on people" in said.err
    assert "looked" not in said.out
    assert (target.parent / "out/report.html").stat().st_size > 1000


def test_what_can_t_be_opened_is_incomplete(cli, target, policy):
    (target.parent / "people.csv").unlink()
    said = cli("run", target, "-p", policy("min: 3"), "-o", "out")
    assert said.code == 3
    report = json.loads((target.parent / "out/report.json").read_text())
    assert report["findings"][0]["verdict"] == "error"
    assert report["findings"][0]["because"] == "unopenable: asset 'people': No such file or directory: people.csv"


def test_fail_on_moves_the_gate(cli, target, policy):
    assert cli("run", target, "-p", policy("min: 4"), "--fail-on", "critical").code == 0


BAD = {
    "no such target": (["run", "nowhere.yaml"], "nowhere.yaml:1:1: can't be read: No such file"),
    "no such policy": (["run", "target.yaml", "-p", "gdrp"], "did you mean gdpr?"),
    "no such format": (["run", "target.yaml", "-f", "pdf"], "unknown format pdf; known: html, json"),
    "no such option": (["run", "target.yaml", "--effrt", "full"], "--effrt"),
    "no such command": (["rum"], "rum"),
    "no such effort": (["run", "target.yaml", "--effort", "lazy"], "lazy"),
    "no such waivers": (["run", "target.yaml", "--waivers", "nowhere.yaml"], "nowhere.yaml:1:1: can't be read"),
    "no such store": (["run", "target.yaml", "--store", "mysql://h/d"], "store mysql://h/d: unknown kind"),
    "an output that can't be written": (["run", "target.yaml", "-o", "/proc/x"], "--output /proc/x: "),
    "an output below a file": (["run", "target.yaml", "-o", "people.csv/x"], "--output people.csv/x: Not a directory"),
    "a store that's a folder": (["run", "target.yaml", "--store", "/"], "store sqlite:"),
}


@pytest.mark.parametrize(("arguments", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_exit_2_and_nothing_is_run_or_written(cli, target, arguments, said, tmp_path):
    before = sorted(tmp_path.iterdir())
    result = cli(*arguments)
    assert result.code == 2
    assert said in result.err
    assert result.out == ""
    assert sorted(tmp_path.iterdir()) == before


def test_a_rule_on_an_asset_that_the_target_lacks_is_bad_input(cli, target, tmp_path):
    text = "apiVersion: lepton-audit/v1\nkind: Policy\nmetadata: {id: house, version: 1.0.0}\ncontrols:\n"
    text += "  - {id: c, title: t, severity: low, rules: [{id: r, probe: privacy.k-anonymity, on: {table: peeple}, require: {k: {min: 1}}}]}\n"
    (tmp_path / "house.yaml").write_text(text)
    said = cli("run", target, "-p", "house.yaml")
    assert said.code == 2
    assert "house.yaml:5:94: the target has no table 'peeple'" in said.err
    assert "did you mean people?" in said.err


def test_a_waiver_beside_the_target_is_used(cli, target, policy):
    house = policy("min: 4")
    (target.parent / "waivers.yaml").write_text(
        "apiVersion: lepton-audit/v1\nkind: Waivers\nwaivers:\n"
        "  - {id: w, control: groups, justification: small pilot, owner: o, approved_by: a, expires: 2099-01-01T00:00:00Z}\n"
    )
    assert cli("run", target, "-p", house).code == 0
    text = (target.parent / "waivers.yaml").read_text()
    (target.parent / "waivers.yaml").write_text(text.replace("2099", "2019"))
    said = cli("run", target, "-p", house, "-f", "json", "-o", "out")
    assert said.code == 1
    assert "expired" in (target.parent / "out/report.json").read_text()
    (target.parent / "waivers.yaml").write_text(text.replace("00:00:00Z", "00:00:00"))
    assert cli("run", target, "-p", house).code == 2


def test_a_report_can_be_written_again_and_a_changed_one_is_refused(cli, target, policy):
    cli("run", target, "-p", policy("min: 4"), "-o", "out")
    again = cli("report", "last", "-o", "again", "-f", "json")
    assert again.code == 1
    assert (target.parent / "again/report.json").read_text() == (target.parent / "out/report.json").read_text()
    file = target.parent / "again/report.json"
    file.write_text(file.read_text().replace('"verdict": "nonconformant"', '"verdict": "conformant"'))
    forged = cli("report", file)
    assert forged.code == 2
    assert "changed after it was written" in forged.err
    assert cli("report", "no-such-run").code == 2


def test_the_target_is_as_it_was(cli, target, policy, tmp_path):
    cli("run", target, "-p", policy("min: 3"), "-o", "out")
    assert {path.name for path in tmp_path.iterdir()} == {
        "people.csv",
        "target.yaml",
        "house.yaml",
        "out",
        "store.sqlite",
    } | {path.name for path in tmp_path.glob("store.sqlite-*")}
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        assert connection.execute("select count(*) from looks").fetchone() == (1,)
    connection.close()


def test_no_report_of_an_earlier_run_stays_beside_a_new_one(cli, target, policy, tmp_path):
    cli("run", target, "-p", policy("min: 3"), "-o", "out")
    cli("run", target, "-p", policy("min: 4"), "-o", "out", "-f", "json")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.json"]


def test_a_name_with_a_line_break_forges_no_line_of_progress(cli, target, policy, tmp_path):
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "x\n    0.9 s  looked everything: all pass").symlink_to("nowhere")
    target.write_text(target.read_text() + "  kept: {kind: artifact, uri: f}\n")
    (tmp_path / "p.yaml").write_text(
        "apiVersion: lepton-audit/v1\nkind: Policy\nmetadata: {id: p, version: 1.0.0}\ncontrols:\n"
        "  - {id: c, title: t, severity: low, rules: [{id: r, probe: encryption.at-rest, require: {refuted: {max: 0}}}]}\n"
    )
    said = cli("run", target, "-p", "p.yaml")
    assert said.code == 3
    assert not [line for line in said.err.splitlines() if line.strip().startswith("0.9 s  looked everything")]
