"""Linear classifiers, against the truth computed from their coefficients alone."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC

X, Y = load_breast_cancer(return_X_y=True)
TRAIN, TEST = slice(0, 400), slice(400, None)


def binary_truth(lead, slope, x, y, *, eps):
    """Robust share of a binary linear classifier in linf, over the box of the data: closed form, feature by feature."""
    toward = np.where(y == 1, -1.0, 1.0)[:, None] * slope
    reach = np.where(toward > 0, np.minimum(x.max(0) - x, eps), -np.minimum(x - x.min(0), eps))
    return float(np.mean(np.where(y == 1, 1, -1) * (lead + (reach * slope).sum(axis=1)) > 0))


@pytest.mark.parametrize(
    "scaler", [StandardScaler(), MinMaxScaler(), MaxAbsScaler(), RobustScaler()], ids=lambda s: type(s).__name__
)
def test_a_scaled_logistic_regression_is_as_robust_as_its_coefficients_say(scaler, table, fitted, last):
    model = make_pipeline(scaler, LogisticRegression(max_iter=5000)).fit(X[TRAIN], Y[TRAIN])
    x, y = X[TEST], Y[TEST]
    slope = (model.decision_function(np.eye(30) * 1e3) - model.decision_function(np.zeros((30, 30)))) / 1e3
    eps = x.std(axis=0) * 0.3
    found = last(fitted(model, access="gradients"), table(x, y), eps=0.3, scale="std")
    assert found.drawn == len(x)
    assert found.exact
    assert found.knowledge == "gradients"
    assert found.robust_accuracy.value == pytest.approx(
        binary_truth(model.decision_function(x), slope, x, y, eps=eps), abs=1e-9
    )
    assert found.clean_accuracy.value == pytest.approx(model.score(x, y))
    assert 0 < found.robust_accuracy.value < found.clean_accuracy.value


ESTIMATORS = [
    LinearSVC(dual=False),
    RidgeClassifier(),
    LinearDiscriminantAnalysis(),
    SGDClassifier(random_state=0),
    SVC(kernel="linear", C=0.1),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_every_linear_classifier_has_its_exact_robustness(estimator, table, fitted, last):
    x = StandardScaler().fit_transform(X)
    model = estimator.fit(x[TRAIN], Y[TRAIN])
    found = last(fitted(model), table(x[TEST], Y[TEST]), eps=0.2)
    truth = binary_truth(model.decision_function(x[TEST]), np.atleast_2d(model.coef_)[0], x[TEST], Y[TEST], eps=0.2)
    assert found.exact
    assert found.robust_accuracy.value == pytest.approx(truth, abs=1e-9)


def digits():
    x, y = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=5000).fit(x[:1200], y[:1200])
    return model, x[1200:], y[1200:]


@pytest.mark.parametrize(("norm", "eps", "dual"), [("linf", 0.8, 1), ("l2", 3.0, 2)])
def test_ten_classes_without_a_box_follow_the_pairwise_closed_form(norm, eps, dual, table, fitted, last):
    model, x, y = digits()
    adapter = fitted(model)
    adapter.options = adapter.options.model_copy(update={"clip": (-1000.0, 1000.0)})
    scores, rows = model.decision_function(x), np.arange(len(x))
    gap = scores[rows, y][:, None] - scores
    length = np.linalg.norm(model.coef_[y][:, None] - model.coef_[None], ord=dual, axis=2)
    length[rows, y], gap[rows, y] = 1.0, np.inf
    truth = np.mean((gap / length).min(axis=1) > eps)
    found = last(adapter, table(x, y), eps=eps, norm=norm, max_samples=len(x))
    assert found.exact
    assert found.observed_ranges == 0
    assert found.drawn == len(x)
    assert found.robust_accuracy.value == pytest.approx(truth, abs=1e-9)


def test_the_toolboxs_attacks_break_nothing_that_the_closed_form_calls_robust_and_each_breaks_planted_twins(
    table, fitted, last
):
    model, x, y = digits()
    found = last(fitted(model), table(x, y), eps=1.0)
    by_name = {a.attack: a for a in found.attempts}
    assert found.attacks == ("linear", "fgsm", "pgd")
    assert by_name["linear"].broken > 0
    assert by_name["pgd"].tried > 0
    assert by_name["fgsm"].broken == by_name["pgd"].broken == 0
    assert all(a.found == a.planted > 0 for a in found.attempts)


def test_string_classes_in_any_order_are_matched_by_name(table, fitted, last):
    names = np.array(["malignant", "benign"])
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[TRAIN], names[Y[TRAIN]])
    found = last(fitted(model), table(X[TEST], names[Y[TEST]]), eps=0.3, scale="std")
    plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[TRAIN], Y[TRAIN])
    assert found.exact
    assert found.clean_accuracy.value == plain.score(X[TEST], Y[TEST])
