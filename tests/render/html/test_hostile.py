"""Names and values that a target or a policy sets can't become part of the page."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from pydantic import ValidationError

from lepton_audit.facts.report import Report
from lepton_audit.render import render_html
from lepton_audit.render.html.links import linked

PAYLOAD = (
    "</style></title><script>alert(1)</script>\"'><img src=x onerror=alert(1)><svg/onload=alert(1)>"
    "javascript:alert(1) https://e.example/\"onmouseover='alert(1) {{7*7}} {% raw %} &lt;b&gt; "
)
TAGS = """html head meta title style body a header nav main section footer div span p b i br code pre small dl dt dd ol ul li
h1 h2 h3 h4 table caption colgroup col thead tbody tfoot tr th td details summary svg rect path circle text"""
HARMLESS = frozenset(TAGS.split())
LEFT_OUT = {
    ("findings", "measured", "because"): "the line of a field that passed needs none",
    ("findings", "measured", "unit"): "what is no number has no unit",
    ("findings", "evidence"): "a digest stands in full where its record stands",
    ("evidence", "values", "items", "answer"): "sixty values of a record are shown, the number of the others is told",
    ("evidence", "values", "items", "because"): "as above",
    ("evidence", "values", "items", "path"): "as above",
    ("evidence", "values", "attacks"): "four hundred characters of a value are shown, the number of the others is told",
}
"""Where a text may be missing from the page, and why."""


def hostile(report: Report) -> tuple[Report, dict[str, tuple[Any, ...]]]:
    """The report with the payload in every string that its models let be any text; and where each one stands."""
    content = report.model_dump(mode="json", by_alias=True)
    places = {f"{PAYLOAD}#{at}#": path for at, path in enumerate(strings(content))}
    for text, path in places.items():
        put(content, path, text)
    original = report.model_dump(mode="json", by_alias=True)
    while True:
        try:
            return Report.model_validate_json(json.dumps(content)), places
        except ValidationError as refused:
            for problem in refused.errors():
                path = next(
                    p for n in range(len(problem["loc"]), 0, -1) if (p := problem["loc"][:n]) in places.values()
                )
                put(content, path, at(original, path))
                places = {text: place for text, place in places.items() if place != path}


def strings(value: Any, path: tuple[Any, ...] = ()) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield from itertools.chain.from_iterable(strings(inner, (*path, key)) for key, inner in pairs)
    if isinstance(value, str) and path[-1] != "operator":
        yield path


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def put(value: Any, path: tuple[Any, ...], text: str) -> None:
    at(value, path[:-1])[path[-1]] = text


@pytest.fixture(scope="module")
def attacked(report):
    return hostile(report)


@pytest.fixture(scope="module")
def attacked_page(attacked, read):
    return read(render_html(attacked[0]))


def test_the_payload_reaches_names_titles_values_and_texts(attacked):
    reached = {path[-1] for path in attacked[1].values()}
    wanted = {"title", "owner", "id", "command", "control", "rule", "because", "field", "value", "limit", "unit", "uri", "name",
              "why", "source", "remediation", "house_rule", "fingerprint", "justification", "approved_by", "note", "sentence", "digest"}  # fmt: skip
    assert wanted - reached == set()


def test_no_element_but_our_own_appears(attacked_page, page):
    assert {e.tag for e in attacked_page.elements} <= HARMLESS
    assert {e.tag for e in page.elements} <= HARMLESS


def test_no_attribute_appears_that_acts_or_comes_from_a_value(attacked_page, page):
    known = {name for e in page.elements for name in e.attributes}
    assert {name for e in attacked_page.elements for name in e.attributes} <= known
    assert [name for name in known if name.startswith("on") or name == "style"] == []
    assert [e for e in attacked_page.elements if e.written != len(e.attributes)] == [], "an attribute appears twice"


def test_links_lead_into_the_page_or_to_a_plain_address(attacked_page):
    outside = {e.attributes["href"] for e in attacked_page.all("a") if not e.attributes["href"].startswith("#")}
    assert outside == {"https://e.example/"}
    inside = [e.attributes["href"] for e in attacked_page.all("a") if e.attributes["href"].startswith("#")]
    assert [href for href in inside if not href[1:].replace("-", "").replace("_", "").isalnum()] == []


def test_a_unit_reaches_the_words_of_a_drawing_as_text(attacked_page, page):
    drawings = attacked_page.all("svg")
    assert len(drawings) == len(page.all("svg"))
    assert any(PAYLOAD in e.attributes["aria-label"] for e in drawings)


def test_an_operator_of_a_strange_name_stays_text(build, read):
    strange = build.measured("k", 1, PAYLOAD, "{0.__class__}", "fail")
    finding = build.finding("k-anonymity", "No row stands alone", "fail", measured=(strange,))
    page = read(render_html(build.report_of([finding], [])))
    assert {e.tag for e in page.elements} <= HARMLESS
    assert PAYLOAD + " {0.__class__}" in page.text


def test_ids_and_classes_are_never_made_of_a_foreign_text(attacked_page):
    named = [e.attributes[key] for e in attacked_page.elements for key in ("id", "class") if key in e.attributes]
    assert [name for name in named if "alert" in name] == []


def test_every_text_stands_on_the_page_as_it_was(attacked, attacked_page):
    told = attacked_page.text + "".join(e.attributes.get("aria-label", "") for e in attacked_page.elements)
    missing = [path for text, path in attacked[1].items() if text.strip() not in told]
    kinds = {tuple(key for key in path if isinstance(key, str) and len(key) != 64) for path in missing}
    assert kinds - LEFT_OUT.keys() == set()


def test_the_head_of_the_page_stays_whole(attacked_page):
    assert len(attacked_page.all("title")) == 1
    assert len(attacked_page.all("style")) == 1
    assert PAYLOAD.strip() in attacked_page.all("title")[0].text


def test_hidden_characters_of_a_name_are_spelled_out(report, read):
    target = report.target.model_copy(update={"title": "good\u202egnirocs\x00\x1b[31m"})
    assert (
        "good<U+202E>gnirocs<U+0000><U+001B>[31m"
        in read(render_html(report.model_copy(update={"target": target}))).text
    )


def test_hostile_keys_of_free_mappings_stay_text(report, read):
    record = next(iter(report.evidence.values()))
    changed = record.model_copy(update={"values": {PAYLOAD: {PAYLOAD: 1}}, "settings": {PAYLOAD: 1}})
    finding = report.findings[0].model_copy(update={"assets": {PAYLOAD: PAYLOAD}})
    hurt = report.model_copy(update={"evidence": {record.digest: changed}, "findings": (finding,)})
    page = read(render_html(hurt))
    assert {e.tag for e in page.elements} <= HARMLESS
    assert page.text.count(PAYLOAD.strip()) >= 4


def test_names_in_backticks_are_set_as_code_and_stay_text():
    assert str(linked("read `<b>` and `x\ny`")) == "read <code>&lt;b&gt;</code> and `x\ny`"


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("see https://a.example/x?y=1&z=2.", "https://a.example/x?y=1&amp;z=2"),
        ("(http://a.example/b)", "http://a.example/b"),
        ("javascript:alert(1)", None),
        ("data:text/html,<b>x", None),
        ('https://a.example/"><b>', "https://a.example/"),
    ],
)
def test_only_web_addresses_become_links(text, href):
    written = str(linked(text))
    assert "<b>" not in written
    assert (f'<a href="{href}" rel="noreferrer noopener">' in written) if href else "<a" not in written
