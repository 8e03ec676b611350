"""An ONNX classifier as a live model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lepton_audit import Access, LookFailed, LookRefused, ModelOptions, Unopenable
from lepton_openers.models.answers import checked_indices, checked_inputs, checked_scores, named_classes
from lepton_openers.models.onnx_labels import labels_in_graph

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

ROWS = 4096
"""Rows of one run, so that memory stays bounded."""
_FLOATS = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}
_LABELS = ("tensor(int64)", "tensor(int32)", "tensor(string)")


@dataclass(frozen=True)
class Answers:
    """Which outputs of a graph are the labels, and which the scores."""

    labels: str | None
    scores: str | None
    mapped: bool
    """The scores are a list of maps, one per row."""


@dataclass(frozen=True)
class OnnxModel:
    """A classifier that onnxruntime runs in this process, one thread."""

    name: str
    session: Any
    answers: Answers
    known: tuple[str | int, ...]
    """The labels as the graph itself writes them."""
    classes: tuple[str | int, ...]
    options: ModelOptions
    access: Access
    native: None = None
    framework: str = "onnx"

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """Class indices (n,): the graph's own labels, or the largest score where it has none. Raises: LookFailed."""
        import numpy as np

        if self.answers.labels is None:
            scores = self.scores(x)
            return np.asarray(scores.argmax(axis=1), dtype=np.int64)
        parts = [(np.asarray(found), rows) for found, rows in self._runs(x, self.answers.labels)]
        indices = [checked_indices(_flat(found), rows=rows, classes=self.known) for found, rows in parts]
        return np.concatenate([*indices, np.empty(0, dtype=np.int64)])

    def scores(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Class scores (n, k), probabilities or logits as the graph gives them. Raises: LookRefused, LookFailed."""
        import numpy as np

        if self.answers.scores is None:
            raise LookRefused("the model gives labels only, no scores")
        many = len(self.classes)
        found = [
            checked_scores(self._columns(part), rows=rows, classes=many)
            for part, rows in self._runs(x, self.answers.scores)
        ]
        return np.concatenate([*found, np.empty((0, many))])

    def _columns(self, found: Any) -> object:  # an array, or maps
        if not self.answers.mapped:
            return found
        if any(set(row) != set(self.known) for row in found):
            raise LookFailed("the model's scores are for other classes than it has", next_step="Leave `classes` out.")
        return [[row[label] for label in self.known] for row in found]

    def _runs(self, x: NDArray[np.float64], output: str) -> Iterable[tuple[Any, int]]:
        """What the graph answers, some rows at a time. Its own type of float is used: rows are rounded to it, as where it serves."""
        wanted = self.session.get_inputs()[0]
        rows = checked_inputs(x, columns=width(wanted.shape))
        step = wanted.shape[0] if isinstance(wanted.shape[0], int) else ROWS
        for start in range(0, len(rows), step):
            chunk = rows[start : start + step].astype(_FLOATS[wanted.type])
            shaped = chunk.reshape(len(chunk), *_inner(wanted.shape, chunk.shape[1]))
            try:
                (found,) = self.session.run([output], {wanted.name: shaped})
            except Exception as error:  # the border with a model
                raise LookFailed(
                    f"the model couldn't answer ({type(error).__name__})", next_step="Run it by hand on these rows."
                ) from error
            yield found, len(chunk)


def live_onnx_model(
    proto: Any, session: Any, *, name: str, options: ModelOptions
) -> OnnxModel:  # libraries without types
    """The live model over a loaded graph. Raises: Unopenable unless it is a classifier of one matrix of floats."""
    _require_matrix(session.get_inputs())
    answers = _answers(session.get_outputs())
    known = labels_in_graph(proto, answers.labels or answers.scores or "") or _assumed(session, answers, options)
    classes = named_classes(known, options.classes)
    access: Access = "scores" if answers.scores else "labels"
    return OnnxModel(name, session, answers, known, classes, options, access)


def width(shape: list[Any]) -> int | None:
    """Numbers in one row of the input, if the graph says it."""
    inner = shape[1:]
    return math.prod(inner) if all(isinstance(size, int) for size in inner) else None


def _inner(shape: list[Any], columns: int) -> tuple[int, ...]:
    return tuple(shape[1:]) if all(isinstance(size, int) for size in shape[1:]) else (columns,)


def _require_matrix(inputs: list[Any]) -> None:
    if len(inputs) != 1 or inputs[0].type not in _FLOATS or len(inputs[0].shape) < 2:  # noqa: PLR2004  # rows and columns
        told = ", ".join(f"{found.type} of {len(found.shape)} dimensions" for found in inputs[:5])
        raise Unopenable(
            f"the model takes {told}; wanted one matrix of floats",
            next_step="Export the model with one matrix as its input.",
        )
    shape = inputs[0].shape
    if isinstance(shape[0], int) and shape[0] != 1:
        raise Unopenable(
            f"the model takes exactly {shape[0]} rows at a time", next_step="Export it with a free number of rows."
        )
    if width(shape) is None and len(shape) > 2:  # noqa: PLR2004  # rows and columns
        raise Unopenable(
            "the model's input has free inner dimensions", next_step="Export it with a fixed shape of one row."
        )


def _answers(outputs: list[Any]) -> Answers:
    labels = [found.name for found in outputs if found.type in _LABELS and len(found.shape) in (1, 2)]
    mapped = [found.name for found in outputs if found.type.startswith("seq(map(")]
    floats = [found for found in outputs if found.type in _FLOATS]
    scores = [found.name for found in floats if len(found.shape) == 2 and found.shape[1] != 1]  # noqa: PLR2004  # (n, k)
    if len(labels) > 1 or len(scores + mapped) > 1 or not labels + scores + mapped:
        raise Unopenable(
            f"of the model's {len(outputs)} outputs, {len(labels)} look like labels and {len(scores + mapped)} like scores (n, k)",
            next_step="Export a classifier with one output of labels, or one of scores with a column per class.",
        )
    return Answers(labels=next(iter(labels), None), scores=next(iter(scores + mapped), None), mapped=bool(mapped))


def _assumed(session: Any, answers: Answers, options: ModelOptions) -> tuple[str | int, ...]:  # a library without types
    """The labels where the graph doesn't name them: indices, if there are scores only or the target names classes by text."""
    outputs = {found.name: found for found in session.get_outputs()}
    if answers.labels is None and answers.scores and isinstance(outputs[answers.scores].shape[1], int):
        return tuple(range(outputs[answers.scores].shape[1]))
    if not options.classes:
        raise Unopenable(
            "the model doesn't name its classes",
            next_step="List its labels under `classes`, in the order of its scores.",
        )
    numbers = answers.labels is None or outputs[answers.labels].type != "tensor(string)"
    texts = all(isinstance(label, str) for label in options.classes)
    return tuple(range(len(options.classes))) if numbers and texts else options.classes


def _flat(found: NDArray[Any]) -> NDArray[Any]:
    """Labels in one column as a row."""
    return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found  # noqa: PLR2004  # (n, 1)
