"""What can't be tested is refused, with the reason; what is broken is an error, and never looks clean."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from lepton_audit import LookFailed, LookRefused, ModelOptions

RNG = np.random.default_rng(0)
X = RNG.normal(0, 1, (120, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture
def model(fitted):
    return fitted(LogisticRegression().fit(X, Y))


def test_a_text_column_is_refused_by_name_with_a_next_step(model, table, last):
    with pytest.raises(LookRefused, match="city") as refused:
        last(model, table(X[:, :2], Y, more={"city": ["Ulm"] * 120}), eps=0.1)
    assert refused.value.next_step


def test_an_identifier_is_no_feature_and_a_text_column_outside_the_declared_features_does_not_matter(
    model, table, last
):
    named = table(X, Y, more={"name": [f"p{i}" for i in range(120)]})
    named.options = named.options.model_copy(update={"columns": {"label": "label", "name": "identifier"}})
    assert last(model, named, eps=0.1).features == 3
    model.options = ModelOptions(features={"x0": {}, "x1": {}, "x2": {}})
    assert last(model, table(X, Y, more={"city": ["Ulm"] * 120}), eps=0.1).features == 3


def test_a_null_is_refused_by_name(model, table, last):
    holes = table(X[:, :2], Y, more={"x2": pa.array([None, *X[1:, 2]])})
    with pytest.raises(LookRefused, match=r"NULL.*x2"):
        last(model, holes, eps=0.1)


def test_a_nan_is_refused(model, table, last):
    holes = X.copy()
    holes[3, 1] = np.nan
    with pytest.raises(LookRefused, match="not finite"):
        last(model, table(holes, Y), eps=0.1)


def test_an_empty_holdout_and_one_of_a_single_class_are_refused(model, table, last):
    with pytest.raises(LookRefused, match="no rows"):
        last(model, table(X[:0], Y[:0]), eps=0.1)
    with pytest.raises(LookRefused, match="one class"):
        last(model, table(X[Y == 1], Y[Y == 1]), eps=0.1)


def test_a_holdout_without_a_label_column_is_refused(model, table, last):
    plain = table(X, Y)
    plain.options = plain.options.model_copy(update={"columns": {}})
    with pytest.raises(LookRefused, match="label"):
        last(model, plain, eps=0.1)


def test_a_model_without_known_classes_is_refused(asked, table, last):
    with pytest.raises(LookRefused, match="classes"):
        last(asked(lambda x: np.zeros(len(x), int), classes=()), table(X, Y), eps=0.1)


def test_a_label_that_the_model_does_not_know_is_an_error_that_does_not_print_it(model, table, last):
    with pytest.raises(LookFailed, match="none of the model's classes") as failed:
        last(model, table(X, ["secret-diagnosis" if i == 5 else str(v) for i, v in enumerate(Y)]), eps=0.1)
    assert "secret" not in str(failed.value)


def test_a_declared_feature_that_the_table_lacks_is_an_error(model, table, last):
    model.options = ModelOptions(features={"x0": {}, "y1": {}, "x2": {}})
    with pytest.raises(LookFailed, match="y1"):
        last(model, table(X, Y), eps=0.1)


BROKEN = {
    "wrong length": lambda x: np.zeros(len(x) - 1, dtype=int),
    "two dimensions": lambda x: np.zeros((len(x), 2), dtype=int),
    "fractions": lambda x: np.full(len(x), 0.5),
    "NaN": lambda x: np.full(len(x), np.nan),
    "no such class": lambda x: np.full(len(x), 7),
    "negative": lambda x: np.full(len(x), -1),
    "text": lambda x: np.array(["yes"] * len(x)),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_senseless_answers_are_an_error(answer, asked, table, last):
    with pytest.raises(LookFailed, match="the model"):
        last(asked(answer), table(X, Y), eps=0.1)


@pytest.mark.parametrize(
    "score", [lambda x: np.full((len(x), 2), np.nan), lambda x: np.zeros(len(x)), lambda x: np.zeros((len(x), 3))]
)
def test_senseless_scores_are_an_error(score, asked, table, last):
    with pytest.raises(LookFailed, match="scores"):
        last(asked(lambda x: (x[:, 0] > 0).astype(int), access="scores", score=score), table(X, Y), eps=0.1)


def test_a_model_that_raises_is_not_caught(asked, table, last):
    def answer(_):
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        last(asked(answer), table(X, Y), eps=0.1)
