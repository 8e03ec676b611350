"""The probe as a whole: through real openers, a real server, its declaration and its weight."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from lepton_openers import lepton_openers
from lepton_robustness import lepton_probes
from lepton_robustness.evasion.words import EvasionEvidence, EvasionState
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lepton_audit.facts.evidence import traits
from lepton_audit.testing.pinned import pinned

X, Y = load_breast_cancer(return_X_y=True)
NAMES = [f"x{i}" for i in range(30)]
ROLES = {"columns": {"label": "label", "name": "identifier"}}


def opened(kind, uri, format_, folder, **more):
    (opener,) = [o for o in lepton_openers() if o.kind == kind and format_ in o.formats]
    return opener.open(pinned(kind, uri, scratch=folder, format=format_, **more))


@pytest.fixture(scope="module")
def model():
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:400], Y[:400])


@pytest.fixture(scope="module")
def rows():
    columns = {name: X[400:, i] for i, name in enumerate(NAMES)}
    return pa.table({"name": [f"p{i}" for i in range(len(X) - 400)], **columns, "label": Y[400:]})


@pytest.fixture
def holdout(rows, tmp_path):
    pyarrow.parquet.write_table(rows, tmp_path / "h.parquet")
    return opened("table", tmp_path / "h.parquet", "parquet", tmp_path, options=ROLES)


@pytest.fixture
def saved(model, tmp_path):
    joblib.dump(model, tmp_path / "m.joblib")
    options = {"features": {name: {} for name in NAMES}}
    return opened("model", tmp_path / "m.joblib", "joblib", tmp_path, options=options, run_code=True)


def test_a_saved_pipeline_and_a_stored_table_are_attacked_exactly(
    saved, holdout, rows, fitted, model, table, tmp_path, last
):
    found = last(saved, holdout, eps=0.3, scale="std")
    assert (found.exact, found.features, found.rows) == (True, 30, 169)
    assert found.robust_accuracy == last(fitted(model), table(X[400:], Y[400:]), eps=0.3, scale="std").robust_accuracy
    pyarrow.csv.write_csv(rows, tmp_path / "h.csv")
    typed = opened("table", tmp_path / "h.csv", "csv", tmp_path, options=ROLES)
    assert last(saved, typed, eps=0.3, scale="std") == found


@pytest.fixture
def server(model):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            (rows,) = [asked[key] for key in ("inputs", "instances", "dataframe_split") if key in asked]
            x = np.array(rows["data"] if isinstance(rows, dict) else rows, dtype=float)
            body = json.dumps({"predictions": model.predict(x).tolist()}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/invocations"
    running.shutdown()
    thread.join()
    running.server_close()


def test_a_real_server_that_gives_labels_is_attacked_over_http(server, holdout, saved, tmp_path, last):
    options = {"features": {name: {} for name in NAMES}, "classes": [0, 1]}
    api = opened("model", server, "mlflow", tmp_path, options=options)
    found = last(api, holdout, eps=0.4, scale="std", max_samples=16)
    exact = last(saved, holdout, eps=0.4, scale="std", max_samples=16)
    api.close()
    assert found.knowledge == "labels"
    assert found.attacked == exact.attacked
    assert exact.broken - 1 <= found.broken <= exact.broken
    assert found.doubts == ()


def test_the_probe_declares_what_the_engine_needs():
    (probe,) = lepton_probes()
    assert probe.id == "robustness.evasion"
    assert {i.name: i.kind.name for i in probe.inputs} == {"model": "model", "holdout": "table"}
    assert probe.injected == {"settings", "rng", "effort", "resume"}
    assert probe.state is EvasionState
    assert all((probe.docs.title, probe.docs.what, probe.docs.why, probe.docs.source, probe.docs.limits))


def test_every_field_of_the_evidence_says_what_it_is():
    for name, field in EvasionEvidence.model_fields.items():
        assert name == "doubts" or (field.description and ({"unit", "part"} & traits(field).keys())), name


def test_importing_the_plugin_loads_nothing_heavy():
    code = "import lepton_robustness, sys; print(*{'numpy', 'sklearn', 'art', 'ibis', 'scipy'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
