from __future__ import annotations

import hashlib
import json

import rfc8785

from lepton_audit.facts.integrity import is_intact, sealed
from lepton_audit.facts.report import Report
from lepton_audit.render import render_json


def test_the_written_report_reads_back_as_the_same_report(report):
    assert Report.model_validate_json(render_json(report)) == report


def test_it_ends_with_a_newline_and_begins_with_its_schema(report):
    text = render_json(report)
    assert text.endswith("}\n")
    assert next(iter(json.loads(text))) == "schema"
    assert json.loads(text)["schema"] == "lepton-audit/report/v1"


def test_who_finished_first_does_not_show_in_the_text(report):
    later_first = {
        key: record.model_copy(update={"values": dict(reversed(record.values.items()))})
        for key, record in reversed(report.evidence.items())
    }
    assert render_json(report.model_copy(update={"evidence": later_first})) == render_json(report)


def test_letters_of_any_script_stand_as_they_are(report):
    target = report.target.model_copy(update={"title": "Kreditprüfung 信用評価"})
    assert "Kreditprüfung 信用評価" in render_json(report.model_copy(update={"target": target}))


def test_a_stranger_can_check_the_seal_from_the_file_alone(report):
    content = json.loads(render_json(report))
    seal = content.pop("integrity")
    assert seal["report"] == hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def test_a_report_fresh_from_its_file_is_intact(report):
    assert is_intact(Report.model_validate_json(render_json(report)))


def test_a_changed_verdict_breaks_the_seal(report):
    text = render_json(report).replace('"verdict": "fail"', '"verdict": "pass"', 1)
    assert not is_intact(Report.model_validate_json(text))


def test_a_removed_finding_breaks_the_seal(report):
    assert not is_intact(report.model_copy(update={"findings": report.findings[1:]}))


def test_a_report_without_a_seal_is_not_intact(report):
    assert not is_intact(report.model_copy(update={"integrity": None}))


def test_sealing_twice_changes_nothing(report):
    assert sealed(report) == report
