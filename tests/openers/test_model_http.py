"""Prediction servers: real ones on loopback, honest and misbehaving, in both protocols."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import json
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lepton_openers.models import served_model
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from lepton_audit import LookFailed, LookRefused, Unopenable, Unreachable
from lepton_audit.testing.pinned import pinned

X, Y = load_iris(return_X_y=True)
MODEL = LogisticRegression(max_iter=500).fit(X, Y)
FEATURES = {name: {} for name in ("a", "b", "c", "d")}
TEXTS = ["setosa", "versicolor", "virginica"]


class Server:
    """Answers with what a function makes of each request; remembers what it was asked."""

    def __init__(self, reply):
        self.reply = reply
        self.asked = []
        self.connections = set()
        self.authorizations = []


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self._answer(None)

        def do_POST(self):
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body):
            server.asked.append((self.command, self.path, body))
            server.connections.add(self.client_address)
            server.authorizations.append(self.headers.get("Authorization"))
            status, headers, content = server.reply(self.path, body)
            if content is None:
                self.close_connection = True
                return
            self.send_response(status)
            for key, value in {"Content-Length": len(content), **headers}.items():
                self.send_header(key, str(value))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def serving(reply, *, certificate=None):
    """A server that runs while the block does."""
    server = Server(reply)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    httpd.handle_error = lambda *_: None
    httpd.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    server.url = f"{'https' if certificate else 'http'}://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def said(value, status=200, **headers):
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def mlflow(answer):
    """A scoring server of MLflow, whose model makes answers of rows."""

    def reply(path, body):
        assert path == "/invocations"
        return said({"predictions": answer(np.array(body["dataframe_split"]["data"]))})

    return reply


def oip(*outputs, describe=True, kind="FP64", proba=True):
    """A server of the Open Inference Protocol; each output is a name, a datatype and a function of the rows."""

    def reply(path, body):
        if path == "/v2/models/iris":
            known = {"name": "iris", "inputs": [{"name": "x", "datatype": kind, "shape": [-1, 4]}]}
            return said(known) if describe else said({"error": "not found"}, 404)
        assert path == "/v2/models/iris/infer"
        (tensor,) = body["inputs"]
        assert tensor["datatype"] == kind
        rows = np.array(tensor["data"]).reshape(tensor["shape"])
        wanted = [output["name"] for output in body.get("outputs", [])]
        if not proba and wanted:
            return said({"error": "no such output"}, 500)
        named = [output for output in outputs if not wanted or output[0] in wanted]
        found = [(name, datatype, np.asarray(make(rows))) for name, datatype, make in named]
        return said(
            {
                "outputs": [
                    {"name": n, "datatype": d, "shape": list(a.shape), "data": a.ravel().tolist()} for n, d, a in found
                ]
            }
        )

    return reply


def opened(server, folder, path="", *, uri=None, **options):
    return served_model.open(
        pinned("model", uri or server.url + path, scratch=folder, format=options.pop("format", None), options=options)
    )


@contextmanager
def live(reply, folder, **options):
    with serving(reply) as server:
        model = opened(server, folder, **options)
        try:
            yield model, server
        finally:
            model.close()


def as_mlflow(reply, folder, **options):
    return live(reply, folder, **{"format": "mlflow", "features": FEATURES, **options})


def as_oip(reply, folder, **options):
    return live(reply, folder, **{"format": "oip", "model_name": "iris", **options})


LABELS = ("predict", "INT64", MODEL.predict)
CHANCES = ("predict_proba", "FP64", MODEL.predict_proba)


def test_mlflow_s_labels_become_indices(tmp_path):
    with as_mlflow(mlflow(lambda rows: MODEL.predict(rows).tolist()), tmp_path, classes=TEXTS) as (model, server):
        assert model.access == "labels"
        assert model.classes == tuple(TEXTS)
        assert np.array_equal(model.predict(X), MODEL.predict(X))
        assert server.asked[-1][2]["dataframe_split"]["columns"] == list("abcd")
        with pytest.raises(LookRefused):
            model.scores(X)


def test_mlflow_s_texts_and_floats_that_are_labels_become_indices(tmp_path):
    named = np.array(TEXTS)
    with as_mlflow(mlflow(lambda rows: named[MODEL.predict(rows)].tolist()), tmp_path, classes=TEXTS) as (model, _):
        assert np.array_equal(model.predict(X), MODEL.predict(X))
    with as_mlflow(mlflow(lambda rows: MODEL.predict(rows).astype(float).tolist()), tmp_path, classes=[0, 1, 2]) as (
        model,
        _,
    ):
        assert np.array_equal(model.predict(X), MODEL.predict(X))


def test_mlflow_s_probabilities_are_scores_and_the_largest_is_the_label(tmp_path):
    with as_mlflow(mlflow(lambda rows: MODEL.predict_proba(rows).tolist()), tmp_path) as (model, _):
        assert model.access == "scores"
        assert model.classes == (0, 1, 2)
        assert np.allclose(model.scores(X), MODEL.predict_proba(X))
        assert np.array_equal(model.predict(X), MODEL.predict(X))


@pytest.mark.parametrize("describe", [True, False])
def test_open_inference_gives_labels_and_scores(tmp_path, describe):
    with as_oip(oip(LABELS, CHANCES, describe=describe), tmp_path, features=FEATURES) as (model, _):
        assert model.access == "scores"
        assert np.array_equal(model.predict(X), MODEL.predict(X))
        assert np.allclose(model.scores(X), MODEL.predict_proba(X))


def test_a_server_that_gives_probabilities_only_when_asked_is_asked_for_them(tmp_path):
    """MLServer's scikit-learn runtime."""
    whole = oip(LABELS, CHANCES)

    def reply(path, body):
        if body and "outputs" not in body:
            return oip(LABELS)(path, body)
        return whole(path, body)

    with as_oip(reply, tmp_path, classes=[0, 1, 2]) as (model, _):
        assert model.access == "scores"
        assert np.allclose(model.scores(X), MODEL.predict_proba(X))
        assert np.array_equal(model.predict(X), MODEL.predict(X))
    with as_oip(oip(LABELS, proba=False), tmp_path, classes=[0, 1, 2]) as (model, _):
        assert model.access == "labels"
        assert np.array_equal(model.predict(X), MODEL.predict(X))


def test_a_server_that_takes_single_precision_gets_it(tmp_path):
    with as_oip(oip(CHANCES, kind="FP32"), tmp_path) as (model, server):
        assert np.allclose(model.scores(X), MODEL.predict_proba(X), atol=1e-5)
        assert server.asked[-1][2]["inputs"][0]["data"][0] == float(np.float32(5.1)) or len(X) > 256


def test_text_labels_in_one_column_are_labels(tmp_path):
    column = ("label", "BYTES", lambda rows: np.array(TEXTS)[MODEL.predict(rows)][:, None])
    with as_oip(oip(column), tmp_path, classes=TEXTS) as (model, _):
        assert np.array_equal(model.predict(X), MODEL.predict(X))


def test_the_path_says_the_protocol_where_the_format_does_not(tmp_path):
    with serving(oip(CHANCES)) as server:
        model = opened(server, tmp_path, "/v2/models/iris")
        assert np.allclose(model.scores(X), MODEL.predict_proba(X))
        model.close()
        with pytest.raises(Unopenable, match="how the server is asked"):
            opened(server, tmp_path)
        with pytest.raises(Unopenable, match="which model"):
            opened(server, tmp_path, format="v2")
    with serving(mlflow(lambda rows: MODEL.predict_proba(rows).tolist())) as server:
        model = opened(server, tmp_path, "/invocations", features=FEATURES)
        assert model.predict(X[:1]).tolist() == [0]
        model.close()


def test_rows_are_asked_in_batches_over_one_connection_and_counted(tmp_path):
    rows = np.resize(X, (1000, 4))
    with as_mlflow(mlflow(lambda rows: MODEL.predict_proba(rows).tolist()), tmp_path) as (model, server):
        before = model.queries
        assert np.allclose(model.scores(rows), MODEL.predict_proba(rows))
        sizes = [len(body["dataframe_split"]["data"]) for _, _, body in server.asked[1:]]
        assert sizes == [256, 256, 256, 232]
        assert model.queries - before == 1000
        assert len(server.connections) == 1
        assert model.predict(X[:0]).shape == (0,)


def faulty(fault, after=1):
    """An MLflow server that is good for a while, and then has a fault."""
    count = iter(range(10**9))

    def reply(path, body):
        rows = np.array(body["dataframe_split"]["data"])
        good = mlflow(lambda rows: MODEL.predict_proba(rows).tolist())
        return good(path, body) if next(count) < after else fault(rows)

    return reply


def predictions(make):
    return lambda rows: said({"predictions": make(rows)})


ROW = [0.2, 0.3, 0.5]
FAULTS = {
    "a row less": (predictions(lambda rows: [ROW] * (len(rows) - 1)), LookFailed, "shape"),
    "a row more": (predictions(lambda rows: [ROW] * (len(rows) + 1)), LookFailed, "shape"),
    "none": (predictions(lambda _: []), LookFailed, "shape"),
    "a column less": (predictions(lambda rows: [[0.5, 0.5]] * len(rows)), LookFailed, "shape"),
    "ragged": (predictions(lambda rows: [ROW] * (len(rows) - 1) + [[1.0]]), LookFailed, "matrix"),
    "labels instead": (predictions(lambda rows: [1] * len(rows)), LookFailed, "shape"),
    "text": (predictions(lambda rows: [["a", "b", "c"]] * len(rows)), LookFailed, "matrix of numbers"),
    "numbers as text": (predictions(lambda rows: [["0.2", "0.3", "0.5"]] * len(rows)), LookFailed, "matrix of numbers"),
    "truth values": (predictions(lambda rows: [[True, False, False]] * len(rows)), LookFailed, "matrix of numbers"),
    "null": (predictions(lambda rows: [[None, 0.5, 0.5]] * len(rows)), LookFailed, "matrix of numbers"),
    "nested": (predictions(lambda rows: [[[0.2], [0.3], [0.5]]] * len(rows)), LookFailed, "matrix of numbers"),
    "records": (predictions(lambda rows: [{"0": 0.5}] * len(rows)), LookFailed, "shape"),
    "huge numbers": (
        lambda rows: (200, {}, b'{"predictions": [' + b",".join([b"[1e999, 0, 0]"] * len(rows)) + b"]}"),
        LookFailed,
        "finite",
    ),
    "wide integers": (predictions(lambda rows: [[10**400, 0, 0]] * len(rows)), LookFailed, "finite"),
    "NaN": (
        lambda rows: (200, {}, b'{"predictions": [' + b",".join([b"[NaN, 0, 0]"] * len(rows)) + b"]}"),
        Unopenable,
        "no JSON",
    ),
    "another answer": (lambda _: said({"outputs": []}), LookFailed, "no list of `predictions`"),
    "a list": (lambda _: said([ROW]), LookFailed, "no list of `predictions`"),
    "html": (lambda _: (200, {}, b"<html>hello</html>"), Unopenable, "no JSON"),
    "nothing": (lambda _: (200, {}, b""), Unopenable, "no JSON"),
    "deep": (lambda _: (200, {}, b"[" * 200_000), Unopenable, "no JSON"),
    "no text": (lambda _: (200, {}, b"\xff\xfe\x00"), Unopenable, "no JSON"),
    "compressed": (lambda _: (200, {"Content-Encoding": "gzip"}, gzip.compress(b"{}")), Unopenable, "encoding"),
    "an error": (lambda _: said({"error": "secret 4711"}, 500), Unreachable, "HTTP 500"),
    "a bad gateway": (lambda _: said({}, 502), Unreachable, "HTTP 502"),
    "refused rows": (lambda _: said({}, 400), LookFailed, "HTTP 400"),
    "gone": (lambda _: said({}, 404), Unopenable, "HTTP 404"),
    "unauthorised": (lambda _: said({}, 401), Unreachable, "doesn't let us in"),
    "forbidden": (lambda _: said({}, 403), Unreachable, "doesn't let us in"),
    "created": (lambda _: said({"predictions": [ROW]}, 201), Unreachable, "HTTP 201"),
    "hung up": (lambda _: (0, {}, None), Unreachable, "connection failed"),
    "cut off": (
        lambda _: (200, {"Content-Length": 999, "Connection": "close"}, b"{"),
        Unreachable,
        "connection failed",
    ),
    "patience": (lambda _: said({}, 429, **{"Retry-After": "3600"}), Unreachable, "left alone for 3600 s"),
}


@pytest.mark.parametrize(("fault", "kind", "because"), FAULTS.values(), ids=FAULTS)
def test_a_server_that_turns_bad_is_a_failed_look_with_its_reason(tmp_path, fault, kind, because):
    with as_mlflow(faulty(fault), tmp_path) as (model, _), pytest.raises(LookFailed, match=because) as caught:
        model.scores(X[:3])
    assert type(caught.value) is kind
    assert "4711" not in caught.value.because


FIRST = {name: fault for name, fault in FAULTS.items() if name != "a column less"}  # two columns may be all it has


@pytest.mark.parametrize(("fault", "kind", "_"), FIRST.values(), ids=FIRST)
def test_a_server_that_is_bad_from_the_start_doesn_t_open(tmp_path, fault, kind, _):
    with serving(faulty(fault, after=0)) as server, pytest.raises((Unopenable, Unreachable)) as caught:
        opened(server, tmp_path, format="mlflow", features=FEATURES)
    assert caught.type is (Unopenable if kind is LookFailed else kind)


LABEL_FAULTS = {
    "an unknown number": lambda rows: [7] * len(rows),
    "between two labels": lambda rows: [0.97] * len(rows),
    "a number as text": lambda rows: ["1"] * len(rows),
    "one text among numbers": lambda rows: [1] * (len(rows) - 1) + ["1"],
    "null": lambda rows: [None] * len(rows),
    "a list among labels": lambda rows: [1] * (len(rows) - 1) + [[1]],
    "a record": lambda rows: [{"label": 1}] * len(rows),
    "too few": lambda rows: [1] * (len(rows) - 1),
}


@pytest.mark.parametrize("make", LABEL_FAULTS.values(), ids=LABEL_FAULTS)
def test_a_label_that_is_none_of_the_classes_is_a_failed_look(tmp_path, make):
    count = iter(range(10))
    reply = mlflow(lambda rows: MODEL.predict(rows).tolist() if next(count) == 0 else make(rows))
    with as_mlflow(reply, tmp_path, classes=[0, 1, 2]) as (model, _), pytest.raises(LookFailed):
        model.predict(X[:3])


def tensor(**changes):
    return {"name": "p", "datatype": "FP64", "shape": [2, 3], "data": ROW * 2, **changes}


@pytest.mark.parametrize(
    "outputs",
    [
        [tensor(shape=[3, 2])],
        [tensor(shape=[6])],
        [tensor(shape=[2, 4])],
        [tensor(shape=[2, -3])],
        [tensor(shape=[2, 3.0])],
        [tensor(shape="2,3")],
        [tensor(data=ROW)],
        [tensor(data="abc")],
        [tensor(data=[ROW, [*ROW, 0.1]])],
        [tensor(datatype="COMPLEX")],
        [tensor(datatype=None)],
        [tensor(), tensor(name="q")],
        [tensor(shape=[2], data=[0.1, 0.9]), tensor(shape=[2], data=[1, 1], datatype="INT64")],
        [tensor(data=["a"] * 6)],
        [tensor(data=[None] * 6)],
        [],
        [3],
        None,
        {"p": ROW},
    ],
)
def test_an_open_inference_answer_that_could_be_misread_doesn_t_open(tmp_path, outputs):
    def reply(path, body):
        return said({"outputs": outputs}) if body else oip()(path, body)

    with serving(reply) as server, pytest.raises(Unopenable):
        opened(server, tmp_path, format="oip", model_name="iris", classes=[0, 1, 2])


@pytest.mark.parametrize(
    ("inputs", "because"),
    [
        ([{"name": "a", "datatype": "FP32", "shape": [-1, 4]}] * 2, "2 inputs"),
        ([{"name": "a", "datatype": "BYTES", "shape": [-1, 4]}], "BYTES"),
        ([{"name": "a", "datatype": "FP32", "shape": [-1, 3, 32, 32]}], "4 dimensions"),
        ([{"name": "a"}], "1 inputs"),
        ([{"name": "a", "datatype": "FP64", "shape": [-1, 9]}], "names 4 columns, and the server says 9"),
    ],
)
def test_a_server_of_another_input_doesn_t_open(tmp_path, inputs, because):
    with serving(lambda *_: said({"inputs": inputs})) as server, pytest.raises(Unopenable, match=because):
        opened(server, tmp_path, format="oip", model_name="iris", features=FEATURES)


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ({"features": {}}, "how many columns"),
        ({"classes": TEXTS[:2]}, "aren't the 3|shape"),
        ({"classes": ["a", "a", "b"]}, "all different"),
    ],
)
def test_a_target_that_says_too_little_or_something_else_is_told_so(tmp_path, options, because):
    with (
        serving(mlflow(lambda rows: MODEL.predict_proba(rows).tolist())) as server,
        pytest.raises(Unopenable, match=because),
    ):
        opened(server, tmp_path, format="mlflow", **{"features": FEATURES, **options})


def test_labels_without_classes_are_not_guessed(tmp_path):
    with (
        serving(mlflow(lambda rows: MODEL.predict(rows).tolist())) as server,
        pytest.raises(Unopenable, match="which there are"),
    ):
        opened(server, tmp_path, format="mlflow", features=FEATURES)


def test_a_busy_server_is_asked_again_as_soon_as_it_allows(tmp_path):
    count = iter(range(100))

    def reply(path, body):
        good = mlflow(lambda rows: MODEL.predict_proba(rows).tolist())
        return said({}, 429, **{"Retry-After": "0"}) if next(count) % 3 else good(path, body)

    with as_mlflow(reply, tmp_path) as (model, _):
        assert np.allclose(model.scores(X), MODEL.predict_proba(X))


def test_a_server_that_stays_busy_is_unreachable_after_a_few_tries(tmp_path):
    with serving(lambda *_: said({}, 503)) as server, pytest.raises(Unreachable, match="busy 5 times"):
        opened(server, tmp_path, format="mlflow", features=FEATURES)
    assert len(server.asked) == 5


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(tmp_path, status):
    with serving(mlflow(lambda rows: MODEL.predict_proba(rows).tolist())) as other:
        elsewhere = {"Location": other.url + "/invocations"}
        with serving(lambda *_: (status, elsewhere, b"")) as server, pytest.raises(Unreachable, match="elsewhere"):
            opened(server, tmp_path, format="mlflow", features=FEATURES)
        assert other.asked == []


def test_proxies_and_passwords_of_the_environment_are_left_aside(tmp_path, monkeypatch):
    with serving(lambda *_: said({})) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with as_mlflow(mlflow(lambda rows: MODEL.predict_proba(rows).tolist()), tmp_path) as (model, server):
            assert model.predict(X[:1]).tolist() == [0]
            assert set(server.authorizations) == {None}
        assert proxy.asked == []


def test_credentials_in_the_uri_are_used_and_never_told(tmp_path):
    reply = faulty(lambda _: said({}, 500))
    with serving(reply) as server:
        uri = server.url.replace("://", "://me:s3cret@")
        model = opened(server, tmp_path, uri=uri, format="mlflow", features=FEATURES)
        assert server.authorizations == ["Basic bWU6czNjcmV0"]
        with pytest.raises(Unreachable) as caught:
            model.scores(X[:1])
        model.close()
        assert "s3cret" not in caught.value.because + caught.value.next_step


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "http://127.0.0.1:1/v2/models/x", "https://127.0.0.1:1"])
def test_a_server_that_isn_t_there_is_unreachable(tmp_path, uri):
    with pytest.raises(Unreachable, match="connection failed"):
        opened(None, tmp_path, uri=uri, format="v2" if "v2" in uri else "mlflow", features=FEATURES)


@pytest.mark.parametrize("uri", ["http://", "http://[::1", "ftp://127.0.0.1/x", "http://127.0.0.1:notaport"])
def test_what_is_no_address_doesn_t_open(tmp_path, uri):
    with pytest.raises(Unopenable, match="address"):
        opened(None, tmp_path, uri=uri, format="mlflow", features=FEATURES)


@pytest.mark.parametrize("inputs", [np.full((2, 4), np.nan), np.full((2, 4), np.inf), X[:, :3]])
def test_inputs_that_can_t_be_asked_are_not_sent(tmp_path, inputs):
    with as_mlflow(mlflow(lambda rows: MODEL.predict_proba(rows).tolist()), tmp_path) as (model, server):
        asked = len(server.asked)
        with pytest.raises(LookFailed):
            model.predict(inputs)
        assert len(server.asked) == asked


def test_the_first_question_lies_inside_the_ranges_that_the_target_names(tmp_path):
    ranges = {"a": {"low": 2.0, "high": 4.0}, "b": {"low": 5.0}, "c": {"high": -1.0}, "d": {}}
    with as_mlflow(mlflow(lambda rows: MODEL.predict_proba(rows).tolist()), tmp_path, features=ranges) as (_, server):
        assert server.asked[0][2]["dataframe_split"]["data"] == [[3.0, 5.0, -1.0, 0.0]] * 2


def certificate(folder, *, name="127.0.0.1"):
    """A key and a self-signed certificate, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_the_certificate_is_verified_by_the_declared_authority(tmp_path):
    pem = certificate(tmp_path)
    reply = mlflow(lambda rows: MODEL.predict_proba(rows).tolist())
    with serving(reply, certificate=pem) as server:
        model = opened(server, tmp_path, format="mlflow", features=FEATURES, ca=str(pem))
        assert np.allclose(model.scores(X), MODEL.predict_proba(X))
        model.close()
        with pytest.raises(Unreachable, match="can't be verified"):
            opened(server, tmp_path, format="mlflow", features=FEATURES)
        (tmp_path / "empty.pem").write_text("nothing")
        with pytest.raises(Unopenable, match="holds no certificate"):
            opened(server, tmp_path, format="mlflow", features=FEATURES, ca=str(tmp_path / "empty.pem"))
    assert len(server.asked) == 2


def test_a_certificate_for_another_host_is_refused(tmp_path):
    pem = certificate(tmp_path, name="10.0.0.1")
    with (
        serving(mlflow(lambda _: []), certificate=pem) as server,
        pytest.raises(Unreachable, match="can't be verified"),
    ):
        opened(server, tmp_path, format="mlflow", features=FEATURES, ca=str(pem))


def test_a_server_that_never_answers_or_drips_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("lepton_openers.models.http_asking.READ", 0.2)
    with serving(lambda *_: time.sleep(0.6) or said({})) as server, pytest.raises(Unreachable, match="didn't answer"):
        opened(server, tmp_path, format="mlflow", features=FEATURES)


def test_an_answer_without_end_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("lepton_openers.models.http_asking.MOST_ANSWER", 1 << 16)
    with serving(lambda *_: (200, {}, b" " * (1 << 20))) as server, pytest.raises(Unreachable, match="larger than"):
        opened(server, tmp_path, format="mlflow", features=FEATURES)
