from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from lepton_audit.facts.finding import VERDICTS
from lepton_audit.render import render_terminal
from lepton_audit.render.words import COUNT_OF, WORD

HOSTILE = "\x1b[2J\x1b]8;;https://e.example\x07click\x1b\\\x9b31m[bold red]x[/bold red][link=https://e.example]y[/link]\r\npass :warning: \u202eslap\u2066"


def printed(report, *, colour=False, width=160, encoding="utf-8"):
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    system = {"force_terminal": True, "color_system": "truecolor"} if colour else {"color_system": None}
    render_terminal(report, Console(file=out, width=width, legacy_windows=False, **system))
    return out.buffer.getvalue().decode(encoding)


def one_space(text):
    return " ".join(text.split())


def test_every_verdict_stands_there_in_words(report):
    text = printed(report)
    assert [v for v in VERDICTS if WORD[v] not in text] == []
    assert "pass · tested" in text


def test_failing_findings_come_first(report):
    text = printed(report)
    rows = [
        line.split()[0]
        for line in text.splitlines()
        if line.split()[:1] and line.startswith((" fail", " error", " pass"))
    ]
    assert rows == ["fail"] * 4 + ["error"] + ["pass"] * 3


def test_the_counts_are_the_reports_own(report):
    line = next(line for line in printed(report).splitlines() if line.startswith("14 judgements"))
    shown = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z ]+?)(?:,| \()", line)}
    assert {v: shown.get(WORD[v], 0) for v in VERDICTS} == {v: getattr(report.coverage, COUNT_OF[v]) for v in VERDICTS}


def test_the_gates_sentence_is_the_last_word(report):
    assert printed(report).splitlines()[-1] == report.gate.sentence


def test_what_was_measured_stands_beside_what_was_required(report):
    assert "robust_accuracy: 0.414 (95 % interval 0.371 to 0.458); at least 0.6" in one_space(
        printed(report, width=400)
    )


def test_of_many_findings_those_that_ask_for_nothing_are_only_counted(build):
    report = build.many(100)
    text = printed(report, width=200)
    rows = [line for line in text.splitlines() if "customers-" in line]
    assert len(rows) == report.coverage.failed + report.coverage.undecided + report.coverage.errors
    assert f"{report.coverage.passed} pass" in text


def test_of_a_failure_only_the_fields_that_failed_are_told(report):
    text = printed(report, width=200)
    assert "certificate.key_bits: 1024 bits; at least 2048" in text
    assert "encrypted:" not in text


def test_faults_are_told_with_what_they_break(report):
    text = one_space(printed(report))
    assert "fault: plugin acme_probes (makes the report incomplete): ImportError" in text
    assert "fault: waiver w-2025-002: The waiver expired" in text


@pytest.fixture
def attacked(report):
    changed = report.findings[0].measured[0].model_copy(update={"field": HOSTILE, "value": HOSTILE, "limit": [HOSTILE]})
    findings = [
        f.model_copy(
            update={"title": HOSTILE, "because": HOSTILE, "assets": {HOSTILE: HOSTILE}, "measured": (changed,)}
        )
        for f in report.findings
    ]
    faults = [f.model_copy(update={"who": HOSTILE, "because": HOSTILE, "next_step": HOSTILE}) for f in report.faults]
    gate = report.gate.model_copy(update={"sentence": HOSTILE})
    return report.model_copy(update={"findings": tuple(findings), "faults": tuple(faults), "gate": gate})


def test_a_hostile_name_sends_no_control_character_to_a_plain_console(attacked):
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", printed(attacked)) == []


def test_on_a_colour_terminal_only_our_own_colours_are_sent(attacked):
    assert re.findall(r"\x1b(?!\[[0-9;]*m)", printed(attacked, colour=True)) == []
    allowed = set(re.findall(r"\x1b\[[0-9;]*m", printed(attacked, colour=True)))
    assert allowed <= {
        f"\x1b[{code}m" for code in ("0", "1", "2", "1;31", "1;35", "1;33", "34", "32", "36", "35", "1;32")
    }


def test_markup_and_emoji_names_stay_text(attacked):
    text = one_space(printed(attacked, width=4000))
    assert "[bold red]x[/bold red][link=https://e.example]y[/link]" in text
    assert ":warning:" in text


def test_a_name_cannot_forge_a_line(attacked):
    assert [
        line for line in printed(attacked, width=4000).splitlines() if line.strip().startswith("pass :warning:")
    ] == []


def test_a_terminal_without_unicode_gets_ascii(report):
    target_title = report.findings[0].model_copy(update={"title": "Verschlüsselung 信用"})
    text = printed(report.model_copy(update={"findings": (target_title,)}), encoding="ascii", width=200)
    assert "Verschl\\xfcsselung" in text


def test_a_report_of_nothing_says_so(build):
    text = printed(build.report_of([], [], faults=()))
    assert text.startswith("0 judgements: none")
