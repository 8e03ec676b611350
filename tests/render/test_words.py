from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from lepton_audit.render.words import counted, interval_of, moment, on_one_line, required, said, size, value_of, visible


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "not determined"),
        (0, "0"),
        (20_000, "20000"),
        (0.1 + 0.2, "0.3"),
        (1e-6, "1e-06"),
        (1 / 3, "0.3333"),
        (123456.789, "123457"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        ("", "(empty)"),
        ([], "none"),
        (["TLSv1", "TLSv1.2"], "TLSv1, TLSv1.2"),
        ("unbounded", "unbounded"),
    ],
)
def test_values_are_said_as_a_reader_says_them(value, words):
    assert said(value) == words


@pytest.mark.parametrize(
    ("operator", "limit", "words"),
    [
        ("min", 0.6, "at least 0.6"),
        ("max", 1, "at most 1"),
        ("equals", True, "must be yes"),
        ("one_of", ["a", "b"], "one of a, b"),
        ("subset_of", ["a"], "nothing but a"),
        ("subset_of", [], "must be none"),
        ("excludes", ["a"], "without a"),
        ("matches", "sha(256|512)", "must match sha(256|512)"),
        ("novel", 3, "novel 3"),
    ],
)
def test_limits_are_said_in_words(build, operator, limit, words):
    assert required(build.measured("x", 0, operator, limit, "fail")) == words


def test_two_numbers_that_differ_never_look_alike(build):
    near = build.measured("x", 0.60000001, "max", 0.6, "fail")
    assert (value_of(near), required(near)) == ("0.60000001", "at most 0.6")
    assert required(build.measured("x", 0.6, "max", 0.5999999999, "fail")) == "at most 0.5999999999"


def test_an_end_of_the_interval_never_looks_like_the_limit_that_it_misses(build):
    m = build.measured("x", 0.7, "min", 0.6, "undecided", low=0.5999999, high=0.8)
    assert interval_of(m) == "interval 0.5999999 to 0.8"


def test_one_thing_has_a_singular_unit(build):
    said_of = [
        value_of(build.measured("k", n, "min", 5, "fail", unit=u))
        for n, u in ((1, "rows"), (2, "rows"), (1, "entries"))
    ]
    assert said_of == ["1 row", "2 rows", "1 entry"]


def test_an_interval_says_confidence_size_and_method(build):
    m = build.measured("x", 0.4, "min", 0.6, "fail", low=0.37, high=0.45, confidence=0.95, n=500, method="Wilson")
    assert interval_of(m) == "95 % interval 0.37 to 0.45, n = 500, Wilson"


def test_an_exact_value_has_no_interval(build):
    assert interval_of(build.measured("x", 0.4, "min", 0.6, "fail")) == ""


def test_characters_that_act_or_hide_are_spelled_out():
    assert visible("a\x1b[2J\u202eb\u200b\x00\ufeff") == "a<U+001B>[2J<U+202E>b<U+200B><U+0000><U+FEFF>"


def test_ordinary_letters_of_any_script_stay():
    text = "Grüße, 信用, नमस्ते, 👩‍🔬, fi"
    assert visible(text) == text


def test_a_name_cannot_break_the_line():
    assert on_one_line("a\r\nPASS\tb\x85c\u2028d") == "a PASS b c d"


def test_times_are_told_in_utc():
    assert moment(datetime(2026, 11, 2, 1, 30, tzinfo=timezone(timedelta(hours=3)))) == "2026-11-01 22:30:00 UTC"


def test_sizes_and_counts():
    assert [size(0), size(184_320), size(2 << 30), size(5 << 40)] == ["0 B", "180 KiB", "2 GiB", "5 TiB"]
    assert [counted(1, "finding"), counted(1204, "finding")] == ["1 finding", "1,204 findings"]
