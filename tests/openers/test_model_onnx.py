"""ONNX models: they answer as the originals did, read nothing outside their folder, and load no foreign code."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from lepton_openers.models import onnx_model
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from lepton_audit import LookFailed, LookRefused, Unopenable
from lepton_audit.testing.pinned import pinned

onnx = pytest.importorskip("onnx", reason="onnx isn't installed")
pytest.importorskip("onnxruntime", reason="onnxruntime isn't installed")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402  # after the skip

X, Y = load_iris(return_X_y=True)
X = X.astype(np.float32).astype(np.float64)
NAMES = np.array(["setosa", "versicolor", "virginica"])
RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(size=(4, 3)).astype(np.float32)


def opened(path, folder, **options):
    return onnx_model.open(pinned("model", path, scratch=folder, options=options))


def converted(model, folder, **options):
    skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx isn't installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        proto = skl2onnx.to_onnx(model, X[:1].astype(np.float32), options=options or None, target_opset=18)
    return written(proto, folder)


def written(proto, folder):
    (folder / "m.onnx").write_bytes(proto.SerializeToString())
    return folder / "m.onnx"


def network(*, nodes=None, inputs=None, outputs=None, weights=WEIGHTS, extra=(), domains=(), functions=()):
    """Logits of one layer: x @ weights."""
    graph = helper.make_graph(
        nodes or [helper.make_node("MatMul", ["x", "w"], ["logits"])],
        "g",
        inputs or [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        outputs or [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(weights, "w"), *extra],
    )
    opsets = [
        helper.make_opsetid("", 18),
        helper.make_opsetid("ai.onnx.ml", 3),
        *(helper.make_opsetid(d, 1) for d in domains),
    ]
    return helper.make_model(graph, opset_imports=opsets, functions=functions, ir_version=9)


FAMILIES = [
    LogisticRegression(max_iter=500),
    make_pipeline(StandardScaler(), LogisticRegression()),
    RandomForestClassifier(5, random_state=0),
    GradientBoostingClassifier(n_estimators=3, random_state=0),
    DecisionTreeClassifier(random_state=0),
    MLPClassifier((4,), solver="lbfgs", max_iter=5000, random_state=0),
    KNeighborsClassifier(),
    GaussianNB(),
    SVC(probability=True, random_state=0),
    VotingClassifier(
        [("a", GaussianNB()), ("b", LogisticRegression(max_iter=500))], voting="soft", flatten_transform=False
    ),
]


@pytest.mark.parametrize("labels", [Y, NAMES[Y], np.array([70, -3, 5])[Y]], ids=["indices", "text", "numbers"])
@pytest.mark.parametrize("model", FAMILIES, ids=lambda model: type(model).__name__)
def test_a_converted_model_answers_as_the_original_did(tmp_path, model, labels):
    model.fit(X, labels)
    live = opened(converted(model, tmp_path), tmp_path)
    assert list(live.classes) == list(model.classes_)
    agree = np.array(live.classes)[live.predict(X)] == model.predict(X)
    assert agree.mean() >= 0.99  # a row on a boundary may be rounded over it: float32
    if not isinstance(model, SVC):
        assert np.allclose(live.scores(X), model.predict_proba(X), atol=1e-4)
    assert live.access == "scores"
    assert live.native is None


@pytest.mark.parametrize("zipmap", [True, False, "columns"])
def test_probabilities_come_as_maps_or_as_a_matrix_and_else_not_at_all(tmp_path, zipmap):
    model = LogisticRegression(max_iter=500).fit(X, NAMES[Y])
    path = converted(model, tmp_path, zipmap=zipmap)
    if zipmap == "columns":
        live = opened(path, tmp_path)
        assert live.access == "labels"
        with pytest.raises(LookRefused):
            live.scores(X)
    else:
        live = opened(path, tmp_path)
        assert np.allclose(live.scores(X), model.predict_proba(X), atol=1e-5)
    assert np.array_equal(NAMES[live.predict(X)], model.predict(X))


def test_a_network_s_logits_are_scores_and_the_largest_is_the_label(tmp_path):
    live = opened(written(network(), tmp_path), tmp_path)
    assert live.classes == (0, 1, 2)
    assert np.allclose(live.scores(X), X @ WEIGHTS, atol=1e-4)
    assert np.array_equal(live.predict(X), (X @ WEIGHTS).argmax(1))
    assert live.predict(X[:0]).shape == (0,)
    assert live.scores(X[:0]).shape == (0, 3)
    assert opened(tmp_path / "m.onnx", tmp_path, classes=["a", "b", "c"]).classes == ("a", "b", "c")


def test_a_network_that_takes_one_row_or_an_image_at_a_time_is_asked_so(tmp_path):
    one = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])]
    only = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 3])]
    assert np.allclose(
        opened(written(network(inputs=one, outputs=only), tmp_path), tmp_path).scores(X), X @ WEIGHTS, atol=1e-4
    )
    image = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 2, 2])]
    nodes = [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("MatMul", ["flat", "w"], ["logits"])]
    live = opened(written(network(inputs=image, nodes=nodes), tmp_path), tmp_path)
    assert np.allclose(live.scores(X), X @ WEIGHTS, atol=1e-4)
    with pytest.raises(LookFailed, match="takes 4 columns"):
        live.predict(X[:, :3])


def test_many_rows_are_asked_in_parts_and_come_back_in_order(tmp_path):
    x = RNG.normal(size=(10_000, 4)).astype(np.float32).astype(np.float64)
    assert np.allclose(opened(written(network(), tmp_path), tmp_path).scores(x), x @ WEIGHTS, atol=1e-4)


@pytest.mark.parametrize(
    ("classes", "because"),
    [(["a", "b"], "aren't the 3"), ([0, 1, 1], "all different|aren't the 3")],
)
def test_classes_that_aren_t_the_model_s_are_refused(tmp_path, classes, because):
    with pytest.raises(Unopenable, match=because):
        opened(written(network(), tmp_path), tmp_path, classes=classes)


def _of_one_column():
    out = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1])]
    return network(outputs=out, weights=WEIGHTS[:, :1])


def _of_two_inputs():
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in ("x", "y")]
    nodes = [helper.make_node("Add", ["x", "y"], ["z"]), helper.make_node("MatMul", ["z", "w"], ["logits"])]
    return network(inputs=inputs, nodes=nodes)


def _of_text():
    inputs = [helper.make_tensor_value_info("x", TensorProto.STRING, ["n", 4])]
    nodes = [
        helper.make_node("Cast", ["x"], ["z"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["z", "w"], ["logits"]),
    ]
    return network(inputs=inputs, nodes=nodes)


def _of_seven_rows():
    return network(
        inputs=[helper.make_tensor_value_info("x", TensorProto.FLOAT, [7, 4])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, [7, 3])],
    )


def _of_labels_without_names():
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["logits"]),
        helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
    ]
    return network(nodes=nodes, outputs=[helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])])


@pytest.mark.parametrize(
    ("proto", "because"),
    [
        (_of_one_column(), "0 like scores"),
        (_of_two_inputs(), "wanted one matrix"),
        (_of_text(), "wanted one matrix"),
        (_of_seven_rows(), "exactly 7 rows"),
        (_of_labels_without_names(), "doesn't name its classes"),
    ],
)
def test_what_is_no_classifier_of_one_matrix_doesn_t_open(tmp_path, proto, because):
    with pytest.raises(Unopenable, match=because):
        opened(written(proto, tmp_path), tmp_path)


def test_labels_without_names_open_when_the_target_names_them(tmp_path):
    live = opened(written(_of_labels_without_names(), tmp_path), tmp_path, classes=["a", "b", "c"])
    assert live.access == "labels"
    assert np.array_equal(live.predict(X), (X @ WEIGHTS).argmax(1))
    with pytest.raises(LookFailed, match="not among its classes"):
        opened(tmp_path / "m.onnx", tmp_path, classes=["a", "b"]).predict(X)


def test_scores_that_aren_t_finite_are_a_failed_look(tmp_path):
    live = opened(written(network(weights=np.full((4, 3), np.inf, dtype=np.float32)), tmp_path), tmp_path)
    with pytest.raises(LookFailed, match="finite"):
        live.predict(X)


@pytest.mark.parametrize("content", [b"", b"no onnx", b"\x08\x09", b"\xff" * 100])
def test_what_is_no_onnx_file_doesn_t_open(tmp_path, content):
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(Unopenable):
        opened(tmp_path / "m.onnx", tmp_path)


def test_every_truncation_of_a_model_is_refused_or_answers_no_differently(tmp_path):
    whole = written(network(), tmp_path).read_bytes()
    for length in range(1, len(whole), 7):
        (tmp_path / "m.onnx").write_bytes(whole[:length])
        try:
            live = opened(tmp_path / "m.onnx", tmp_path)
        except Unopenable:
            continue
        assert np.allclose(live.scores(X), X @ WEIGHTS, atol=1e-4)


def test_custom_operators_are_refused_by_name_and_functions_of_the_model_s_own_are_not(tmp_path):
    nodes = [helper.make_node("Mul2", ["x", "w"], ["logits"], domain="evil.ops")]
    with pytest.raises(Unopenable, match=r"evil\.ops\.Mul2"):
        opened(written(network(nodes=nodes, domains=["evil.ops"]), tmp_path), tmp_path)
    inner = [helper.make_node("MatMul", ["a", "b"], ["c"])]
    function = helper.make_function("evil.ops", "Mul2", ["a", "b"], ["c"], inner, [helper.make_opsetid("", 18)])
    proto = network(nodes=nodes, domains=["evil.ops"], functions=[function])
    assert np.allclose(opened(written(proto, tmp_path), tmp_path).scores(X), X @ WEIGHTS, atol=1e-4)


def test_a_custom_operator_inside_a_branch_is_seen(tmp_path):
    branch = helper.make_graph(
        [helper.make_node("Evil", ["x"], ["b"], domain="evil.ops")],
        "b",
        [],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, ["n", 3])],
    )
    yes = numpy_helper.from_array(np.ones((), dtype=bool), "yes")
    nodes = [helper.make_node("If", ["yes"], ["logits"], then_branch=branch, else_branch=branch)]
    with pytest.raises(Unopenable, match=r"evil\.ops\.Evil"):
        opened(written(network(nodes=nodes, extra=[yes], domains=["evil.ops"]), tmp_path), tmp_path)


def external(location, folder, **told):
    """The network, with its weights in a file beside it."""
    proto = network()
    tensor = proto.graph.initializer[0]
    weights = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **told}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    folder.mkdir(exist_ok=True)
    written(proto, folder)
    return weights


def test_weights_in_files_beside_the_model_need_the_folder_as_the_asset_so_that_they_are_pinned(tmp_path):
    folder = tmp_path / "net"
    weights = external("w.bin", folder, offset="16", length=str(48))
    (folder / "w.bin").write_bytes(b"\0" * 16 + weights)
    assert np.allclose(opened(folder, tmp_path).scores(X), X @ WEIGHTS, atol=1e-4)
    with pytest.raises(Unopenable, match="aren't part of this asset"):
        opened(folder / "m.onnx", tmp_path)


@pytest.mark.parametrize(
    "location",
    ["../secret.bin", "/etc/hostname", "sub/../../secret.bin", "link.bin", "linked/secret.bin", "", ".", "missing.bin"],
)
def test_weights_outside_the_folder_are_never_read(tmp_path, location):
    (tmp_path / "secret.bin").write_bytes(WEIGHTS.tobytes())
    folder = tmp_path / "net"
    external(location, folder)
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    (folder / "linked").symlink_to(tmp_path)
    with pytest.raises(Unopenable, match="outside its folder"):
        opened(folder, tmp_path)


@pytest.mark.parametrize(
    "told", [{"offset": "40"}, {"offset": "-1"}, {"length": "49"}, {"length": "-5"}, {"offset": "x"}, {"length": "47"}]
)
def test_weights_that_end_too_early_are_refused(tmp_path, told):
    folder = tmp_path / "net"
    weights = external("w.bin", folder, **told)
    (folder / "w.bin").write_bytes(weights)
    with pytest.raises(Unopenable):
        opened(folder, tmp_path)


def test_a_folder_of_two_models_doesn_t_open(tmp_path):
    written(network(), tmp_path)
    (tmp_path / "other.onnx").write_bytes(b"x")
    with pytest.raises(Unopenable, match=r"2 \.onnx files"):
        opened(tmp_path, tmp_path)


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_without_the_extra_the_message_says_what_to_install(tmp_path, monkeypatch, missing):
    path = written(network(), tmp_path)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(Unopenable) as caught:
        opened(path, tmp_path)
    assert "lepton-audit[onnx]" in caught.value.next_step
