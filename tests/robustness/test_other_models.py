"""Support vector machines, trees, networks, servers: the attacks against the truth, or against a stronger look."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from art.estimators.classification.scikitlearn import ScikitlearnSVC
from lepton_robustness.evasion.kernel_machine import KernelMachine
from sklearn.datasets import load_breast_cancer, load_digits, make_moons
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, Y = load_breast_cancer(return_X_y=True)


def small(seed=0, n=260):
    x, y = make_moons(n, noise=0.25, random_state=seed)
    return np.column_stack([x, np.random.default_rng(seed).standard_normal(n)]), y


TREES = [
    RandomForestClassifier(8, max_depth=4, random_state=0),
    GradientBoostingClassifier(n_estimators=12, max_depth=2, random_state=0),
]


@pytest.mark.parametrize("trees", TREES, ids=lambda t: type(t).__name__)
def test_trees_are_as_robust_as_an_enumeration_of_all_their_cells_says(trees, table, fitted, last):
    x, y = small()
    model = trees.fit(x[:160], y[:160])
    x, y, eps = x[160:], y[160:], 0.15
    found = last(fitted(model), table(x, y), eps=eps, max_samples=100)
    truth = np.mean([all(model.predict(_cells(model, p, x, eps=eps)) == label) for p, label in zip(x, y, strict=True)])
    assert found.drawn == 100
    assert found.knowledge == "scores"
    assert truth < found.clean_accuracy.value
    assert truth <= found.robust_accuracy.value <= truth + 0.02


def _cells(model, point, x, *, eps):
    """A point of every cell that the trees' thresholds cut out of the reach of a point."""
    low, high = np.maximum(point - eps, x.min(0)), np.minimum(point + eps, x.max(0))
    axes = []
    for j in range(len(point)):
        cuts = [
            t
            for tree in np.ravel(model.estimators_)
            for t, f in zip(tree.tree_.threshold, tree.tree_.feature, strict=True)
            if f == j
        ]
        edges = np.unique([low[j], *(c for c in cuts if low[j] < c < high[j]), high[j]])
        axes.append(np.concatenate([[low[j]], (edges[:-1] + edges[1:]) / 2, [high[j]]]))
    return np.array(list(itertools.product(*axes)))


def test_the_machines_gradient_is_the_toolboxs_for_two_classes_and_the_true_one_for_ten():
    x, y = load_digits(return_X_y=True)
    x = x / 16
    two = y < 2
    for kernel in ("rbf", "poly", "linear"):
        binary = SVC(kernel=kernel).fit(x[two], y[two])
        one_hot = np.eye(2)[y[two][:5]]
        ours, theirs = (kind(binary).loss_gradient(x[two][:5], one_hot) for kind in (KernelMachine, ScikitlearnSVC))
        assert np.allclose(ours, theirs, atol=1e-4)
    many = SVC(decision_function_shape="ovo").fit(x[:500], y[:500])
    assert np.allclose(
        KernelMachine(many).loss_gradient(x[:3], np.eye(10)[y[:3]]), -_slopes(many, x[:3], y[:3]), atol=1e-3
    )


def _slopes(machine, x, y):
    """Differences of the summed leads of class y in its pairs."""
    pairs = list(itertools.combinations(range(10), 2))
    sign = np.array([[1.0 if a == c else -1.0 if b == c else 0.0 for a, b in pairs] for c in range(10)])

    def lead(points):
        return (machine.decision_function(points) * sign[y]).sum(axis=1)

    h = 1e-5
    return np.column_stack([(lead(x + h * e) - lead(x - h * e)) / (2 * h) for e in np.eye(x.shape[1])])


def test_a_support_vector_machine_is_attacked_along_its_gradients_and_falls_further_with_a_larger_eps(
    table, fitted, last
):
    model = make_pipeline(StandardScaler(), SVC()).fit(X[:400], Y[:400])
    holdout = table(X[400:], Y[400:])
    small_eps, large_eps = (last(fitted(model), holdout, eps=e, scale="std", max_samples=60) for e in (0.2, 0.8))
    assert small_eps.knowledge == "gradients"
    assert "pgd" in small_eps.attacks
    assert large_eps.robust_accuracy.value < small_eps.robust_accuracy.value < small_eps.clean_accuracy.value
    assert small_eps.doubts == ()


@pytest.mark.parametrize("access", ["scores", "labels"])
def test_a_model_behind_a_server_is_broken_almost_as_far_as_the_exact_attack_breaks_it(
    access, table, fitted, asked, last
):
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:400], Y[:400])
    holdout = table(X[400:], Y[400:])
    behind = asked(model.predict, access=access, score=model.predict_proba)
    exact = last(fitted(model), holdout, eps=0.4, scale="std", max_samples=48)
    found = last(behind, holdout, eps=0.4, scale="std", max_samples=48)
    assert (found.knowledge, found.exact) == (access, False)
    assert exact.robust_accuracy.value <= found.robust_accuracy.value <= exact.robust_accuracy.value + 0.05
    assert found.doubts == ()


def test_the_toolboxs_hopskipjump_is_what_breaks_a_model_that_gives_only_labels(table, asked, last):
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:400], Y[:400])
    found = last(asked(model.predict), table(X[400:], Y[400:]), eps=0.4, scale="std", max_samples=24)
    by_name = {a.attack: a for a in found.attempts}
    assert by_name["hopskipjump"].broken > 0
    assert by_name["hopskipjump"].found == by_name["hopskipjump"].planted > 0


def test_a_network_falls_to_differences_of_its_scores(table, fitted, last):
    x, y = load_digits(return_X_y=True)
    model = MLPClassifier((32,), max_iter=400, random_state=0).fit(x[:1200], y[:1200])
    found = last(fitted(model), table(x[1200:], y[1200:]), eps=1.0, max_samples=60)
    assert found.knowledge == "scores"
    assert found.robust_accuracy.value < found.clean_accuracy.value - 0.2
    assert {a.attack: a.broken for a in found.attempts}["score-gradient"] > 0


@pytest.mark.slow
def test_full_effort_finds_hardly_more_than_quick_on_a_forest(table, fitted, last):
    model = RandomForestClassifier(20, random_state=0).fit(X[:300], Y[:300])
    holdout = table(X[300:], Y[300:])
    quick, full = (
        last(fitted(model), holdout, eps=0.3, scale="std", max_samples=24, effort=e) for e in ("quick", "full")
    )
    assert quick.robust_accuracy.value - 0.05 <= full.robust_accuracy.value <= quick.robust_accuracy.value
