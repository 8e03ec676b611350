"""Robust and vulnerable by construction; and every way in which the test itself would see too little, it says so."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

RNG = np.random.default_rng(0)
SIDE = RNG.integers(0, 2, 200)
BLOBS = np.column_stack([np.where(SIDE, 10.0, -10.0), np.zeros(200)]) + RNG.uniform(-1, 1, (200, 2))


def halves(x):
    return (x[:, 0] > 0).astype(np.int64)


@pytest.fixture
def blobs(table):
    return table(BLOBS, SIDE)


def because(found):
    return " / ".join(d.because for d in found.doubts)


KINDS = ["exact", "scores", "labels"]


def kind_of(kind, fitted, asked):
    """The same plane, seen in three ways."""
    if kind == "exact":
        model = LogisticRegression().fit(BLOBS, SIDE)
        model.coef_, model.intercept_ = np.array([[1.0, 0.0]]), np.array([0.0])
        return fitted(model)
    return asked(halves, access=kind, score=lambda x: np.column_stack([-x[:, 0], x[:, 0]]))


@pytest.mark.parametrize("kind", KINDS)
def test_where_every_row_is_farther_from_the_boundary_than_eps_all_survive_without_a_doubt(
    kind, blobs, fitted, asked, last
):
    found = last(kind_of(kind, fitted, asked), blobs, eps=5.0, max_samples=40)
    assert (found.clean_accuracy.value, found.robust_accuracy.value, found.broken) == (1.0, 1.0, 0)
    assert found.doubts == ()
    assert found.mean_changed is None


@pytest.mark.parametrize("kind", KINDS)
def test_where_every_row_is_nearer_to_the_boundary_than_eps_none_survives(kind, blobs, fitted, asked, last):
    found = last(kind_of(kind, fitted, asked), blobs, eps=12.0, max_samples=40)
    assert (found.clean_accuracy.value, found.robust_accuracy.value, found.broken) == (1.0, 0.0, 40)


def test_a_row_that_is_answered_wrongly_anyway_counts_as_not_robust_and_is_not_attacked(table, asked, last):
    flipped = SIDE.copy()
    flipped[:50] ^= 1
    found = last(kind_of("scores", None, asked), table(BLOBS, flipped), eps=0.1, max_samples=200)
    assert (found.drawn, found.attacked, found.broken) == (200, 150, 0)
    assert found.robust_accuracy.value == found.clean_accuracy.value == 0.75


def test_a_model_that_answers_at_random_is_doubted(blobs, asked, last):
    rng = np.random.default_rng(1)
    found = last(asked(lambda x: rng.integers(0, 2, len(x))), blobs, eps=0.1, max_samples=60)
    assert "two answers" in because(found)
    assert found.unstable > 0


def test_a_model_that_always_answers_one_class_is_doubted(blobs, asked, last):
    found = last(asked(lambda x: np.zeros(len(x), dtype=int)), blobs, eps=5.0, max_samples=40)
    assert found.reachable == 0
    assert "no other answer" in because(found)


def test_too_few_queries_are_a_doubt_and_never_a_silent_pass(blobs, asked, last):
    found = last(asked(halves), blobs, eps=5.0, max_samples=30, max_queries=100)
    assert found.starved > 0
    assert "ran out of queries" in because(found)
    assert found.queries < 30 * (100 + 30) + 1000


GRID = np.array([[10.0 * i, 10.0 * j] for i in range(-4, 4) for j in range(8)])


def test_a_machine_whose_gradients_vanish_is_doubted(table, fitted, last):
    holdout = table(GRID, halves(GRID + 1))
    narrow, wide = (SVC(gamma=gamma).fit(GRID, halves(GRID + 1)) for gamma in (1e4, 1e-3))
    found = last(fitted(narrow), holdout, eps=1.0)
    assert found.clean_accuracy.value == 1
    assert found.blind > 0
    assert "gradient masking" in because(found)
    assert last(fitted(wide), holdout, eps=1.0).doubts == ()


def test_scores_that_tell_nothing_send_hopskipjump_where_they_are_flat(blobs, asked, last):
    flat = asked(halves, access="scores", score=lambda x: np.eye(2)[halves(x)])
    found = last(flat, blobs, eps=12.0, max_samples=60)
    assert found.robust_accuracy.value == 0
    survivors = last(flat, blobs, eps=5.0, max_samples=20)
    assert {a.attack: a.tried for a in survivors.attempts}["hopskipjump"] == 20


def test_a_native_object_that_answers_otherwise_is_not_trusted(blobs, fitted, last):
    class Elsewhere(fitted):
        def predict(self, x):
            return halves(x)

    model = LogisticRegression().fit(BLOBS, SIDE)
    model.intercept_ = model.intercept_ + 30
    found = last(Elsewhere(model, access="labels"), blobs, eps=5.0, max_samples=16)
    assert found.knowledge == "labels"
    assert not found.exact
    assert "answer differently" in because(found)


def test_attacks_too_weak_for_the_planted_twins_are_a_doubt(table, asked, last):
    x = RNG.normal(0, 1, (200, 40))
    found = last(asked(halves), table(x, halves(x)), eps=0.1, max_samples=20, max_queries=60)
    assert found.missed_twins > 0
    assert "planted vulnerable twins" in because(found)
    assert last(asked(halves), table(x, halves(x)), eps=0.1, max_samples=20).doubts == ()


WEIGHTS = np.random.default_rng(3).choice([-1.0, 1.0], size=30)
CLOUD = np.random.default_rng(4).normal(0, 1, (300, 30))


def skewed(x):
    return x @ WEIGHTS


def plane(x):
    return (skewed(x) > 0).astype(np.int64)


def flickering(x):
    """Right answers whose sureness means nothing."""
    sure = 0.5 + 0.49 * np.abs(np.sin(skewed(x) * 1e6))
    return np.column_stack([np.where(plane(x), 1 - sure, sure), np.where(plane(x), sure, 1 - sure)])


def inverted(x):
    """Right answers that are the surer, the nearer the boundary is."""
    sure = 0.5 + 0.49 / (1 + np.abs(skewed(x)))
    wins = skewed(x) > 0
    return np.column_stack([np.where(wins, 1 - sure, sure), np.where(wins, sure, 1 - sure)])


@pytest.mark.parametrize("score", [flickering, inverted])
def test_right_answers_with_misleading_scores_hide_no_more_than_labels_alone_do(score, table, asked, last):
    holdout = table(CLOUD, plane(CLOUD))
    plain = last(asked(plane), holdout, eps=0.15, max_samples=40)
    found = last(asked(plane, access="scores", score=score), holdout, eps=0.15, max_samples=40)
    assert plain.robust_accuracy.value < 0.6
    assert found.robust_accuracy.value <= plain.robust_accuracy.value + 0.2
    assert found.masked > 0
    assert "gradient masking" in because(found)


def test_scores_whose_highest_is_not_the_answer_are_a_doubt(blobs, asked, last):
    def turned(x):
        return np.eye(2)[1 - halves(x)] * 0.2 + 0.4

    found = last(asked(halves, access="scores", score=turned), blobs, eps=5.0, max_samples=16)
    assert "highest score" in because(found)


def test_a_walk_that_only_some_survivors_meet_does_not_vouch_for_the_suite(asked, table):
    from lepton_robustness.evasion.ground import Prey
    from lepton_robustness.evasion.setting_up import scene
    from lepton_robustness.evasion.twins import tested
    from lepton_robustness.evasion.words import EvasionSettings

    model = asked(plane, access="scores", score=lambda x: np.column_stack([-skewed(x), skewed(x)]))
    here = scene(model, table(CLOUD, plane(CLOUD)), EvasionSettings(eps=0.15), effort="quick", seed=0)
    one = Prey(here.drawing.x[:1], here.drawing.y[:1], np.array([0]), np.array([10**6]))
    (walked,), missed = tested(here.ground, one, attacks=("hopskipjump",))
    assert (walked.found, missed) == (1, 1)


def test_a_model_without_use_has_no_uplift_over_the_most_frequent_class(table, asked, last):
    x = np.random.default_rng(5).normal(0, 1, (400, 3))
    y = (np.arange(400) % 20 == 0).astype(int)
    useless = last(asked(lambda rows: (rows[:, 0] > 3.9).astype(np.int64)), table(x, y), eps=0.01, max_samples=100)
    assert useless.majority_share == 0.95
    assert useless.clean_accuracy.value > 0.9
    assert useless.clean_uplift.low < 0
    assert useless.clean_uplift.high == useless.clean_accuracy.high - 0.95


def test_a_model_of_use_has_an_uplift(blobs, asked, last):
    found = last(asked(halves), blobs, eps=5.0, max_samples=40)
    assert found.majority_share == max(SIDE.mean(), 1 - SIDE.mean())
    assert found.clean_uplift.low > 0
    assert found.clean_uplift.value == 1 - found.majority_share
