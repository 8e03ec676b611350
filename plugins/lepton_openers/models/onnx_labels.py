"""The class labels that an ONNX graph holds, found by following its output back; never guessed from an inner classifier."""

from __future__ import annotations

from typing import Any

_PASSING = frozenset({"Identity", "Cast", "Reshape", "Squeeze", "Flatten", "Normalizer"})
"""Operators that pass labels or scores on, in their order."""
_ATTRIBUTES = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")


def labels_in_graph(proto: Any, output: str) -> tuple[str | int, ...] | None:  # protobuf
    """The labels of the operator that makes an output, in the order of its scores; ``None`` where the graph doesn't say."""
    makers = {name: node for node in proto.graph.node for name in node.output}
    tables = {tensor.name: tensor for tensor in proto.graph.initializer}
    node = makers.get(output)
    for _ in range(len(makers)):
        if node is None or node.op_type not in _PASSING or not node.input:
            break
        node = makers.get(node.input[0])
    if node is None:
        return None
    if node.op_type == "ArrayFeatureExtractor" and node.input[0] in tables:
        return _table(tables[node.input[0]])
    return _attribute(node)


def _attribute(node: Any) -> tuple[str | int, ...] | None:  # protobuf
    for found in node.attribute:
        if found.name in _ATTRIBUTES and (found.strings or found.ints):
            return tuple(text.decode("utf-8", "replace") for text in found.strings) or tuple(found.ints)
    return None


def _table(tensor: Any) -> tuple[str | int, ...] | None:  # protobuf
    from onnx import numpy_helper

    labels = numpy_helper.to_array(tensor).ravel().tolist()
    plain = [label.decode("utf-8", "replace") if isinstance(label, bytes) else label for label in labels]
    return tuple(plain) if plain and all(isinstance(label, str | int) for label in plain) else None
