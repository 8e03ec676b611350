"""Benign models of scikit-learn: opened from files, they answer as the originals did; what is no classifier of numbers doesn't open."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from lepton_openers.models import pickled_model
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, Matern, WhiteKernel
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    PassiveAggressiveClassifier,
    Perceptron,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid, RadiusNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import SVC, LinearSVC, NuSVC
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from lepton_audit import LookFailed, LookRefused, Unopenable
from lepton_audit.testing.pinned import pinned

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])

FAMILIES = [
    LogisticRegression(max_iter=500),
    LogisticRegressionCV(cv=2, Cs=2, max_iter=1000),
    RidgeClassifier(),
    SGDClassifier(loss="hinge", random_state=0),
    SGDClassifier(loss="log_loss", random_state=0),
    SGDClassifier(loss="modified_huber", random_state=0),
    Perceptron(random_state=0),
    PassiveAggressiveClassifier(random_state=0),
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(),
    GaussianNB(),
    MultinomialNB(),
    BernoulliNB(binarize=2.0),
    ComplementNB(),
    SVC(),
    SVC(kernel="linear", probability=True, random_state=0),
    SVC(decision_function_shape="ovo"),
    NuSVC(),
    LinearSVC(random_state=0),
    DecisionTreeClassifier(),
    ExtraTreeClassifier(random_state=0),
    RandomForestClassifier(10, n_jobs=-1),
    ExtraTreesClassifier(10),
    GradientBoostingClassifier(n_estimators=3),
    HistGradientBoostingClassifier(max_iter=3),
    AdaBoostClassifier(n_estimators=5),
    BaggingClassifier(n_estimators=3),
    KNeighborsClassifier(algorithm="kd_tree"),
    KNeighborsClassifier(algorithm="ball_tree", metric="manhattan"),
    RadiusNeighborsClassifier(radius=5.0),
    NearestCentroid(),
    MLPClassifier((8,), solver="lbfgs", max_iter=2000, random_state=np.random.RandomState(0)),
    MLPClassifier((8,), solver="sgd", learning_rate_init=0.01, max_iter=3000, random_state=0),
    GaussianProcessClassifier(1.0 * RBF() + Matern() + WhiteKernel(), optimizer=None),
    LabelSpreading(),
    DummyClassifier(strategy="stratified", random_state=0),
    OneVsRestClassifier(LogisticRegression()),
    OneVsOneClassifier(LinearSVC(random_state=0)),
    CalibratedClassifierCV(LinearSVC(random_state=0), cv=2),
    CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=2),
    VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())]),
    VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())], voting="soft"),
    StackingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())], cv=2, final_estimator=RidgeClassifier()),
    GridSearchCV(SVC(), {"C": [0.1, 1.0]}, cv=2),
    GridSearchCV(
        DecisionTreeClassifier(), {"max_depth": [None, 2], "criterion": ["gini"]}, cv=2, scoring="balanced_accuracy"
    ),
    make_pipeline(StandardScaler(), SVC()),
    make_pipeline(
        FunctionTransformer(np.log1p),
        KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"),
        LogisticRegression(),
    ),
    make_pipeline(
        FeatureUnion([("p", PolynomialFeatures()), ("s", SelectKBest(k=2))]),
        StandardScaler(),
        LinearSVC(random_state=0),
    ),
    make_pipeline(
        ColumnTransformer([("s", StandardScaler(), [0, 1])], remainder="passthrough"), RandomForestClassifier(5)
    ),
]


def saved(model, folder, **kwargs):
    path = folder / "m.joblib"
    joblib.dump(model, path, **kwargs)
    return path


def opened(path, folder, **options):
    return pickled_model.open(pinned("model", path, scratch=folder, options=options))


def own_scores(model, x):
    """The scores as scikit-learn itself gives them, by the rule of the contract."""
    last = model[-1] if hasattr(model, "steps") else model
    order = (
        ["decision_function", "predict_proba"]
        if isinstance(last, SVC | NuSVC)
        else ["predict_proba", "decision_function"]
    )
    return next((getattr(model, name)(x) for name in order if hasattr(model, name)), None)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("model", FAMILIES, ids=lambda model: type(model).__name__)
def test_a_model_of_every_family_answers_as_the_original_did(tmp_path, model):
    model.fit(X, NAMES[Y])
    live = opened(saved(model, tmp_path), tmp_path)
    assert live.classes == ("setosa", "versicolor", "virginica")
    assert live.predict(X).dtype == np.int64
    if not isinstance(model, DummyClassifier):  # it draws anew at each call
        assert np.array_equal(NAMES[live.predict(X)], model.predict(X))
    if live.access == "labels":
        with pytest.raises(LookRefused):
            live.scores(X)
    elif getattr(model, "decision_function_shape", "") != "ovo":
        assert live.scores(X).shape == (150, 3)
        assert np.allclose(live.scores(X), own_scores(model, X))


@pytest.mark.parametrize("compress", [0, 1, 9, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)])
@pytest.mark.parametrize("protocol", range(6))
def test_every_way_in_which_joblib_saves_opens(tmp_path, compress, protocol):
    model = RandomForestClassifier(3, random_state=0).fit(X, Y)
    live = opened(saved(model, tmp_path, compress=compress, protocol=protocol), tmp_path)
    assert np.array_equal(live.scores(X), model.predict_proba(X))


@pytest.mark.parametrize("protocol", range(6))
def test_a_plain_pickle_opens_in_every_protocol(tmp_path, protocol):
    model = HistGradientBoostingClassifier(max_iter=3).fit(np.asfortranarray(X), Y)
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(model, protocol=protocol))
    assert np.array_equal(opened(tmp_path / "m.pkl", tmp_path).scores(X), model.predict_proba(X))


@pytest.mark.parametrize(
    "array", [X, X.T, X.astype(">f8"), X[:, :0], np.array(3.0), np.array([["é", None]], dtype=object), np.zeros((0, 3))]
)
def test_an_array_in_a_model_is_the_array_that_was_saved(tmp_path, array):
    model = GaussianNB().fit(X, Y)
    model.note_ = array
    found = opened(saved(model, tmp_path), tmp_path).native.note_
    assert np.array_equal(found, array)
    assert found.shape == array.shape


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([7, 3], (3, 7)),
        ([-1, 1], (-1, 1)),
        ([0.0, 1.0], (0, 1)),
        ([True, False], (0, 1)),
        (["yes", "no"], ("no", "yes")),
        (np.array(["b", "a"], dtype=object), ("a", "b")),
    ],
)
def test_labels_of_any_kind_become_indices(tmp_path, labels, classes):
    y = np.resize(np.asarray(labels), 150)
    model = DecisionTreeClassifier().fit(X, y)
    live = opened(saved(model, tmp_path), tmp_path)
    assert live.classes == classes
    assert all(type(label) in (int, str) for label in live.classes)
    assert np.array_equal(model.classes_[live.predict(X)], model.predict(X))


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(max_iter=500),
        SVC(),
        RidgeClassifier(),
        make_pipeline(StandardScaler(), LinearSVC(random_state=0)),
    ],
)
def test_a_margin_of_two_classes_becomes_two_columns_that_agree_with_the_labels(tmp_path, model):
    model.fit(X[:100], Y[:100])
    live = opened(saved(model, tmp_path), tmp_path)
    assert live.scores(X).shape == (150, 2)
    assert np.array_equal(live.scores(X).argmax(1), live.predict(X))


def test_a_tuned_threshold_counts_as_the_model_applies_it(tmp_path):
    """The labels are the model's own, not the larger of its scores."""
    model = TunedThresholdClassifierCV(LogisticRegression(), scoring="f1", cv=2).fit(X[50:, :1], Y[50:] - 1)
    live = opened(saved(model, tmp_path), tmp_path)
    assert np.array_equal(live.predict(X[:, :1]), model.predict(X[:, :1]))


@pytest.mark.parametrize(
    ("model", "access"),
    [
        (LogisticRegression(max_iter=500), "gradients"),
        (LinearSVC(random_state=0), "gradients"),
        (SVC(kernel="rbf"), "gradients"),
        (SGDClassifier(random_state=0), "gradients"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "scores"),
        (RandomForestClassifier(3), "scores"),
        (MLPClassifier((4,), solver="lbfgs", max_iter=5000, random_state=0), "scores"),
        (VotingClassifier([("a", GaussianNB())]), "labels"),
    ],
)
def test_access_is_the_strongest_thing_that_can_be_asked(tmp_path, model, access):
    assert opened(saved(model.fit(X, Y), tmp_path), tmp_path).access == access


def test_margins_per_pair_of_classes_are_not_taken_for_scores(tmp_path):
    """With three classes there are three pairs: the shape alone would deceive."""
    live = opened(saved(SVC(decision_function_shape="ovo").fit(X, Y), tmp_path), tmp_path)
    with pytest.raises(LookRefused):
        live.scores(X)
    assert np.array_equal(live.predict(X), live.native.predict(X))


def test_a_model_fitted_with_column_names_is_asked_with_them(tmp_path):
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = make_pipeline(ColumnTransformer([("s", StandardScaler(), ["d", "a"])]), LogisticRegression()).fit(frame, Y)
    live = opened(saved(model, tmp_path), tmp_path)
    assert np.array_equal(live.predict(X), model.predict(frame))
    assert np.array_equal(live.scores(X[:0]), np.empty((0, 3)))


def test_numbers_as_classes_can_be_named_by_the_target(tmp_path):
    path = saved(GaussianNB().fit(X, Y), tmp_path)
    live = opened(path, tmp_path, classes=["s", "ve", "vi"])
    assert live.classes == ("s", "ve", "vi")
    assert np.array_equal(live.predict(X), live.native.predict(X))
    with pytest.raises(Unopenable, match="aren't the 3 that the model knows"):
        opened(path, tmp_path, classes=["a", "b"])


def _texts():
    return make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good", "bad"], [1, 0])


def _categories(encoder):
    return make_pipeline(encoder, DecisionTreeClassifier()).fit(np.array([["a"], ["b"]], dtype=object), [0, 1])


@pytest.mark.parametrize(
    ("model", "because"),
    [
        (LinearRegression().fit(X, Y), "not a classifier"),
        (IsolationForest(n_estimators=3).fit(X), "not a classifier"),
        (KMeans(2, n_init=1).fit(X), "not a classifier"),
        (StandardScaler().fit(X), "not a classifier"),
        ({"model": LogisticRegression()}, "not a classifier"),
        ([1, 2], "not a classifier"),
        (LogisticRegression(), "isn't fitted"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "isn't fitted"),
        (MultiOutputClassifier(GaussianNB()).fit(X, np.c_[Y, Y]), "more than one output"),
        (DecisionTreeClassifier().fit(X, np.c_[Y, Y]), "more than one output"),
        (DecisionTreeClassifier().fit(X, np.zeros(150)), "two classes"),
        (_texts(), "takes text"),
        (_categories(OneHotEncoder()), "text categories"),
        (_categories(OrdinalEncoder()), "text categories"),
    ],
    ids=lambda case: type(case).__name__,
)
def test_what_is_no_classifier_of_numbers_doesn_t_open(tmp_path, model, because):
    with pytest.raises(Unopenable, match=because):
        opened(saved(model, tmp_path), tmp_path)


class Broken(ClassifierMixin, BaseEstimator):
    """Answers what it was told to."""

    def __init__(self, labels=None, chances=None):
        self.labels, self.chances = labels, chances

    def fit(self, _, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, _):
        return self.labels

    def predict_proba(self, _):
        return self.chances


TRUSTED = (f"{Broken.__module__}.Broken",)


@pytest.mark.parametrize(
    ("labels", "because"),
    [
        ([0, 1], "shape"),
        ([[0], [1], [1]], "shape"),
        ([0, 1, 2], "not among its classes"),
        ([0, 1, 0.5], "not among its classes"),
        ([0, 1, float("nan")], "not among its classes"),
        (["0", "1", "1"], "not among its classes"),
        (np.array([0, 1, None], dtype=object), "not among its classes"),
        (None, "shape"),
    ],
)
def test_a_wrong_answer_in_labels_is_a_failed_look(tmp_path, labels, because):
    live = opened(saved(Broken(labels=labels).fit(X, Y % 2), tmp_path), tmp_path, trusted=TRUSTED)
    with pytest.raises(LookFailed, match=because):
        live.predict(X[:3])


@pytest.mark.parametrize(
    ("chances", "because"),
    [
        ([[0.5, 0.5]], "shape"),
        ([[1.0], [1.0], [1.0]], "shape"),
        ([[0.5, 0.5]] * 2 + [[float("nan"), 1.0]], "finite"),
        ([[0.5, 0.5]] * 2 + [[float("inf"), 1.0]], "finite"),
        ([["a", "b"]] * 3, "type"),
        ([[True, False]] * 3, "type"),
        ([[1j, 0]] * 3, "type"),
        (None, "type"),
    ],
)
def test_a_wrong_answer_in_scores_is_a_failed_look(tmp_path, chances, because):
    live = opened(saved(Broken(chances=chances).fit(X, Y % 2), tmp_path), tmp_path, trusted=TRUSTED)
    with pytest.raises(LookFailed, match=because):
        live.scores(X[:3])


def test_a_type_of_one_s_own_opens_only_when_it_is_trusted(tmp_path):
    path = saved(Broken(labels=[0, 1, 0]).fit(X, Y % 2), tmp_path)
    assert opened(path, tmp_path, trusted=TRUSTED).predict(X[:3]).tolist() == [0, 1, 0]
    with pytest.raises(Unopenable, match=r"Broken near byte"):
        opened(path, tmp_path)


@pytest.mark.parametrize(
    ("x", "because"),
    [
        (X[:, :3], "takes 4 columns, and was given 3"),
        (X[0], "matrix"),
        (X.astype(str), "matrix"),
        (np.full((2, 4), np.nan), "ValueError"),
    ],
)
def test_inputs_that_the_model_can_t_take_are_a_failed_look(tmp_path, x, because):
    live = opened(saved(LogisticRegression(max_iter=500).fit(X, Y), tmp_path), tmp_path)
    with pytest.raises(LookFailed, match=because):
        live.predict(x)


def test_a_message_of_the_model_that_quotes_a_value_is_not_passed_on(tmp_path):
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(np.array([[1.0], [2.0]]), [0, 1])
    with pytest.raises(LookFailed) as caught:
        opened(saved(model, tmp_path), tmp_path).predict(np.array([[424242.0]]))
    assert "424242" not in caught.value.because


@pytest.mark.parametrize("version", ["1.5.2", "0.24.1"])
def test_a_model_of_another_scikit_learn_doesn_t_open_in_silence(tmp_path, monkeypatch, version):
    model = make_pipeline(StandardScaler(), GaussianNB()).fit(X, Y)
    with monkeypatch.context() as then:
        then.setattr("sklearn.base.__version__", version)
        path = saved(model, tmp_path)
    with pytest.raises(Unopenable, match=rf"fitted with scikit-learn {version}"):
        opened(path, tmp_path)


@pytest.mark.parametrize("content", [b"", None])
def test_a_missing_or_empty_file_is_said_to_be_so(tmp_path, content):
    if content is not None:
        (tmp_path / "m.joblib").write_bytes(content)
    with pytest.raises(Unopenable, match=r"no model file|empty"):
        opened(tmp_path / "m.joblib", tmp_path)


def test_the_model_has_one_worker(tmp_path):
    live = opened(
        saved(make_pipeline(StandardScaler(), RandomForestClassifier(3, n_jobs=-1)).fit(X, Y), tmp_path), tmp_path
    )
    assert live.native[-1].n_jobs == 1
