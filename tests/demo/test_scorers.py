"""The scorers' robustness is known exactly, by theorem: no attack is needed to check them."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_audit.demo.cohort import cohort
from lepton_audit.demo.scorers import scorer

EPS = 0.05


def worst_case(model, x, y, eps):
    """(n,) signed margin after the best change of each feature by up to eps inside [0, 1].

    For a linear score the worst change moves each feature on its own, against the sign of its weight:
    Goodfellow, Shlens, Szegedy 2015, section 5, here with the box.
    """
    sign = np.where(y == 1, 1.0, -1.0)[:, None]
    step = np.clip(x - eps * sign * np.sign(model.coef_), 0.0, 1.0)
    return (sign * (step @ model.coef_.T + model.intercept_)).ravel()


def robust_accuracy(state, eps=EPS):
    rows = cohort()
    return float(np.mean(worst_case(scorer(state, rows), rows.holdout_x, rows.holdout_y, eps) > 0))


@pytest.mark.parametrize("state", ["published", "hardened"])
def test_both_scorers_know_95_percent_of_the_clean_holdout(state):
    rows = cohort()
    assert scorer(state, rows).score(rows.holdout_x, rows.holdout_y) == pytest.approx(0.95, abs=0.01)


def test_the_published_scorer_falls_to_small_changes():
    assert robust_accuracy("published") < 0.35


def test_the_hardened_scorer_withstands_the_worst_small_change():
    assert robust_accuracy("hardened") > 0.84


def test_the_worst_case_is_a_real_input_that_the_published_scorer_gets_wrong():
    rows = cohort()
    model = scorer("published", rows)
    sign = np.where(rows.holdout_y == 1, 1.0, -1.0)[:, None]
    changed = np.clip(rows.holdout_x - EPS * sign * np.sign(model.coef_), 0.0, 1.0)
    assert np.abs(changed - rows.holdout_x).max() <= EPS + 1e-12
    assert model.score(changed, rows.holdout_y) == pytest.approx(robust_accuracy("published"))


def test_no_random_change_beats_the_worst_case_of_the_hardened_scorer():
    rows = cohort()
    model, rng = scorer("hardened", rows), np.random.default_rng(0)
    floor = worst_case(model, rows.holdout_x, rows.holdout_y, EPS)
    sign = np.where(rows.holdout_y == 1, 1.0, -1.0)
    for _ in range(200):
        changed = np.clip(rows.holdout_x + EPS * rng.choice([-1.0, 1.0], rows.holdout_x.shape), 0.0, 1.0)
        assert (sign * model.decision_function(changed) >= floor - 1e-9).all()


def test_the_halves_share_no_patient():
    rows = cohort()
    assert not {tuple(r) for r in rows.train_x} & {tuple(r) for r in rows.holdout_x}
    assert len(rows.train_x) + len(rows.holdout_x) == 569
