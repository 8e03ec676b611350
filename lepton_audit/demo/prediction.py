"""The prediction API of the scorer: Open Inference Protocol v2, JSON.

Source: https://github.com/open-inference/open-inference-protocol, specification/protocol/inference_rest.md.
"""

from __future__ import annotations

import io
import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lepton_audit.demo import vault

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

    from lepton_audit.demo.system import State

LARGEST_REQUEST = 32 * 1024 * 1024  # bytes
HEALTH = {"/v2/health/live": "live", "/v2/health/ready": "ready", "/v2/models/scorer/ready": "ready"}


def scorer_in(folder: Path, state: State) -> LogisticRegression:
    """The scorer that the service answers with. The hardened one is authenticated and decrypted in memory, before it is unpickled."""
    import joblib

    if state == "published":
        return joblib.load(folder / "models/scorer.joblib")
    key = (folder / "keys/parameters.key").read_bytes()
    return joblib.load(io.BytesIO(vault.from_aes_gcm(key, (folder / "vault/scorer.bin").read_bytes())))


def metadata(model: LogisticRegression) -> dict[str, Any]:
    """What the model takes and gives."""
    return {
        "name": "scorer",
        "versions": ["1"],
        "platform": "scikit-learn",
        "inputs": [{"name": "x", "datatype": "FP64", "shape": [-1, model.n_features_in_]}],
        "outputs": [
            {"name": "probabilities", "datatype": "FP64", "shape": [-1, len(model.classes_)]},
            {"name": "label", "datatype": "INT64", "shape": [-1]},
        ],
    }


def inference(model: LogisticRegression, request: dict[str, Any]) -> dict[str, Any]:
    """Probabilities and labels of the request's one input tensor. Raises ValueError, KeyError or TypeError on a malformed request."""
    import numpy as np

    (tensor,) = request["inputs"]
    x = np.asarray(tensor["data"], dtype=np.float64).reshape(tensor["shape"])
    if x.ndim != len(("rows", "features")) or not np.isfinite(x).all():
        raise ValueError("the input must be a matrix of finite numbers")
    probabilities = model.predict_proba(x)
    labels = model.classes_[probabilities.argmax(axis=1)]
    outputs = [_tensor("probabilities", "FP64", probabilities), _tensor("label", "INT64", labels)]
    return {"model_name": "scorer", "model_version": "1", "outputs": outputs} | (
        {"id": request["id"]} if "id" in request else {}
    )


def _tensor(name: str, datatype: str, values: Any) -> dict[str, Any]:  # an array
    return {"name": name, "datatype": datatype, "shape": list(values.shape), "data": values.ravel().tolist()}


class Prediction(BaseHTTPRequestHandler):
    """Answers for one scorer, which its subclass names."""

    model: ClassVar[LogisticRegression]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm, wbufsize = True, -1  # one packet an answer, at once
    server_version, sys_version = "lepton-scoring", ""

    def do_GET(self) -> None:
        if self.path in HEALTH:
            self.answer(HTTPStatus.OK, {HEALTH[self.path]: True})
        elif self.path == "/v2/models/scorer":
            self.answer(HTTPStatus.OK, metadata(self.model))
        else:
            self.answer(HTTPStatus.NOT_FOUND, {"error": "no such address"})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if self.path != "/v2/models/scorer/infer" or not 0 < length <= LARGEST_REQUEST:
            self.close_connection = True
            self.answer(HTTPStatus.NOT_FOUND, {"error": "no such address, or no content of a readable size"})
            return
        try:
            given = inference(self.model, json.loads(self.rfile.read(length)))
        except (ValueError, KeyError, TypeError):
            self.answer(HTTPStatus.BAD_REQUEST, {"error": "one input tensor of shape (n, features) is wanted"})
        else:
            self.answer(HTTPStatus.OK, given)

    def answer(self, status: HTTPStatus, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as http.server declares it
        """Nothing is logged: a request may hold personal values."""


def prediction_handler(folder: Path, state: State) -> type[Prediction]:
    """Answers for the scorer of the folder."""

    class Served(Prediction):
        model = scorer_in(folder, state)

    return Served
