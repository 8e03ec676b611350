"""Rows are drawn where they lie: a part of a large table, from several engines, whatever the order."""

from __future__ import annotations

import sqlite3

import ibis
import numpy as np
import pyarrow as pa
import pytest
from lepton_robustness.evasion.drawing import drawing

from lepton_audit import TableOptions

N = 3000
X = np.round(np.random.default_rng(0).normal(0, 1, (N, 2)), 6)
Y = (X[:, 0] > 0).astype(int)


def in_duckdb(folder, order):
    engine = ibis.duckdb.connect(folder / f"d{order[0]}.duckdb")
    engine.con.register("given", pa.table({"a": X[order, 0], "b": X[order, 1], "label": Y[order]}))
    engine.con.execute("create table t as select * from given")
    return engine.table("t")


def in_sqlite(folder, order):
    path = folder / f"{order[0]}.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (a real, b real, label integer)")
        connection.executemany("insert into t values (?, ?, ?)", [(*map(float, X[i]), int(Y[i])) for i in order])
    connection.close()
    return ibis.sqlite.connect(path).table("t")


@pytest.mark.parametrize("engine", [in_duckdb, in_sqlite])
def test_a_part_of_a_large_table_is_a_random_sample_of_its_rows_in_whatever_order_they_lie(
    engine, asked, table, tmp_path
):
    model = asked(None)
    found = []
    for order in (np.arange(N), np.arange(N)[::-1]):
        holdout = table(X, Y)
        holdout.expression, holdout.options = engine(tmp_path, order), TableOptions(columns={"label": "label"})
        found.append(drawing(model, holdout, most=500, seed=3))
    first, second = found
    assert (first.x == second.x).all()
    assert (first.y == (first.x[:, 0] > 0)).all()
    assert len({tuple(row) for row in first.x}) == 500
    assert {tuple(row) for row in first.x} <= {tuple(row) for row in X}
    assert abs(first.x.mean()) < 0.2
    assert (first.x[:-1, 0] > first.x[1:, 0]).mean() == pytest.approx(0.5, abs=0.1)
    assert first.summary.rows == N
    assert np.allclose(first.summary.std, X.std(axis=0))
    holdout.expression.get_backend().disconnect()


def test_another_seed_draws_other_rows_and_the_whole_table_is_drawn_at_most_once(asked, table):
    one, other = (drawing(asked(None), table(X, Y), most=500, seed=seed) for seed in (1, 2))
    assert len({tuple(r) for r in one.x} & {tuple(r) for r in other.x}) < 200
    whole = drawing(asked(None), table(X, Y), most=None, seed=1)
    assert sorted(map(tuple, whole.x)) == sorted(map(tuple, X))
    assert (whole.y == (whole.x[:, 0] > 0)).all()


def test_copies_of_a_few_rows_count_once_each(asked, table, last):
    x, y = np.repeat([[-9.0, 0.0], [9.0, 1.0], [8.0, 3.0]], 200, axis=0), np.repeat([0, 1, 1], 200)
    found = last(asked(lambda rows: (rows[:, 0] > 0).astype(np.int64)), table(x, y), eps=0.1)
    assert (found.rows, found.distinct_rows, found.drawn) == (600, 3, 3)
    assert found.robust_accuracy.value == 1.0
    assert found.robust_accuracy.low < 0.5
    assert found.majority_share == pytest.approx(2 / 3)


@pytest.mark.parametrize("engine", [in_duckdb, in_sqlite])
def test_only_rows_that_differ_are_distinct_in_every_engine(engine, asked, table, tmp_path):
    holdout = table(X, Y)
    holdout.expression = engine(tmp_path, np.array([0, 0, 1, 2, 2, 2]))
    found = drawing(asked(None), holdout, most=None, seed=0).summary
    assert (found.rows, found.distinct) == (6, 3)
    holdout.expression.get_backend().disconnect()
