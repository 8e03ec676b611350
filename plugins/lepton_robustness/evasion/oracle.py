"""The model as attacks ask it: every answer checked, every question counted."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lepton_audit import Access, LookFailed
from lepton_robustness.evasion.threat import Floats

Labels = NDArray[np.int64]


class Answers(Protocol):
    """What a model and a planted twin have in common."""

    @property
    def access(self) -> Access: ...

    def predict(self, x: Floats) -> Labels: ...

    def scores(self, x: Floats) -> Floats: ...


class Oracle:
    """A model whose answers can be relied on: wrong shapes and senseless values end the look."""

    def __init__(self, model: Answers, *, classes: int) -> None:
        self.model = model
        self.classes = classes
        self.queries = 0
        self.scored = model.access != "labels"

    def labels(self, x: Floats) -> Labels:
        """Class indices (n,) of inputs (n, d). Raises LookFailed where the answer is none."""
        self.queries += len(x)
        given = np.asarray(self.model.predict(np.ascontiguousarray(x, dtype=np.float64)))
        if given.shape != (len(x),):
            raise LookFailed(
                f"the model answered {len(x)} inputs with labels of shape {given.shape}, wanted ({len(x)},)"
            )
        if given.dtype.kind not in "iu" or (len(given) and not (given.min() >= 0 and given.max() < self.classes)):
            raise LookFailed(
                f"the model's labels aren't class indices from 0 to {self.classes - 1} (got {given.dtype})"
            )
        return given.astype(np.int64)

    def scores(self, x: Floats) -> Floats:
        """Class scores (n, k) of inputs (n, d). Raises LookFailed where they are none."""
        self.queries += len(x)
        given = np.asarray(self.model.scores(np.ascontiguousarray(x, dtype=np.float64)))
        if given.shape != (len(x), self.classes):
            raise LookFailed(
                f"the model answered {len(x)} inputs with scores of shape {given.shape}, wanted ({len(x)}, {self.classes})"
            )
        if given.dtype.kind not in "fiu" or not np.isfinite(given).all():
            raise LookFailed("the model's scores are not finite numbers")
        return given.astype(np.float64)

    def margins(self, x: Floats, y: Labels) -> Floats:
        """How far (n,) the true class leads; below zero another class does. Logarithmic where scores are probabilities."""
        scores = self.scores(x)
        if scores.size and scores.min() >= 0 and scores.max() <= 1:
            scores = np.log(np.maximum(scores, np.finfo(np.float64).tiny))
        rows = np.arange(len(x))
        true = scores[rows, y].copy()
        scores[rows, y] = -np.inf
        lead: Floats = true - scores.max(axis=1)
        return lead
