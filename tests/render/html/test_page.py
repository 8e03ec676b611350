"""What stands on the page, and how it can be read."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections import Counter

import pytest

from lepton_audit.facts.finding import VERDICTS
from lepton_audit.render import render_html
from lepton_audit.render.words import COUNT_OF, MEANING, WORD


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_count_on_the_page_is_the_reports_own(report, page, verdict):
    count = getattr(report.coverage, COUNT_OF[verdict])
    assert count > 0, "the example has every verdict"
    assert [int(e.text) for e in page.all("td", data_count=verdict)] == [count]
    assert [int(e.text) for e in page.all("span", data_section=verdict)] == [count]
    assert len(page.all("li", data_finding=verdict)) == count


def test_the_counts_of_a_long_report_are_the_reports_own(build, read):
    report = build.many(400)
    page = read(render_html(report))
    shown = Counter(e.attributes["data-finding"] for e in page.elements if "data-finding" in e.attributes)
    assert shown == Counter(f.verdict for f in report.findings)
    assert sum("data-evidence" in e.attributes for e in page.elements) == len(report.evidence)
    assert [int(e.text) for e in page.all("td", data_count="rules")] == [report.coverage.rules]


def test_the_gates_sentence_stands_exactly(report, page):
    assert [e.text for e in page.all("p", id="gate")] == [report.gate.sentence]


def test_scope_names_all_that_reproduces_the_run(report, page):
    wanted = [report.target.digest, *(p.digest for p in report.policies), report.run.command, report.run.id, "seed 0"]
    assert [w for w in wanted if w not in page.text] == []


def test_an_estimate_is_written_and_drawn_beside_its_limit(report, page):
    finding = next(f for f in report.findings if f.measured and f.measured[0].field == "robust_accuracy")
    shown = page.all("li", id=f"f-{finding.fingerprint}")[0].text
    assert "0.41495 % interval 0.371 to 0.458, n = 500, Clopper-Pearson" in shown
    assert "at least 0.6" in shown
    assert "0.414, 95 % interval 0.371 to 0.458, at least 0.6" in [e.attributes["aria-label"] for e in page.all("svg")]


def test_a_pass_says_how_strong_it_is(page):
    assert "pass · tested" in page.text
    assert "pass · proven" in page.text


def test_a_waiver_says_who_why_and_until_when(report, page):
    waiver = next(f.waiver for f in report.findings if f.waiver)
    shown = next(e.text for e in page.all("li", data_finding="waived"))
    said = (waiver.id, waiver.owner, waiver.approved_by, waiver.justification, "2026-12-31 23:00:00 UTC", "from fail")
    assert [s for s in said if s not in shown] == []


def test_the_matrix_has_every_clause_of_every_control(report, page):
    clauses = {m.partition(":")[2] for f in report.findings for m in f.mappings}
    assert clauses | {"none"} == {e.text for e in page.all("th", scope="rowgroup")}


def test_clauses_stand_in_the_order_a_reader_counts(page):
    gdpr = [e.text for e in page.all("th", scope="rowgroup") if e.text.startswith("art-") and "(5)" not in e.text]
    assert gdpr == ["art-5(1)(c)", "art-25(1)", "art-32(1)(a)", "art-35", "art-37", "art-44"]


def test_findings_stand_failing_first(page):
    shown = [e.attributes["data-finding"] for e in page.all("li") if "data-finding" in e.attributes]
    assert shown == sorted(shown, key=VERDICTS.index)


def test_why_and_remedy_stand_once_for_each_control(report, page):
    why = next(f.why for f in report.findings if f.control == "evasion")
    assert sum(f.why == why for f in report.findings) > 1
    assert page.text.count(why) == 1


def test_faults_and_what_they_break_stand_on_the_page(report, page):
    assert len(page.all("li", data_fault="plugin")) == 1
    assert "1 fault makes this report incomplete" in page.text
    assert all(f.because in page.text for f in report.faults)


def test_every_digest_of_the_evidence_stands_in_full(report, page):
    assert [d for d in report.evidence if d not in page.text] == []


def test_a_doubt_of_the_evidence_is_told_with_its_fields(page):
    assert "Doubt two of three start commands could not be read (tls)" in page.text


def test_a_seal_that_does_not_fit_is_told_at_the_top(report, read):
    changed = report.model_copy(update={"verdict": "conformant"})
    assert "was changed after it was sealed" in read(render_html(changed)).text


def test_a_report_of_nothing_can_be_read(build, read):
    page = read(render_html(build.report_of([], [], faults=(), probes=(), policies=())))
    assert "Nothing was judged." in page.text
    assert "No look came back with evidence." in page.text


def test_every_verdict_is_explained(page):
    assert [WORD[v] for v in VERDICTS if MEANING[v] not in page.text] == []


# -- reading it without eyes, colour, network or script


def test_headings_step_down_one_level_at_a_time(page):
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_there_are_landmarks_a_language_and_a_way_past_the_contents(page):
    assert [len(page.all(tag)) for tag in ("main", "header", "nav", "footer")] == [1, 1, 1, 1]
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("a")[0].attributes["href"] == "#main"
    assert page.all("title")[0].text == "Nonconformant: compliance audit of Credit scoring"


def test_every_table_has_a_caption_and_every_header_cell_a_scope(page):
    assert len(page.all("table")) == len(page.all("caption"))
    assert [e for e in page.all("th") if "scope" not in e.attributes] == []


def test_every_drawing_has_a_text(page):
    drawings = page.all("svg")
    assert len(drawings) > 10
    assert [e for e in drawings if not e.attributes.get("aria-label") or e.attributes["role"] != "img"] == []


def test_ids_are_unique_and_every_inner_link_leads_somewhere(page):
    ids = Counter(e.attributes["id"] for e in page.elements if "id" in e.attributes)
    links = {e.attributes["href"][1:] for e in page.all("a") if e.attributes["href"].startswith("#")}
    labels = {e.attributes["aria-labelledby"] for e in page.elements if "aria-labelledby" in e.attributes}
    assert [name for name, count in ids.items() if count > 1] == []
    assert (links | labels) - ids.keys() == set()


def test_two_findings_of_one_fingerprint_have_places_of_their_own(report, build, read):
    twice = build.report_of(
        [report.findings[0]] * 2 + [report.findings[0].model_copy()], list(report.evidence.values())
    )
    ids = [e.attributes["id"] for e in read(render_html(twice)).elements if "data-finding" in e.attributes]
    assert len(ids) == 3


def test_the_page_has_no_script_asks_nobody_and_allows_its_own_style_alone(report, page):
    assert {"script", "img", "link", "iframe", "object", "base", "form"} & {e.tag for e in page.elements} == set()
    assert [e for e in page.elements if {"src", "style", "srcset", "action"} & e.attributes.keys()] == []
    style = page.all("style")[0].text
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(e.attributes["content"] for e in page.all("meta", http_equiv="Content-Security-Policy"))
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "url(" not in style
    assert "@import" not in style


def test_the_same_report_is_the_same_page(report):
    assert render_html(report) == render_html(report.model_copy(deep=True))
