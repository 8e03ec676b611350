"""k, l and t against brute force in Python, on three engines; the theorems' own examples by hand."""

from __future__ import annotations

import itertools
import math
import sqlite3
from collections import Counter

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lepton_openers.tables import sqlite_file
from lepton_openers.tables.live import LiveTable
from lepton_privacy.k_anonymity import KAnonymitySettings, k_anonymity

from lepton_audit import LookRefused, TableOptions
from lepton_audit.testing.pinned import pinned

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
    cursor.executemany(f"INSERT INTO people VALUES ({placeholders})", rows)
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


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
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
        assert found.l == min(len(set(values)) for values in of_group)
        assert found.entropy_l == pytest.approx(min(math.exp(entropy(v)) for v in of_group), abs=1e-9)
        equal = max(total_variation(values, everyone) for values in of_group)
        assert found.t_equal_distance == pytest.approx(equal, abs=1e-9)
        ordered = max(along_the_order(values, everyone) for values in of_group) if column == 3 else equal
        assert found.t == pytest.approx(min(equal, ordered), abs=1e-9)
    assert seen.l == min(disease.l, salary.l)
    assert seen.t == max(disease.t, salary.t)
