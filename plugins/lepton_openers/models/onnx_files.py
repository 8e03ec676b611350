"""Opens ONNX models: a file that holds all of its weights, or a folder with one model and the files that it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_audit import ModelOptions, PinnedAsset, Unopenable, opener
from lepton_openers.models.content import MOST_BYTES, content_of, file_bytes
from lepton_openers.models.naming import listed

if TYPE_CHECKING:
    from lepton_openers.models.onnx_model import OnnxModel

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that onnxruntime brings itself; libraries of custom ones are never loaded."""
_INSTALL = "pip install 'lepton-audit[onnx]'"


@opener("model", formats=("onnx",), suffixes=(".onnx",), preload=("onnx", "onnxruntime"))
def onnx_model(asset: PinnedAsset) -> OnnxModel:
    """The classifier in an ONNX file or folder, on the CPU with one thread. Raises: Unopenable."""
    try:
        import onnx
        import onnxruntime as ort
    except ImportError as error:
        raise Unopenable("ONNX models need onnx and onnxruntime, which aren't installed", next_step=_INSTALL) from error
    from lepton_openers.models.onnx_model import live_onnx_model

    options: ModelOptions = asset.options
    proto = _parsed(onnx, _content(asset))
    _require_known_operators(proto)
    _hold_all_weights(proto, asset.path if asset.path and asset.path.is_dir() else None)
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 4
    try:
        session = ort.InferenceSession(proto.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    except Exception as error:  # the border with a foreign file
        raise Unopenable(
            f"onnxruntime can't load the model ({type(error).__name__})", next_step="Check it with onnx.checker."
        ) from error
    return live_onnx_model(proto, session, name=asset.name, options=options)


def _content(asset: PinnedAsset) -> bytes:
    if asset.path is None or not asset.path.is_dir():
        return content_of(asset)
    found = sorted(asset.path.glob("*.onnx"))
    if len(found) != 1:
        raise Unopenable(
            f"the folder holds {len(found)} .onnx files, wanted one",
            next_step="Point `uri` to a folder with one model.",
        )
    return file_bytes(found[0])


def _parsed(onnx: Any, content: bytes) -> Any:  # a library without types
    try:
        proto = onnx.load_model_from_string(content)
    except Exception as error:  # the border with a foreign file
        raise Unopenable(f"it is no ONNX file ({type(error).__name__})", next_step="Export the model again.") from error
    if not proto.graph.node:
        raise Unopenable("it is no ONNX file: it has no operators", next_step="Export the model again.")
    return proto


def _messages(message: Any) -> Iterator[Any]:  # protobuf
    """The message and all messages inside it."""
    waiting = [message]
    while waiting:
        found = waiting.pop()
        yield found
        for field, value in found.ListFields():
            if field.message_type is not None:
                waiting.extend([value] if hasattr(value, "ListFields") else value)


def _require_known_operators(proto: Any) -> None:  # protobuf
    own = {(function.domain, function.name) for function in proto.functions}
    nodes = [found for found in _messages(proto) if found.DESCRIPTOR.name == "NodeProto"]
    foreign = {
        f"{node.domain}.{node.op_type}"
        for node in nodes
        if node.domain not in DOMAINS and (node.domain, node.op_type) not in own
    }
    if foreign:
        raise Unopenable(
            f"the model needs custom operators: {listed(sorted(foreign))}",
            next_step="Libraries of custom operators are never loaded; audit the model behind a prediction endpoint.",
        )


def _hold_all_weights(proto: Any, folder: Path | None) -> None:  # protobuf
    """Weights that lie in files beside the model are in it afterwards, so that nothing unpinned is read. Raises: Unopenable."""
    files: dict[str, bytes] = {}
    for tensor in _messages(proto):
        if tensor.DESCRIPTOR.name != "TensorProto" or not (tensor.external_data or tensor.data_location):
            continue
        told = {entry.key: entry.value for entry in tensor.external_data}
        location = told.get("location", "")
        if location not in files:
            files[location] = _beside(folder, location)
        tensor.raw_data = _slice(files[location], told)
        tensor.ClearField("external_data")
        tensor.ClearField("data_location")
    if sum(map(len, files.values())) > MOST_BYTES:
        raise Unopenable(
            f"the weights are larger than {MOST_BYTES} bytes", next_step="Audit the model behind an endpoint."
        )


def _beside(folder: Path | None, location: str) -> bytes:
    """The bytes of a file of weights inside the folder."""
    if folder is None:
        raise Unopenable(
            "the model's weights lie in other files, which aren't part of this asset",
            next_step="Put the model and its weights into a folder of their own, and point `uri` to the folder (format: onnx).",
        )
    path = folder / location
    inside = bool(location) and path.resolve().is_relative_to(folder.resolve()) and path.is_file()
    if not inside:
        raise Unopenable(
            "the model refers to weights outside its folder, or to none", next_step="Export the model again."
        )
    return file_bytes(path)


def _slice(content: bytes, told: dict[str, str]) -> bytes:
    try:
        start = int(told.get("offset", "0"))
        length = int(told.get("length", str(len(content) - start)))
    except ValueError as error:
        raise Unopenable("the model refers to its weights by no number", next_step="Export the model again.") from error
    if min(start, length) < 0 or start + length > len(content):
        raise Unopenable("the model refers to weights past the end of their file", next_step="Export the model again.")
    return content[start : start + length]
