"""The look can stop and go on anywhere, and says the same twice."""

from __future__ import annotations

import random
import threading

import numpy as np
import pytest
from lepton_robustness.evasion.words import EvasionSettings, EvasionState
from pydantic import ValidationError
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from lepton_audit import LookFailed

X, Y = load_breast_cancer(return_X_y=True)
HOLDOUT = (X[400:], Y[400:])


@pytest.fixture(scope="module")
def models(fitted, asked):
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:400], Y[:400])
    machine = make_pipeline(StandardScaler(), SVC()).fit(X[:400], Y[:400])
    trees = GradientBoostingClassifier(n_estimators=10, random_state=0).fit(X[:400], Y[:400])
    return {
        "linear": fitted(linear),
        "machine": fitted(machine),
        "trees": fitted(trees),
        "labels": asked(linear.predict),
    }


@pytest.mark.parametrize("name", ["linear", "machine", "trees", "labels"])
def test_going_on_from_any_stored_state_gives_what_an_uninterrupted_look_gives(name, models, table, every):
    with_settings = {"eps": 0.3, "scale": "std", "max_samples": 40}
    whole = list(every(models[name], table(*HOLDOUT), **with_settings))
    assert [s.last for s in whole] == [False] * (len(whole) - 1) + [True]
    for cut in (0, 1):
        stored = EvasionState.model_validate_json(whole[cut].state.model_dump_json())
        rest = list(every(models[name], table(*HOLDOUT), seed=999, resume=stored, **with_settings))
        assert [s.evidence.model_dump_json() for s in rest] == [s.evidence.model_dump_json() for s in whole[cut + 1 :]]
        assert [s.state for s in rest] == [s.state for s in whole[cut + 1 :]]


def test_a_finished_state_says_its_evidence_again_and_asks_nothing_more(models, table, every):
    *_, final = every(models["linear"], table(*HOLDOUT), eps=0.3, scale="std", max_samples=30)
    again = list(every(models["linear"], table(*HOLDOUT), eps=0.3, scale="std", max_samples=30, resume=final.state))
    assert again == [final]


def test_a_state_of_other_settings_is_refused(models, table, every):
    first = next(every(models["linear"], table(*HOLDOUT), eps=0.3, scale="std"))
    with pytest.raises(LookFailed, match="stored state"):
        next(every(models["linear"], table(*HOLDOUT), eps=0.4, scale="std", resume=first.state))


def test_two_looks_with_one_seed_agree_to_the_last_bit_whatever_other_code_draws(models, table, last):
    np.random.seed(1)  # noqa: NPY002
    first = last(models["labels"], table(*HOLDOUT), eps=0.3, scale="std", max_samples=20)
    np.random.seed(2)  # noqa: NPY002
    random.seed(2)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    second = last(models["labels"], table(*HOLDOUT), eps=0.3, scale="std", max_samples=20)
    assert first == second
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert last(models["labels"], table(*HOLDOUT), eps=0.3, scale="std", max_samples=20, seed=1) != first


def test_a_model_that_fails_amid_a_walk_ends_the_look_and_leaves_no_walk_behind(asked, table, every):
    def answer(x):
        if threading.active_count() > idle:
            raise ConnectionError("gone")
        return (x[:, 0] < 15).astype(int)

    idle = 10**6
    next(every(asked(answer), table(*HOLDOUT), eps=0.1, scale="std"))
    idle = threading.active_count()
    with pytest.raises(ConnectionError):
        next(every(asked(answer), table(*HOLDOUT), eps=0.1, scale="std"))
    assert threading.active_count() == idle


def test_the_order_in_which_rows_are_stored_changes_nothing(models, table, last):
    order = np.random.default_rng(5).permutation(len(HOLDOUT[0]))
    stored, shuffled = (
        last(models["trees"], t, eps=0.3, scale="std", max_samples=20)
        for t in (table(*HOLDOUT), table(*(a[order] for a in HOLDOUT)))
    )
    assert stored == shuffled


def test_the_interval_narrows_as_rows_are_drawn_and_always_holds_the_value(models, table, every):
    seen = [s.evidence.robust_accuracy for s in every(models["linear"], table(*HOLDOUT), eps=0.3, scale="std")]
    widths = [e.high - e.low for e in seen]
    assert [e.n for e in seen] == sorted({e.n for e in seen})
    assert widths == sorted(widths, reverse=True)
    assert len(seen) > 3


@pytest.mark.parametrize(
    "wrong", [{}, {"eps": 0}, {"eps": -0.1}, {"eps": float("nan")}, {"eps": True}, {"eps": 1.0, "norm": "l1"}]
)
def test_settings_without_a_positive_eps_are_refused(wrong):
    with pytest.raises(ValidationError):
        EvasionSettings(**wrong)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_over_many_seeds_the_interval_misses_the_populations_robust_accuracy_in_at_most_five_percent(
    fitted, table, every
):
    rng = np.random.default_rng(0)
    x = X[:, :3]
    model = fitted(LogisticRegression(max_iter=5000).fit(x, Y))
    *_, whole = every(model, table(x, Y), eps=1.0, max_samples=len(x))
    truth = whole.evidence.robust_accuracy.value
    assert 0.2 < truth < 0.9
    missed = 0
    for seed in range(100):
        sample = rng.integers(len(x), size=150)
        looks = [s.evidence.robust_accuracy for s in every(model, table(x[sample], Y[sample]), eps=1.0, seed=seed)]
        missed += any(not e.low <= truth <= e.high for e in looks)
    assert missed <= 5
