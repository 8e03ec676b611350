"""k, l and t against brute force in Python, on three engines; the theorems' own examples by hand."""

from __future__ import annotations

import math
from collections import Counter

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lepton_openers.tables.live import LiveTable
from lepton_privacy.k_anonymity import KAnonymitySettings, k_anonymity

from lepton_audit import LookRefused, TableOptions

ROLES = {"zip": "quasi-identifier", "age": "quasi-identifier", "disease": "sensitive", "salary": "sensitive"}
TYPES = {"zip": "TEXT", "age": "INTEGER", "disease": "TEXT", "salary": "DOUBLE PRECISION"}
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["01", "1", None, "a", "A", "a "]),
        st.sampled_from([20, 30, None]),
        st.sampled_from(["flu", "hiv", "FLU", None]),
        st.sampled_from([3.0, 4.0, 5.5, 11.0, -2.0, 0.0, -0.0, None]),
    ),
    min_size=1,
    max_size=14,
)


@pytest.fixture(params=["duckdb", "sqlite", "postgres"])
def engine(request):
    if request.param == "postgres":
        backend = ibis.connect(request.getfixturevalue("postgres_url"))
    else:
        backend = getattr(ibis, request.param).connect(":memory:")
    yield backend
    backend.disconnect()


def table_of(backend, rows, roles=ROLES, types=TYPES):
    placeholders = ", ".join(["%s" if backend.name == "postgres" else "?"] * len(types))
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    backend.raw_sql("DROP TABLE IF EXISTS people")
    backend.raw_sql(f"CREATE TABLE people ({columns})")
    cursor = backend.con.cursor()
    cursor.executemany(f"INSERT INTO people VALUES ({placeholders})", rows)  # noqa: S608  # our own
    cursor.close()
    return LiveTable("people", TableOptions(columns=roles), backend.table("people"))


def look(table, **settings):
    return k_anonymity.look(table, settings=KAnonymitySettings(**settings))


def by_hand(rows):
    groups = {}
    for row in rows:
        groups.setdefault(row[:2], []).append(row)
    sizes = [len(group) for group in groups.values()]
    return groups, sizes


def entropy(values):
    n = len(values)
    return -sum(c / n * math.log(c / n) for c in Counter(values).values())


def total_variation(group, everyone):
    p, q = Counter(group), Counter(everyone)
    return sum(abs(p[v] / len(group) - q[v] / len(everyone)) for v in q) / 2


def along_the_order(group, everyone):
    """The definition, value by value; NULL moves first, at cost one."""
    gap = [values.count(None) / len(values) for values in (group, everyone)]
    numbers = [[v for v in values if v is not None] for values in (group, everyone)]
    order = sorted(set(numbers[1]))
    moved = 0.0
    if numbers[0] and len(order) > 1:
        shares = [[sum(v <= limit for v in values) / len(values) for limit in order] for values in numbers]
        moved = sum(abs(p - q) for p, q in zip(*shares, strict=True)) / (len(order) - 1)
    return abs(gap[0] - gap[1]) + min(1 - gap[0], 1 - gap[1]) * moved


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(rows=ROWS)
def test_every_engine_agrees_with_brute_force(engine, rows):
    seen = look(table_of(engine, rows))
    groups, sizes = by_hand(rows)
    assert (seen.rows, seen.groups, seen.k, seen.alone) == (len(rows), len(sizes), min(sizes), sizes.count(1))
    assert seen.uniqueness == sizes.count(1) / len(rows)
    assert sum(c.rows for c in seen.sizes) == len(rows)
    assert sum(c.groups for c in seen.sizes) == len(sizes)
    disease, salary = seen.sensitive
    for column, found in ((2, disease), (3, salary)):
        everyone = [row[column] for row in rows]
        of_group = [[row[column] for row in group] for group in groups.values()]
        known = [[value for value in values if value is not None] for values in of_group]
        assert found.l == min(len(set(values)) for values in known)
        assert found.entropy_l == pytest.approx(min(math.exp(entropy(v)) for v in known), abs=1e-9)
        equal = max(total_variation(values, everyone) for values in of_group)
        assert found.t_equal_distance == pytest.approx(equal, abs=1e-9)
        ordered = max(along_the_order(values, everyone) for values in of_group) if column == 3 else equal
        assert found.t == pytest.approx(min(equal, ordered), abs=1e-9)
    assert seen.l == min(disease.l, salary.l)
    assert seen.t == max(disease.t, salary.t)


# The worked examples of the papers, and cases where an engine or an eager reading would show too much k


SALARY = [  # Li et al. (2007), table 3: P1 = {3k, 4k, 5k} is worse than P2 = {6k, 8k, 11k}
    *(("a", 1, d, s) for d, s in (("gastric ulcer", 3.0), ("gastritis", 4.0), ("stomach cancer", 5.0))),
    *(("b", 1, d, s) for d, s in (("gastritis", 6.0), ("flu", 11.0), ("bronchitis", 8.0))),
    *(("c", 1, d, s) for d, s in (("bronchitis", 7.0), ("pneumonia", 9.0), ("stomach cancer", 10.0))),
]


def test_the_example_of_the_t_closeness_paper(engine):
    seen = look(table_of(engine, SALARY))
    salary = next(s for s in seen.sensitive if s.column == "salary")
    assert salary.t == 0.375  # D[P1, Q] of the paper, section 4.1
    assert salary.distance == "ordered"
    assert seen.k == 3
    assert seen.l == 3
    assert seen.entropy_l == 3.0


def test_codes_that_are_numbers_are_as_far_apart_as_any(engine):
    seen = look(table_of(engine, SALARY), categorical=("salary",))
    salary = next(s for s in seen.sensitive if s.column == "salary")
    assert salary.t == salary.t_equal_distance == pytest.approx(2 / 3)
    assert salary.distance == "equal"


def test_a_lone_row_is_found_and_its_clean_twin_is_cleared(engine):
    clean = [("01", 20, "flu", 1.0), ("01", 20, "hiv", 2.0), ("02", 30, "flu", 2.0), ("02", 30, "hiv", 1.0)]
    assert (look(table_of(engine, clean)).k, look(table_of(engine, clean)).t) == (2, 0.0)
    found = look(table_of(engine, [*clean, ("03", 30, "flu", 1.0)]))
    assert (found.k, found.alone, found.uniqueness, found.l) == (1, 1, 0.2, 1)
    assert [(q.column, q.values, q.uniqueness) for q in found.quasi_identifiers] == [("zip", 3, 0.2), ("age", 2, 0.0)]
    assert [(c.at_least, c.groups, c.rows) for c in found.sizes] == [(1, 1, 1), (2, 2, 4)]


def test_a_null_alone_in_its_group_is_a_group(engine):
    rows = [("01", 20, "flu", 1.0)] * 5 + [(None, 20, "flu", 1.0)]
    assert look(table_of(engine, rows)).k == 1


COLLATED = {
    "sqlite": "TEXT COLLATE NOCASE",
    "duckdb": "VARCHAR COLLATE NOCASE",
    "postgres": 'TEXT COLLATE "case-blind"',
}


def test_a_collation_that_ignores_case_does_not_raise_k(engine):
    if engine.name == "postgres":
        rule = "provider = icu, locale = 'und-u-ks-level2', deterministic = false"
        engine.raw_sql(f'CREATE COLLATION IF NOT EXISTS "case-blind" ({rule})')
    rows = [("anna", 1, "x", 1.0), ("ANNA", 1, "x", 1.0)]
    assert look(table_of(engine, rows, types=TYPES | {"zip": COLLATED[engine.name]})).k == 1


def test_text_in_a_numeric_column_of_sqlite_is_not_taken_for_zero():
    backend = ibis.sqlite.connect(":memory:")
    rows = [("1", "anna", "x", 1.0), ("1", "bert", "x", 1.0), ("1", 0.0, "x", 1.0), ("1", -0.0, "x", 1.0)]
    seen = look(table_of(backend, rows, types=TYPES | {"age": "DOUBLE PRECISION"}))
    assert (seen.k, seen.groups) == (1, 3)
    backend.disconnect()


def test_minus_zero_and_zero_are_one_value_and_so_are_nans(engine):
    nan = None if engine.name == "sqlite" else math.nan
    rows = [("1", 0.0, "x", 1.0), ("1", -0.0, "x", 1.0), ("1", nan, "x", 1.0), ("1", math.nan, "x", 1.0)]
    assert look(table_of(engine, rows, types=TYPES | {"age": "DOUBLE PRECISION"})).k == 2


def test_columns_with_the_names_of_a_query_are_no_trap(engine):
    types = {"q1": "TEXT", "n": "INTEGER", "s": "TEXT", 'size"; --': "INTEGER"}
    roles = {"q1": "quasi-identifier", "n": "quasi-identifier", "s": "sensitive", 'size"; --': "sensitive"}
    quoted = {'"' + name.replace('"', '""') + '"': kind for name, kind in types.items()}
    seen = look(table_of(engine, [("a", 1, "x", 1), ("a", 1, "y", 3)], roles=roles, types=quoted))
    assert (seen.k, seen.l, seen.t) == (2, 2, 0.0)


def test_no_sensitive_column_leaves_l_and_t_open(engine):
    roles = {"zip": "quasi-identifier"}
    seen = look(table_of(engine, SALARY, roles=roles))
    told = next(doubt.because for doubt in seen.doubts if "l" in doubt.fields)
    assert ("`sensitive`" in told, "`not_applicable`" in told) == (True, True)
    assert (seen.l, seen.entropy_l, seen.t, seen.t_equal_distance, seen.sensitive) == (None, None, None, None, ())


def test_without_a_quasi_identifier_it_refuses(engine):
    table = table_of(engine, SALARY, roles={"disease": "sensitive"})
    with pytest.raises(LookRefused, match="no quasi-identifier"):
        look(table)
    assert [q.column for q in look(table, quasi_identifiers=("age", "zip", "age")).quasi_identifiers] == ["age", "zip"]


@pytest.mark.parametrize("setting", ["quasi_identifiers", "categorical"])
def test_an_unknown_column_in_the_settings_is_refused_with_the_nearest(engine, setting):
    with pytest.raises(LookRefused, match=r"no column 'zpi' \(near: 'zip'\)"):
        look(table_of(engine, SALARY), **{setting: ("zpi",)})


def test_an_empty_table_is_refused(engine):
    full = table_of(engine, SALARY)
    nobody = full.expression.filter(full.expression["age"] > 200)
    with pytest.raises(LookRefused, match="no rows"):
        look(LiveTable("x", full.options, nobody))


def test_rows_of_one_person_do_not_hide_each_other(engine):
    types = {"name": "TEXT", "zip": "TEXT"}
    roles = {"name": "identifier", "zip": "quasi-identifier"}
    seen = look(table_of(engine, [("anna", "1"), ("anna", "1"), ("anna", "1")], roles=roles, types=types))
    assert (seen.k, seen.persons, seen.identifiers) == (3, 1, 1)
    assert "k" in seen.doubts[0].fields
    clean = look(table_of(engine, [("anna", "1"), ("bert", "1")], roles=roles, types=types))
    assert (clean.k, clean.persons, [d for d in clean.doubts if "k" in d.fields]) == (2, 2, [])


def test_spellings_of_one_disease_put_l_in_doubt(engine):
    rows = [("1", 1, "flu", 1.0), ("1", 1, " FLU", 1.0)]
    seen = look(table_of(engine, rows))
    assert next(s.l for s in seen.sensitive if s.column == "disease") == 2
    assert "l" in seen.doubts[0].fields
    assert look(table_of(engine, SALARY)).doubts == ()


def test_no_value_of_the_table_is_in_the_evidence(engine):
    told = look(table_of(engine, [("Zaphod", 4211, "Zaphod", 4211.0), ("Trillian", 4212, "Zaphod", 4213.5)]))
    assert not any(secret in told.model_dump_json() for secret in ("Zaphod", "Trillian", "4211", "4212", "4213"))


def test_the_order_of_the_rows_does_not_matter(engine):
    assert look(table_of(engine, SALARY)) == look(table_of(engine, SALARY[::-1]))


# Columns outside the quasi-identifiers


def people(n=20):
    """Two groups of ten; each row has an address, a number and a measurement of its own."""
    return [(f"p{i}@example.org", 1000 + i, 0.5 + i, str(i % 2), 30, "flu") for i in range(n)]


BYSTANDERS = {
    "mail": "TEXT",
    "number": "BIGINT",
    "size": "DOUBLE PRECISION",
    "zip": "TEXT",
    "age": "INTEGER",
    "d": "TEXT",
}
GROUPED = {"zip": "quasi-identifier", "age": "quasi-identifier"}


def test_a_unique_column_that_nobody_declared_is_counted_and_puts_k_in_doubt(engine):
    seen = look(table_of(engine, people(), roles=GROUPED, types=BYSTANDERS))
    assert (seen.k, seen.undeclared, seen.undeclared_columns) == (10, 4, ("mail", "number", "size", "d"))
    assert [(c.column, c.role, c.uniqueness) for c in seen.columns][:2] == [
        ("mail", "undeclared", 1.0),
        ("number", "undeclared", 1.0),
    ]
    doubted = [doubt for doubt in seen.doubts if "k" in doubt.fields]
    assert [set(doubt.fields) >= {"k", "uniqueness", "identifiers"} for doubt in doubted] == [True]
    assert all(name in doubted[0].because for name in ("'mail'", "'number'", "'size'"))


@pytest.mark.parametrize("role", ["other", "feature", "label"])
def test_a_role_silences_a_measurement_but_no_text_and_no_whole_number(engine, role):
    given = GROUPED | dict.fromkeys(("mail", "number", "size", "d"), role)
    seen = look(table_of(engine, people(), roles=given, types=BYSTANDERS))
    told = " ".join(doubt.because for doubt in seen.doubts if "k" in doubt.fields)
    assert ("'mail'" in told, "'number'" in told, "'size'" in told) == (True, True, False)
    assert seen.undeclared == 0


def test_whole_numbers_in_a_column_of_floats_are_no_measurement(engine):
    given = GROUPED | {"size": "feature"}
    rows = [(*row[:2], float(row[1]), *row[3:]) for row in people()]
    seen = look(table_of(engine, rows, roles=given, types=BYSTANDERS))
    assert any("'size'" in doubt.because for doubt in seen.doubts)


def test_text_in_a_column_of_floats_of_sqlite_is_no_measurement():
    backend = ibis.sqlite.connect(":memory:")
    rows = [(*row[:2], row[0] if i else 0.5, *row[3:]) for i, row in enumerate(people())]
    seen = look(table_of(backend, rows, roles=GROUPED | {"size": "feature"}, types=BYSTANDERS))
    assert any("'size'" in doubt.because for doubt in seen.doubts)
    backend.disconnect()


def test_how_many_rows_must_share_a_value_is_the_policys_word(engine):
    rows = [(f"house {i % 8}", 1, 0.5, str(i % 3), 30, "flu") for i in range(24)]
    roles = GROUPED | dict.fromkeys(("mail", "number", "size", "d"), "other")
    table = table_of(engine, rows, roles=roles, types=BYSTANDERS)
    assert [d for d in look(table, crowd=3).doubts if "k" in d.fields] == []
    assert "'mail'" in look(table, crowd=4).doubts[0].because


def test_a_number_of_persons_whose_rows_are_alike_puts_k_in_doubt(engine):
    rows = [("x", 1000 + i // 10, 0.5, str(i // 20), 30 + i // 20, "flu") for i in range(100)]
    roles = GROUPED | dict.fromkeys(("mail", "number", "size", "d"), "other")
    seen = look(table_of(engine, rows, roles=roles, types=BYSTANDERS))
    assert seen.k == 20
    assert ["'number'" in d.because for d in seen.doubts if "k" in d.fields] == [True]
    crossed = [(*row[:1], 1000 + i % 10, *row[2:]) for i, row in enumerate(rows)]
    crossed_seen = look(table_of(engine, crossed, roles=roles, types=BYSTANDERS))
    assert [d for d in crossed_seen.doubts if "k" in d.fields] == []


# What raises l


@pytest.mark.parametrize("filler", [None, "", "unknown", " N/A ", "Ｕnknown", "null", "?"])
def test_what_is_missing_is_no_sensitive_value(engine, filler):
    rows = [("1", 1, "hiv", 1.0)] * 9 + [("1", 1, filler, 2.0)]
    disease = look(table_of(engine, rows)).sensitive[0]
    assert (disease.l, disease.entropy_l) == (1, 1.0)
    nobody = look(table_of(engine, [("1", 1, filler, 1.0)]))
    assert (nobody.l, nobody.entropy_l) == (0, 1.0)


@pytest.mark.parametrize(
    "spelt",
    ["HIV", "hiv ", "hiv\u00a0", "h\u200biv", "ｈｉｖ", "\u2003Hiv"],
    ids=lambda text: text.encode("punycode").decode(),
)
def test_a_spelling_of_one_disease_that_unicode_folds_puts_l_in_doubt(engine, spelt):
    seen = look(table_of(engine, [("1", 1, "hiv", 1.0), ("1", 1, spelt, 2.0)]))
    assert "l" in seen.doubts[0].fields
    other = look(table_of(engine, [("1", 1, "hiv", 1.0), ("1", 1, "flu", 2.0), ("1", 1, "unknown", 2.0)]))
    assert (other.doubts, other.sensitive[0].l) == ((), 2)


def test_a_number_and_its_text_are_one_value_in_sqlite():
    backend = ibis.sqlite.connect(":memory:")
    types = TYPES | {"disease": "BLOB"}
    seen = look(table_of(backend, [("1", 1, 7, 1.0), ("1", 1, "7", 2.0), ("1", 1, b"7", 3.0)], types=types))
    assert "l" in seen.doubts[0].fields
    backend.disconnect()


def test_words_in_a_column_of_whole_numbers_of_sqlite_are_missing_values():
    backend = ibis.sqlite.connect(":memory:")
    seen = look(table_of(backend, [("1", 1, 7, 1.0), ("1", 1, "unknown", 2.0)], types=TYPES | {"disease": "INTEGER"}))
    assert (seen.sensitive[0].l, seen.doubts) == (1, ())
    large = [("1", 1, 2**60, 1.0), ("1", 1, 2**60 + 1, 2.0), ("1", 1, "007", 1.0), ("1", 1, 7, 1.0)]
    assert look(table_of(backend, large, types=TYPES | {"disease": "BLOB"})).doubts == ()
    backend.disconnect()
