"""Features that can't change are not changed; whole features stay whole; ranges are kept: seen from the model's side."""

from __future__ import annotations

import numpy as np
import pytest
from lepton_robustness.evasion.cascade import cascade
from lepton_robustness.evasion.ground import Prey
from lepton_robustness.evasion.setting_up import scene
from lepton_robustness.evasion.suite import ATTACKS
from lepton_robustness.evasion.words import EvasionSettings
from sklearn.linear_model import LogisticRegression

from lepton_audit import LookFailed, LookRefused, ModelOptions

RNG = np.random.default_rng(0)
N = 300
PEOPLE = np.column_stack(
    [RNG.integers(18, 80, N), RNG.integers(0, 2, N), RNG.normal(0, 1, N).clip(-2, 2), RNG.normal(0, 1, N)]
).astype(float)
BAD = (PEOPLE @ [0.05, 0.5, 1.0, -1.0] + RNG.normal(0, 0.3, N) > 2.4).astype(int)
NAMES = ["age", "sex", "income", "debt"]
OPTIONS = ModelOptions(
    features={
        "age": {"integer": True, "low": 18, "high": 99},
        "sex": {"immutable": True},
        "income": {"low": -2.0, "high": 2.0},
        "debt": {},
    }
)


def model(fitted, **kwargs):
    return fitted(LogisticRegression(max_iter=1000).fit(PEOPLE, BAD), options=OPTIONS, **kwargs)


@pytest.mark.parametrize(
    "attack", ["fgsm", "pgd", "linear", "neighbours", "subset-search", "score-gradient", "hopskipjump"]
)
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_every_adversarial_example_of_every_attack_keeps_every_constraint(attack, norm, fitted, table):
    assert attack in ATTACKS
    settings = EvasionSettings(eps=3.0, norm=norm)
    access = "labels" if attack == "hopskipjump" else "scores"
    here = scene(model(fitted, access=access), table(PEOPLE, BAD, names=NAMES), settings, effort="quick", seed=0)
    right = np.flatnonzero(here.ground.pool.labels[:60] == here.drawing.y[:60])
    x = here.drawing.x[right]
    prey = Prey(x, here.drawing.y[right], right, np.full(len(right), 10**6))
    fallen = cascade(here.ground, prey, attacks=(attack,))
    moved = fallen.points[~fallen.standing]
    start = x[~fallen.standing]
    assert len(moved) > 0
    assert (here.ground.oracle.labels(moved) != prey.y[~fallen.standing]).all()
    assert (moved[:, 0] == np.rint(moved[:, 0])).all()
    assert (moved[:, 1] == start[:, 1]).all()
    assert (moved >= np.minimum([18, 0, -2, PEOPLE[:, 3].min()], start)).all()
    assert (moved <= np.maximum([99, 1, 2, PEOPLE[:, 3].max()], start)).all()
    length = np.linalg.norm(moved - start, ord=np.inf if norm == "linf" else 2, axis=1)
    assert (length <= 3.0 * (1 + 1e-12)).all()


def test_the_evidence_counts_what_may_change_and_whose_range_was_only_observed(fitted, table, last):
    found = last(model(fitted), table(PEOPLE, BAD, names=NAMES), eps=1.0, max_samples=50)
    assert (found.features, found.changeable, found.immutable, found.integer, found.observed_ranges) == (4, 3, 1, 1, 2)
    assert found.mean_changed <= 3
    assert found.mean_distance <= 1.0


def test_an_immutable_feature_makes_a_model_that_reads_nothing_else_robust(fitted, table, last):
    x = np.column_stack([RNG.normal(0, 1, 200), RNG.normal(0, 1, 200)])
    y = (x[:, 0] > 0).astype(int)
    reads_first = fitted(LogisticRegression(C=1e6, max_iter=1000).fit(x * [1, 0], y))
    free = last(reads_first, table(x, y), eps=10.0, max_samples=60)
    assert free.robust_accuracy.value == 0
    reads_first.options = ModelOptions(features={"x0": {"immutable": True}, "x1": {}})
    bound = last(reads_first, table(x, y), eps=10.0, max_samples=60)
    assert bound.robust_accuracy.value == bound.clean_accuracy.value
    assert any("no other answer" in d.because for d in bound.doubts)


def test_a_model_whose_every_feature_is_immutable_is_refused(fitted, table, last):
    frozen = model(fitted)
    frozen.options = ModelOptions(features={name: {"immutable": True} for name in NAMES})
    with pytest.raises(LookRefused, match="no feature may change"):
        last(frozen, table(PEOPLE, BAD, names=NAMES), eps=1.0)


def test_fractions_in_a_feature_declared_integer_are_an_error(fitted, table, last):
    wrong = model(fitted)
    wrong.options = ModelOptions(features={name: {"integer": name == "debt"} for name in NAMES})
    with pytest.raises(LookFailed, match="debt"):
        last(wrong, table(PEOPLE, BAD, names=NAMES), eps=1.0)


@pytest.mark.parametrize(
    "declared",
    [
        {"features": {name: {"low": -0.25, "high": 0.25} if name == "debt" else {} for name in NAMES}},
        {"features": {name: {"high": 60.0} if name == "age" else {} for name in NAMES}},
        {"features": {name: {"low": 20.0, "immutable": True} if name == "age" else {} for name in NAMES}},
        {"clip": (-3.0, 3.0)},
    ],
)
@pytest.mark.parametrize("scale", ["range", "raw"])
def test_declared_ranges_that_the_holdout_itself_leaves_are_an_error_and_do_not_shrink_the_attack(
    declared, scale, fitted, table, last
):
    narrowed = model(fitted)
    narrowed.options = ModelOptions(**declared)
    with pytest.raises(LookFailed, match=r"outside their declared range: .*(debt|age)"):
        last(narrowed, table(PEOPLE, BAD, names=NAMES), eps=0.1, scale=scale)


def test_a_bound_stored_in_single_precision_is_inside(fitted, table, last):
    near = np.clip(PEOPLE, None, np.float32(78.1).astype(float))
    near[0, 0] = np.float32(78.1)
    declared = model(fitted)
    declared.options = ModelOptions(features={n: {"high": 78.1} if n == "age" else {} for n in NAMES})
    assert last(declared, table(near, BAD, names=NAMES), eps=0.1, scale="range").features == 4


def test_features_in_the_models_order_are_found_in_a_table_of_any_order(fitted, table, last):
    declared = model(fitted)
    in_order = last(declared, table(PEOPLE, BAD, names=NAMES), eps=0.5, max_samples=200)
    swapped = last(declared, table(PEOPLE[:, ::-1], BAD, names=NAMES[::-1]), eps=0.5, max_samples=200)
    assert swapped == in_order


def test_the_share_of_features_that_may_change_is_told(fitted, table, last):
    assert last(model(fitted), table(PEOPLE, BAD, names=NAMES), eps=0.1, max_samples=16).changeable_share == 0.75
