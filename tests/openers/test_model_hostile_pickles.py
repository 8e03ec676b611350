"""Hostile model files: each is refused with its reason, and none of it has run. Payloads only ever create an empty file."""

from __future__ import annotations

import bz2
import contextlib
import copyreg
import gzip
import io
import lzma
import os
import pickle
import struct
import sys
import zlib

import joblib
import numpy as np
import pytest
from lepton_openers.models import pickled_model
from lepton_openers.models.scan import Loaded, _read
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from lepton_audit import LookFailed, Unopenable
from lepton_audit.testing.pinned import pinned

NAMES = [
    "os.system",
    "posix.system",
    "nt.system",
    "os.popen",
    "os.execv",
    "os.remove",
    "subprocess.Popen",
    "subprocess.check_output",
    "pty.spawn",
    "builtins.eval",
    "builtins.exec",
    "builtins.compile",
    "builtins.__import__",
    "builtins.getattr",
    "builtins.setattr",
    "builtins.open",
    "builtins.globals",
    "builtins.map",
    "builtins.type",
    "builtins.list",
    "builtins.range",
    "builtins.bytearray",
    "__builtin__.eval",
    "__builtin__.apply",
    "operator.attrgetter",
    "operator.methodcaller",
    "operator.itemgetter",
    "functools.partial",
    "functools.reduce",
    "types.CodeType",
    "types.FunctionType",
    "types.MethodType",
    "importlib.import_module",
    "importlib._bootstrap._load",
    "pkgutil.resolve_name",
    "pickle.loads",
    "_pickle.loads",
    "pickle.Unpickler",
    "cloudpickle.loads",
    "marshal.loads",
    "shelve.open",
    "dill.loads",
    "runpy.run_path",
    "runpy._run_code",
    "code.interact",
    "codeop.compile_command",
    "pdb.run",
    "bdb.Bdb",
    "cProfile.run",
    "profile.run",
    "timeit.timeit",
    "trace.Trace",
    "ctypes.CDLL",
    "ctypes.util.find_library",
    "webbrowser.open",
    "asyncio.run",
    "antigravity.geohash",
    "logging.config.dictConfig",
    "shutil.rmtree",
    "shutil.copyfile",
    "pathlib.Path",
    "tempfile.mkstemp",
    "zipfile.ZipFile",
    "urllib.request.urlopen",
    "socket.create_connection",
    "http.client.HTTPConnection",
    "smtplib.SMTP",
    "sqlite3.connect",
    "multiprocessing.Process",
    "threading.Thread",
    "atexit.register",
    "signal.signal",
    "doctest.debug_script",
    "distutils.file_util.write_file",
    "setuptools.setup",
    "pip.main",
    "ensurepip.bootstrap",
    "venv.create",
    "site.addsitedir",
    "numpy.load",
    "numpy.save",
    "numpy.fromfile",
    "numpy.memmap.tofile",
    "numpy.loadtxt",
    "numpy.genfromtxt",
    "numpy.lib.npyio.load",
    "numpy.lib._npyio_impl.load",
    "numpy.f2py.crackfortran.getlincoef",
    "numpy.testing._private.utils.runstring",
    "numpy.testing.rundocs",
    "numpy._core._internal._ctypes",
    "numpy._core._ufunc_reconstruct",
    "numpy._core.multiarray.fromfile",
    "numpy.core.multiarray.frombuffer",
    "numpy.vectorize",
    "numpy.distutils.exec_command.exec_command",
    "numpy._core.multiarray.__dict__",
    "scipy.io.loadmat",
    "scipy.stats._distn_infrastructure.rv_continuous",
    "scipy.stats._continuous_distns.norm_gen",
    "scipy.sparse._matrix_io.load_npz",
    "sklearn.datasets._svmlight_format_io.load_svmlight_file",
    "sklearn.datasets._base.load_files",
    "sklearn.datasets._openml.fetch_openml",
    "sklearn.utils._testing.assert_run_python_script",
    "sklearn.utils.parallel.delayed",
    "sklearn.externals.conftest.x",
    "sklearn.base.clone",
    "sklearn.metrics._dist_metrics.PyFuncDistance64",
    "sklearn.linear_model._logistic.LogisticRegression.fit",
    "sklearn.ensemble._base._set_random_states",
    "joblib.load",
    "joblib.numpy_pickle.load",
    "joblib.memory.Memory",
    "joblib.memory.MemorizedFunc",
    "joblib.numpy_pickle_compat.ZNDArrayWrapper",
    "joblib.parallel.Parallel",
    "joblib.externals.loky.backend.popen_loky_posix.Popen",
    "joblib._store_backends.FileSystemStoreBackend",
    "torch.load",
    "torch.jit.load",
    "torch.hub.load",
    "torch.utils.cpp_extension.load",
    "torch.package.PackageImporter",
    "pandas.read_pickle",
    "pandas.io.pickle.read_pickle",
    "pandas.eval",
    "keras.models.load_model",
    "tensorflow.io.read_file",
    "onnx.load",
    "skops.io.load",
    "yaml.unsafe_load",
    "jinja2.Template",
    "copyreg.__newobj__",
    "copyreg.add_extension",
    "_codecs.lookup",
    "codecs.open",
    "copy._reconstruct",
    "gc.get_objects",
    "inspect.getattr_static",
    "lepton_openers.models.scan.load",
    "__main__.Anything",
    "sklearn.os.system",
    "numpy.os.system",
]


class Runs:
    """Pickles as a call: the usual attack."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.fixture
def sentinel(tmp_path):
    return tmp_path / "it-ran"


@pytest.fixture
def refused(tmp_path, sentinel):
    """Opens hostile bytes, and gives the message with which they were refused."""

    def open_(content, *, trusted=()):
        path = tmp_path / "hostile.joblib"
        path.write_bytes(content)
        with pytest.raises(Unopenable) as caught:
            pickled_model.open(pinned("model", path, scratch=tmp_path, options={"trusted": trusted}, run_code=True))
        assert not sentinel.exists()
        return caught.value.because

    return open_


def dumped(model, **kwargs) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(model, buffer, **kwargs)
    return buffer.getvalue()


def fitted(**attributes):
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    vars(model).update(attributes)
    return model


def text(value: str, protocol: int) -> bytes:
    encoded = value.encode()
    return b"V" + encoded + b"\n" if protocol < 2 else b"X" + struct.pack("<I", len(encoded)) + encoded


def named(full: str, protocol: int) -> bytes:
    module, _, name = full.rpartition(".")
    if protocol < 4:
        return f"c{module}\n{name}\n".encode()
    return text(module, protocol) + text(name, protocol) + b"\x93"


def start(protocol: int) -> bytes:
    return b"\x80" + bytes([protocol]) if protocol >= 2 else b""


def calling(full: str, argument: str, protocol: int) -> bytes:
    return start(protocol) + named(full, protocol) + b"(" + text(argument, protocol) + b"tR."


def test_the_attack_works_where_nobody_guards(sentinel):
    joblib.load(io.BytesIO(dumped(fitted(C=Runs(os.system, f"touch {sentinel}")))))
    assert sentinel.exists()


@pytest.mark.parametrize("full", NAMES)
def test_a_forbidden_name_is_refused_by_name_in_every_protocol(refused, sentinel, full):
    for protocol in range(6):
        because = refused(calling(full, f"touch {sentinel}", protocol))
        assert full.replace("__builtin__", "builtins").replace("numpy.core.", "numpy._core.") in because


@pytest.mark.parametrize("full", NAMES)
def test_a_loader_that_meets_a_forbidden_name_unscanned_refuses_too(sentinel, full):
    for protocol in range(6):
        with pytest.raises(Exception, match=r".") as caught:
            _read(calling(full, f"touch {sentinel}", protocol), Loaded(()))
        assert type(caught.value).__name__ == "Refused"
    assert not sentinel.exists()


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("function", [os.system, eval, exec, joblib.load, np.load, getattr])
def test_an_attack_inside_a_benign_model_is_refused(refused, sentinel, function, protocol):
    assert function.__name__ in refused(dumped(fitted(C=Runs(function, f"touch {sentinel}")), protocol=protocol))


@pytest.mark.parametrize("compress", [("zlib", 3), ("gzip", 9), ("bz2", 1), ("lzma", 1), ("xz", 1)])
def test_an_attack_in_a_compressed_file_is_refused(refused, sentinel, compress):
    assert "posix.system" in refused(dumped(fitted(C=Runs(os.system, f"touch {sentinel}")), compress=compress))


@pytest.mark.parametrize("depth", [1, 3])
def test_an_attack_inside_an_object_array_is_refused(refused, sentinel, depth):
    hidden = Runs(os.system, f"touch {sentinel}")
    for _ in range(depth):
        box = np.empty(1, dtype=object)
        box[0], hidden = hidden, box
    assert "posix.system" in refused(dumped(fitted(C=hidden)))


def test_names_put_together_on_the_stack_are_seen(refused, sentinel):
    memo = (
        b"\x80\x04"
        + text("system", 4)
        + b"\x94"
        + text("os", 4)
        + b"\x94"
        + b"h\x01h\x00\x93"
        + text(f"touch {sentinel}", 4)
        + b"\x85R."
    )
    assert "os.system" in refused(memo)


def test_a_dotted_name_doesn_t_walk_to_a_function(refused):
    walk = (
        b"\x80\x04"
        + text("sklearn.linear_model._logistic", 4)
        + text("LogisticRegression.fit.__globals__", 4)
        + b"\x93."
    )
    assert "__globals__" in refused(walk)


def test_all_forbidden_names_are_told_up_to_a_bound(refused):
    many = b"(" + b"".join(named(f"evil{i}.run", 0) for i in range(9)) + b"l."
    because = refused(many)
    assert "evil0.run near byte" in because
    assert "and 4 more" in because
    assert "evil8" not in because


def test_a_name_can_t_smuggle_control_characters_or_pages_into_a_message(refused):
    because = refused(b"\x80\x04" + text("\x1b[2J<script>" + "a" * 5000, 4) + text("x", 4) + b"\x93.")
    assert because.isprintable()
    assert len(because) < 250


def test_a_scan_imports_nothing_that_the_file_names(refused):
    refused(named("this.s", 0) + b".")
    assert "this" not in sys.modules


INST = b"(V%s\nios\nsystem\n."
OBJ = b"(cos\nsystem\nV%s\no."
NEWOBJ = b"\x80\x02csubprocess\nPopen\nX\x01\x00\x00\x00a\x85\x81."
NEWOBJ_EX = b"\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93)}\x92."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (INST, "os.system"),
        (OBJ, "os.system"),
        (NEWOBJ, "subprocess.Popen"),
        (NEWOBJ_EX, "subprocess.Popen"),
        (b"Pevil\n.", "persistent id"),
        (b"\x80\x02X\x04\x00\x00\x00evilQ.", "persistent id"),
        (b"\x80\x02\x82\x01.", "extension registry"),
        (b"\x80\x02\x83\x01\x00.", "extension registry"),
        (b"\x80\x02\x84\x01\x00\x00\x00.", "extension registry"),
        (b"\x80\x05\x97.", "no whole pickle"),
        (b"\x80\x05\x98.", "no whole pickle"),
        (b"\x80\x09.", "no whole pickle"),
        (b"\xff\xfe\xfd", "no whole pickle"),
        (b"not a pickle at all", "no whole pickle"),
        (b"]]R.", "a call of something that isn't a name"),
        (b"X\x01\x00\x00\x00a)R.", "a call of something that isn't a name"),
        (b"cnumpy\nmean\n)R.", "a call of mean"),
        (b"csklearn.linear_model._logistic\nLogisticRegression\n(I1\ntR.", "a call of LogisticRegression"),
        (b"csklearn.linear_model._logistic\nLogisticRegression\n}(S'fit'\ncnumpy\nmean\nub.", "no instance"),
        (
            b"csklearn.linear_model._logistic\nLogisticRegression\n)\x81}(S'__class__'\ncnumpy\nmean\nub.",
            "special attributes",
        ),
        (
            b"csklearn.linear_model._logistic\nLogisticRegression\n)\x81N}(S'__class__'\ncnumpy\nmean\nu\x86b.",
            "special attributes",
        ),
        (b"c_codecs\nencode\n(S'a'\nS'rot13'\ntR.", "another codec"),
        (b"cnumpy\ndtype\n(S'f8,(2,)O'\ntR.", "type code"),
        (b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I999999999999\ntS'b'\ntR.", "isn't made empty"),
        (b"c__builtin__\nset\n(c__builtin__\nobject\ntR.", "of no list"),
        (b"ccopyreg\n_reconstructor\n(csklearn.svm._classes\nSVC\nc__builtin__\nstr\nNtR.", "over another base"),
        (b"cnumpy.random._pickle\n__randomstate_ctor\n(S'MT19937'\ncnumpy\nmean\ntR.", "over another function"),
        (b"cnumpy.random._pickle\n__generator_ctor\n(S'MT19937'\ncnumpy\nmean\ntR.", "over another function"),
        (b"\x80\x05\x96" + struct.pack("<Q", 1 << 60) + b".", "more bytes than there are"),
        (b"\x80\x05\x8e" + struct.pack("<Q", 1 << 60) + b".", "no whole pickle"),
        (b"\x80\x05\x95" + struct.pack("<Q", 1 << 60) + b".", "no whole pickle"),
        (b"N.N.", "2 bytes after its end"),
        (b"N.\x00", "1 bytes after its end"),
        (b"N", "no whole pickle"),
    ],
)
def test_every_trick_of_the_opcodes_is_refused(refused, sentinel, content, reason):
    assert reason in refused(content.replace(b"%s", f"touch {sentinel}".encode()))


def test_a_registered_extension_code_is_refused_even_when_cached(refused, sentinel):
    copyreg.add_extension("os", "system", 7)
    try:
        payload = b"\x80\x02\x82\x07" + text(f"touch {sentinel}", 2) + b"\x85R."
        assert pickle.loads(payload) == 0  # noqa: S301  # the attack works where nobody guards
        sentinel.unlink()
        assert "extension registry" in refused(payload)
    finally:
        copyreg.remove_extension("os", "system", 7)


def test_a_frozen_distribution_whose_state_is_executed_is_refused(refused):
    from scipy import stats

    assert "rv_continuous_frozen" in refused(dumped(fitted(C=stats.uniform(0, 1))))


def test_every_truncation_of_a_model_is_refused(refused):
    whole = dumped(DecisionTreeClassifier(max_depth=2).fit(*load_iris(return_X_y=True)))
    for length in [1, *range(2, len(whole), 97), len(whole) - 1]:
        refused(whole[:length])


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_is_refused_before_it_fills_the_memory(refused, monkeypatch, pack):
    monkeypatch.setattr("lepton_openers.models.content.unpacked.__kwdefaults__", {"most": 1 << 20})
    assert "unpacks to more than" in refused(pack(b"\0" * (1 << 26)))


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_data_after_or_missing_from_the_compressed_stream_are_refused(refused, pack):
    packed = pack(dumped(fitted()))
    refused(packed + b"more")
    refused(packed + b"more" * 100_000)
    refused(packed[:-9])


def test_lz4_without_its_library_says_what_to_install(refused):
    if "lz4" in sys.modules or __import__("importlib.util").util.find_spec("lz4"):
        pytest.skip("lz4 is installed")
    assert "lz4 isn't installed" in refused(b"\x04\x22\x4d\x18" + b"0" * 40)


def test_an_array_larger_than_its_file_is_refused(refused):
    content = dumped(np.zeros(3), protocol=2)
    assert b"K\x03\x85" in content
    assert "larger than the file" in refused(content.replace(b"K\x03\x85", b"\x8a\x08" + b"\xff" * 7 + b"\x0f\x85", 1))


def test_pickles_nested_without_end_are_refused(refused):
    content = dumped(np.array([None]))
    header = content[: content.index(b"\x80\x05")]
    assert "not a classifier" in refused(header * 7 + content + b"." * 7)
    assert "nested too deep" in refused(header * 8 + content + b"." * 8)


def test_a_numpy_type_that_hides_object_pointers_is_refused(refused):
    """A structure that says it holds no objects, over a field that is one: numpy would follow the file's bytes as pointers."""
    honest = np.dtype([("a", "i8")])
    state = honest.__reduce__()[2]
    forged = (state[0], state[1], state[2], ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0)
    assert "holds objects" in refused(pickle.dumps(Filled(np.dtype, ("V8", False, True), forged)))


@pytest.mark.parametrize(
    "state",
    [
        (3, "<", None, None, None, -1, -1, 63),
        (3, "<", None, None, None, 99, 8, 0),
        (3, "<", (np.dtype("O"), (1,)), None, None, -1, -1, 0),
    ],
)
def test_a_forged_state_of_a_plain_numpy_type_is_refused(refused, state):
    assert "forged numpy type" in refused(pickle.dumps(Filled(np.dtype, ("f8", False, True), state)))


class Filled:
    """Pickles as a call and a state."""

    def __init__(self, function, arguments, state):
        self.parts = function, arguments, state

    def __reduce__(self):
        return self.parts


def test_an_array_filled_twice_is_refused(refused):
    once = pickle.dumps(np.zeros(4), protocol=2)
    before, state, after = once.partition(b"(K\x01")
    assert "filled twice" in refused(before + state + after[:-1] + b"(K\x01" + after)


def test_an_array_of_fewer_objects_than_its_shape_says_is_refused(refused):
    """numpy would read past the end of the list."""
    content = pickle.dumps(np.array([None, None], dtype=object), protocol=2)
    assert content.count(b"K\x02\x85") == 1
    assert "too few objects" in refused(content.replace(b"K\x02\x85", b"K\x09\x85"))


NONSENSE = [
    {"classes_": 7},
    {"classes_": [[1], [2, 3]]},
    {"classes_": LogisticRegression},
    {"coef_": None},
    {"n_features_in_": "many"},
    {"feature_names_in_": 3},
    {"feature_names_in_": ["a", "b"]},
    {"n_jobs": {}},
    {"steps": [3]},
    {"transformers_": [("a",)]},
    {"categories_": 5},
    {"predict": np.mean},
    {"predict_proba": 5},
]


@pytest.mark.parametrize("attributes", NONSENSE, ids=lambda said: next(iter(said), "none"))
def test_a_model_whose_attributes_are_nonsense_is_refused_or_fails_in_words(tmp_path, attributes):
    """Nothing but a LookFailed comes out."""
    (tmp_path / "m.joblib").write_bytes(dumped(fitted(**attributes)))
    with contextlib.suppress(LookFailed):
        live = pickled_model.open(pinned("model", tmp_path / "m.joblib", scratch=tmp_path))
        assert live.predict(np.zeros((2, 1))).shape == live.scores(np.zeros((2, 1)))[:, 0].shape == (2,)


def test_a_pipeline_inside_itself_is_refused(refused):
    pipeline = make_pipeline(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    pipeline.steps = [("itself", pipeline)]
    assert "broken (RecursionError)" in refused(dumped(pipeline))


@pytest.mark.parametrize(
    ("field", "value"),
    [("left_child", 10_000), ("right_child", -7), ("left_child", 0), ("feature", 99), ("feature", -5)],
)
def test_a_tree_that_points_outside_itself_is_refused(refused, field, value):
    model = DecisionTreeClassifier(max_depth=3).fit(*load_iris(return_X_y=True))
    state = model.tree_.__getstate__()
    state["nodes"][field][0] = value
    wild = Filled(type(model.tree_), model.tree_.__reduce__()[1], state)
    model.tree_ = wild
    assert "a Tree in the file points outside itself" in refused(dumped(model))


def test_only_types_can_be_trusted(refused, sentinel):
    assert "is none" in refused(calling("os.system", f"touch {sentinel}", 2), trusted=("posix.system", "os.system"))
    assert "not a classifier" in refused(calling("decimal.Decimal", "1", 2), trusted=("decimal.Decimal",))


def test_trust_is_in_exact_names(refused):
    assert "decimal.Decimal" in refused(calling("decimal.Decimal", "1", 2), trusted=("decimal", "decimal.*", "Decimal"))


def test_a_file_is_read_once_so_that_what_was_scanned_is_what_is_loaded(tmp_path):
    path = tmp_path / "m.joblib"
    path.write_bytes(dumped(fitted()))
    opened = []
    sys.addaudithook(
        lambda event, about: opened.append(event) if event == "open" and about[0] in (path, str(path)) else None
    )
    assert pickled_model.open(pinned("model", path, scratch=tmp_path)).classes == (0, 1)
    assert len(opened) == 1


def wild_forest_member():
    """Its trees know more features than the forest checks for."""
    model = RandomForestClassifier(2).fit(np.random.default_rng(0).normal(size=(60, 30)), np.arange(60) % 2)
    model.n_features_in_ = 2
    return model


def wild_boosting(field, value):
    model = HistGradientBoostingClassifier(max_iter=2).fit(*load_iris(return_X_y=True))
    model._predictors[1][0].nodes[field][0] = value
    return model


def wild_neighbours(kind, place, value):
    x, y = load_iris(return_X_y=True)
    model = KNeighborsClassifier(algorithm=kind).fit(x, y)
    state = list(model._tree.__getstate__())
    state[place] = value(state[place])
    model._tree.__setstate__(tuple(state))
    return model


def wild_machine(**attributes):
    model = SVC().fit(*load_iris(return_X_y=True))
    vars(model).update(attributes)
    return model


def wild_sparse():
    model = LogisticRegression(max_iter=500).fit(*load_iris(return_X_y=True)).sparsify()
    model.coef_.indices[0] = 70_000
    return model


def wild_spline():
    model = make_pipeline(SplineTransformer(), LogisticRegression(max_iter=500)).fit(*load_iris(return_X_y=True))
    model[0].bsplines_[0].c = np.zeros((1, 1))
    return model


def _shifted(index):
    return np.asarray(index) + 1000


@pytest.mark.parametrize(
    "model",
    [
        wild_forest_member(),
        wild_boosting("left", 4_000_000),
        wild_boosting("feature_idx", 4_000),
        wild_neighbours("kd_tree", 1, _shifted),
        wild_neighbours("ball_tree", 1, _shifted),
        wild_neighbours("kd_tree", 5, lambda levels: levels + 9),
        wild_machine(_n_support=np.array([1, 1, 1000], dtype=np.int32)),
        wild_machine(_dual_coef_=np.zeros((9, 3))),
        wild_machine(_n_support="three"),
        wild_machine(support_vectors_=np.zeros((3, 900))),
        wild_machine(_probA=np.zeros(1)),
        wild_sparse(),
        wild_spline(),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_whose_compiled_parts_would_read_foreign_memory_is_refused(refused, model):
    assert "points outside itself" in refused(dumped(model))
