"""The released tables, counted with pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lepton_audit.demo.cohort import cohort
from lepton_audit.demo.tables import QUASI_IDENTIFIERS


def read(folder):
    (path,) = (folder / "data").glob("patients.*")
    return pd.read_csv(path, dtype={"zip": str}) if path.suffix == ".csv" else pd.read_parquet(path)


def groups(table):
    return table.groupby(list(QUASI_IDENTIFIERS), observed=True)


def test_everyone_stands_alone_in_the_published_table(published):
    sizes = groups(read(published)).size()
    assert sizes.min() == 1
    assert (sizes == 1).sum() / sizes.sum() > 0.95


def test_nobody_stands_alone_in_the_hardened_table(hardened):
    assert groups(read(hardened)).size().min() >= 20


def test_no_group_of_the_hardened_table_gives_its_diagnosis_away(hardened):
    table = read(hardened)
    overall = (table["diagnosis"] == "malignant").mean()
    shares = groups(table)["diagnosis"].agg(lambda d: (d == "malignant").mean())
    assert groups(table)["diagnosis"].nunique().min() == 2
    assert np.abs(shares - overall).max() < 0.05


def test_names_lie_in_plain_text_only_in_the_published_state(published, hardened):
    name = str(read(published)["name"].iloc[0]).encode()
    assert name in (published / "data/patients.csv").read_bytes()
    assert not [f for f in hardened.rglob("*") if f.is_file() and name in f.read_bytes()]


@pytest.mark.parametrize("state", ["published", "hardened"])
def test_the_table_holds_the_holdout_as_the_scorer_takes_it(state, request):
    table, rows = read(request.getfixturevalue(state)), cohort()
    assert np.array_equal(table[list(rows.features)].to_numpy(), rows.holdout_x)
    assert np.array_equal(table["label"].to_numpy(), rows.holdout_y)


def test_persons_are_invented_and_have_different_names(published):
    assert read(published)["name"].nunique() > 280
