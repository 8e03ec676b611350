"""skops files: benign ones answer as the originals did, hostile ones are refused, and code of the target's own needs the permission."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
import skops.io
from lepton_openers.models import skops_model
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from lepton_audit import Forbidden, Unopenable
from lepton_audit.testing.pinned import pinned

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])


def opened(content: bytes, folder, *, run_code=False, **options):
    (folder / "m.skops").write_bytes(content)
    return skops_model.open(pinned("model", folder / "m.skops", scratch=folder, options=options, run_code=run_code))


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(max_iter=500),
        SGDClassifier(loss="log_loss", random_state=0),
        SVC(),
        DecisionTreeClassifier(),
        RandomForestClassifier(5),
        GradientBoostingClassifier(n_estimators=2),
        HistGradientBoostingClassifier(max_iter=2),
        KNeighborsClassifier(algorithm="ball_tree"),
        GaussianProcessClassifier(optimizer=None),
        CalibratedClassifierCV(GaussianNB(), cv=2),
        MLPClassifier((4,), solver="lbfgs", max_iter=5000, random_state=0),
        VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())]),
        make_pipeline(StandardScaler(), FunctionTransformer(np.tanh), LogisticRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_skops_file_answers_as_the_original_did(tmp_path, model):
    model.fit(X, NAMES[Y])
    live = opened(skops.io.dumps(model), tmp_path)
    assert np.array_equal(NAMES[live.predict(X)], model.predict(X))


class Own(LogisticRegression):
    """A type of the target's own."""


OWN = f"{Own.__module__}.Own"


def test_a_type_of_one_s_own_needs_trust_and_the_permission_to_run_code(tmp_path):
    content = skops.io.dumps(Own(max_iter=500).fit(X, Y))
    with pytest.raises(Unopenable, match="Own"):
        opened(content, tmp_path)
    with pytest.raises(Unopenable, match="Own"):
        opened(content, tmp_path, trusted=["builtins.Other"], run_code=True)
    with pytest.raises(Forbidden):
        opened(content, tmp_path, trusted=[OWN])
    assert opened(content, tmp_path, trusted=[OWN], run_code=True).classes == (0, 1, 2)


def rewritten(content: bytes, change) -> bytes:
    """The same archive with another schema."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            held = old.read(name)
            new.writestr(name, json.dumps(change(json.loads(held))) if name == "schema.json" else held)
    return out.getvalue()


def in_place_of_penalty(node):
    """Puts a node where the model keeps one of its settings."""

    def change(schema):
        schema["content"]["content"]["penalty"] = node
        return schema

    return change


TEXT = {
    "__class__": "str",
    "__module__": "builtins",
    "__loader__": "JsonNode",
    "content": '"touch /tmp/never"',
    "is_json": True,
    "__id__": 901,
}
TUPLE = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": [TEXT], "__id__": 902}
HOSTILE = {
    "function": {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
    "type": {"__class__": "Popen", "__module__": "subprocess", "__loader__": "TypeNode"},
    "object": {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode", "content": TUPLE},
    "reduce": {"__class__": "system", "__module__": "os", "__loader__": "ConstructorFromReduceNode", "content": TUPLE},
    "loss": {
        "__class__": "system",
        "__module__": "os",
        "__loader__": "LossNode",
        "__reduce__": {"args": TUPLE},
        "content": TUPLE,
    },
    "operator": {
        "__class__": "methodcaller",
        "__module__": "operator",
        "__loader__": "OperatorFuncNode",
        "attrs": TUPLE,
    },
    "method": {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "MethodNode",
        "content": {"func": "format", "obj": TEXT},
    },
    "partial": {
        "__class__": "partial",
        "__module__": "functools",
        "__loader__": "PartialNode",
        "content": {
            "func": {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
            "args": TUPLE,
            "kwds": {
                "__class__": "dict",
                "__module__": "builtins",
                "__loader__": "DictNode",
                "content": {},
                "key_types": TUPLE,
            },
            "namespace": TEXT,
        },
    },
    "json that is none": {**TEXT, "content": "__import__('os')"},
    "unknown": {"__class__": "str", "__module__": "builtins", "__loader__": "NodeOfTheFuture"},
    "cached nothing": {"__class__": "str", "__module__": "builtins", "__loader__": "CachedNode", "__id__": 12345},
    "array outside": {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "NdArrayNode",
        "type": "numpy",
        "file": "../../etc/passwd",
    },
}


@pytest.mark.parametrize("protocol", [0, 1, 2, 99, -1, "x"])
@pytest.mark.parametrize("node", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_schema_is_refused_under_any_protocol(tmp_path, node, protocol):
    change = in_place_of_penalty({"__id__": 900, **node})
    content = skops.io.dumps(LogisticRegression(max_iter=500).fit(X, Y))
    with pytest.raises(Unopenable):
        opened(rewritten(content, lambda schema: {**change(schema), "protocol": protocol}), tmp_path)


def test_the_same_archive_with_a_harmless_change_opens(tmp_path):
    """So the others are refused for what they hold, and not for having been rewritten."""
    content = skops.io.dumps(LogisticRegression(max_iter=500).fit(X, Y))
    assert opened(rewritten(content, in_place_of_penalty(TEXT)), tmp_path).native.penalty == "touch /tmp/never"


def test_a_message_names_the_foreign_type(tmp_path):
    content = skops.io.dumps(LogisticRegression(max_iter=500).fit(X, Y))
    with pytest.raises(Unopenable, match=r"os\.system"):
        opened(rewritten(content, in_place_of_penalty({"__id__": 900, **HOSTILE["function"]})), tmp_path)


def test_a_schema_nested_without_end_is_refused(tmp_path):
    deep = '{"content":' * 100_000 + "1" + "}" * 100_000
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("schema.json", deep)
    with pytest.raises(Unopenable):
        opened(out.getvalue(), tmp_path)


def _archive(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content", [b"nothing", b"PK\x03\x04rubbish", _archive([("other", b"")]), _archive([("schema.json", b"[]")])]
)
def test_what_is_no_skops_file_doesn_t_open(tmp_path, content):
    with pytest.raises(Unopenable):
        opened(content, tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused(tmp_path):
    with pytest.raises(Unopenable, match="two entries"):
        opened(_archive([("schema.json", b"{}"), ("schema.json", b"{}")]), tmp_path)


def test_an_archive_that_unpacks_to_gigabytes_is_refused(tmp_path):
    bomb = _archive([("schema.json", b"{}"), ("a.npy", b"\0" * (1 << 24))])
    claims = bomb.replace((1 << 24).to_bytes(4, "little"), (0xFFFFFFF0).to_bytes(4, "little"))
    with pytest.raises(Unopenable, match="more than can be audited"):
        opened(claims, tmp_path)


def test_a_tree_that_points_outside_itself_is_refused(tmp_path):
    model = DecisionTreeClassifier(max_depth=2).fit(X, Y)
    state = model.tree_.__getstate__()
    state["nodes"]["feature"][0] = 500
    model.tree_.__setstate__(state)
    with pytest.raises(Unopenable, match="points outside itself"):
        opened(skops.io.dumps(model), tmp_path)


def test_a_model_of_another_scikit_learn_doesn_t_open_in_silence(tmp_path, monkeypatch):
    model = GaussianNB().fit(X, Y)
    with monkeypatch.context() as then:
        then.setattr("sklearn.base.__version__", "1.4.2")
        content = skops.io.dumps(model)
    with pytest.raises(Unopenable, match="fitted with scikit-learn"):
        opened(content, tmp_path)
