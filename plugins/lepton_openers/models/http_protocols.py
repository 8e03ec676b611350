"""Two ways of asking a prediction server: the Open Inference Protocol (version 2), and MLflow's scoring server.

Source: KServe, Open Inference Protocol V2 REST; MLflow, "Inference server specification" (`/invocations`, `dataframe_split`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from lepton_audit import LookFailed, Unopenable, Unreachable
from lepton_openers.models.http_asking import Answer, Asking

if TYPE_CHECKING:
    import httpx
    import numpy as np
    from numpy.typing import NDArray

_FLOATS = {"FP32": "float32", "FP64": "float64"}
_WHOLE = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL", "BYTES")
_OK = 200


@dataclass(frozen=True)
class Columns:
    """One answer: labels (n,), or scores (n, k), or both; as the server wrote them."""

    labels: list[object] | None = None
    scores: list[list[object]] | None = None


class Wire(Protocol):
    """How a server is asked."""

    @property
    def columns(self) -> int | None:
        """Width of the input, where it is known."""

    def ask(self, rows: NDArray[np.float64]) -> Columns:
        """What the server answers to rows (n, d). Raises: LookFailed, Unreachable, Unopenable."""


@dataclass
class MLflow:
    """`/invocations` of MLflow."""

    asking: Asking
    url: httpx.URL
    names: Sequence[str]

    @property
    def columns(self) -> int | None:
        """Width of the input: MLflow itself doesn't tell it."""
        return len(self.names) or None

    def ask(self, rows: NDArray[np.float64]) -> Columns:
        """One number or text per row is a label, a list of them are scores."""
        body = {"dataframe_split": {"columns": list(self.names), "data": rows.tolist()}}
        value = _value(self.asking.ask(self.url, body))
        found = value.get("predictions") if isinstance(value, dict) else None
        if not isinstance(found, list):
            raise _senseless("holds no list of `predictions`")
        if found and all(isinstance(row, list) for row in found):
            return Columns(scores=found)
        return Columns(labels=found)


@dataclass
class OpenInference:
    """`/v2/models/NAME/infer` of the Open Inference Protocol."""

    asking: Asking
    url: httpx.URL
    """Of the model, without `/infer`."""
    name: str = "input-0"
    kind: str = "FP64"
    columns: int | None = None
    wanted: list[dict[str, str]] = field(default_factory=list)

    def introduce(self) -> None:
        """The server's own description of the model's input is known, where it gives one. Raises: Unopenable if that is no matrix of floats."""
        answer = self.asking.ask(self.url)
        inputs = answer.value.get("inputs") if isinstance(answer.value, dict) else None
        if not inputs:
            return
        try:
            (only,) = inputs
            self.name, self.kind, shape = str(only["name"]), str(only["datatype"]), list(only["shape"])
        except (TypeError, KeyError, ValueError) as error:
            raise Unopenable(
                f"the model takes {len(inputs)} inputs; wanted one matrix", next_step="Serve one matrix."
            ) from error
        if self.kind not in _FLOATS or len(shape) != 2:  # noqa: PLR2004  # a matrix
            raise Unopenable(f"the model takes {self.kind} of {len(shape)} dimensions; wanted a matrix of FP32 or FP64")
        self.columns = shape[1] if isinstance(shape[1], int) and shape[1] > 0 else None

    def ask(self, rows: NDArray[np.float64]) -> Columns:
        """Whole numbers, texts and single columns are labels; a matrix of floats are scores."""
        data = rows.astype(_FLOATS[self.kind]).ravel().tolist()
        body: dict[str, Any] = {
            "inputs": [{"name": self.name, "shape": list(rows.shape), "datatype": self.kind, "data": data}]
        }
        if self.wanted:
            body["outputs"] = self.wanted
        value = _value(self.asking.ask(at_path(self.url, "/infer"), body))
        outputs = value.get("outputs") if isinstance(value, dict) else None
        if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
            raise _senseless("holds no list of `outputs`")
        return _told_apart([_tensor(output) for output in outputs], rows=len(rows))


@dataclass(frozen=True)
class _Tensor:
    kind: str
    shape: list[int]
    flat: list[object]


def _tensor(output: dict[str, Any]) -> _Tensor:
    """One output, as flat as it may come. Raises: LookFailed unless it has as many elements as its shape says."""
    kind, shape, data = output.get("datatype"), output.get("shape"), output.get("data")
    whole = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    if not isinstance(kind, str) or not whole or not isinstance(data, list):
        raise _senseless("holds an output without `datatype`, `shape` and `data`")
    flat: list[object] = data
    while flat and all(isinstance(inner, list) for inner in flat):
        flat = [element for inner in flat if isinstance(inner, list) for element in inner]
    if len(flat) != math.prod(shape or ()):
        raise _senseless(f"holds {len(flat)} elements where it says {math.prod(shape or ())}")
    return _Tensor(kind, list(shape or ()), flat)


def _told_apart(tensors: list[_Tensor], *, rows: int) -> Columns:
    """Raises: LookFailed if some output has another number of rows, or two outputs could be meant."""
    if any(tensor.shape[:1] != [rows] for tensor in tensors):
        raise _senseless(f"is for another number of rows than the {rows} asked for")
    floats = [tensor for tensor in tensors if tensor.kind in _FLOATS]
    matrices = [tensor for tensor in floats if len(tensor.shape) == 2 and tensor.shape[1] > 1]  # noqa: PLR2004  # (n, k)
    single = [tensor for tensor in tensors if math.prod(tensor.shape[1:]) == 1 and tensor.kind in (*_FLOATS, *_WHOLE)]
    if len(matrices) > 1 or len(single) > 1 or not matrices + single:
        raise _senseless(
            f"holds {len(single)} outputs that may be labels, and {len(matrices)} that may be scores (n, k)"
        )
    scores = [
        [*matrix.flat[start : start + matrix.shape[1]]]
        for matrix in matrices
        for start in range(0, len(matrix.flat), matrix.shape[1])
    ]
    return Columns(labels=single[0].flat if single else None, scores=scores if matrices else None)


def _value(answer: Answer) -> object:
    """The value of a good answer. Raises: Unreachable on 5xx, redirects and refusals; LookFailed if the server refuses the rows."""
    status = answer.status
    if status == _OK:
        return answer.value
    if 300 <= status < 400:  # noqa: PLR2004  # redirects
        raise Unreachable(
            f"the server sends us elsewhere (HTTP {status})", next_step="Put the address it sends to into the target."
        )
    if status in (401, 403):
        raise Unreachable(
            f"the server doesn't let us in (HTTP {status})", next_step="Put credentials into the uri, as ${env:NAME}."
        )
    if status == 404:  # noqa: PLR2004  # not found
        raise Unopenable(
            "the server knows no such model (HTTP 404)", next_step="Check the uri, `model_name` and `format`."
        )
    if 400 <= status < 500:  # noqa: PLR2004  # the question is wrong
        raise LookFailed(
            f"the server refuses the rows (HTTP {status})", next_step="Check the columns under `features`."
        )
    raise Unreachable(f"the server failed (HTTP {status})", next_step="Read the server's log.")


def _senseless(what: str) -> LookFailed:
    return LookFailed(
        f"the server's answer {what}", next_step="Check `format` and the uri: is this the prediction server?"
    )


def at_path(url: httpx.URL, more: str) -> httpx.URL:
    """The address with more at the end of its path."""
    path, mark, query = url.raw_path.partition(b"?")
    return url.copy_with(raw_path=path.rstrip(b"/") + more.encode() + mark + query)


def model_path(path: str, model_name: str | None) -> str:
    """The path of a model in the Open Inference Protocol. Raises: Unopenable if the target doesn't name the model."""
    plain = path.rstrip("/").removesuffix("/infer")
    if "/v2/models/" in plain + "/" and not plain.endswith("/v2/models"):
        return plain
    if not model_name:
        raise Unopenable("the target doesn't say which model of the server", next_step="Name it under `model_name`.")
    return plain.removesuffix("/models").removesuffix("/v2") + "/v2/models/" + quote(model_name, safe="")
