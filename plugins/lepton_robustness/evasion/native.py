"""What the framework's own object reveals: a linear form, or a kernel machine, in the input's own units."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_robustness.evasion.threat import Floats


@dataclass(frozen=True)
class Linear:
    """A classifier that answers argmax(coef x + intercept)."""

    coef: Floats
    """(k, d)"""
    intercept: Floats
    """(k,)"""

    def scores(self, x: Floats) -> Floats:
        """(n, k)"""
        found: Floats = x @ self.coef.T + self.intercept
        return found


@dataclass(frozen=True)
class Kernel:
    """A support vector machine behind z = (x - shift) / divide, its classes numbered as the model's."""

    machine: Any
    shift: Floats
    divide: Floats


@dataclass(frozen=True)
class Affine:
    """z = (x - shift) / divide, for features (d,)."""

    shift: Floats
    divide: Floats


def surrogate(native: Any, *, classes: Sequence[str | int], features: int) -> Linear | Kernel | None:
    """The white box behind scikit-learn's own linear classifiers and support vector machines, also at the end of scaling pipelines."""
    from sklearn.linear_model._base import LinearClassifierMixin
    from sklearn.svm import SVC

    front, last = _unpiped(native, features)
    order = _order(last, classes)
    if front is None or order is None:
        return None
    binary = len(order) == 2  # noqa: PLR2004  # one plane
    if isinstance(last, LinearClassifierMixin) or (type(last) is SVC and last.kernel == "linear" and binary):
        return _linear(last, front, order)
    return _kernel(last, front, order) if type(last) is SVC else None


def _unpiped(native: Any, features: int) -> tuple[Affine | None, Any]:
    """The pipeline's scaling steps as one, and its last step."""
    from sklearn.pipeline import Pipeline

    steps = [step for _, step in native.steps] if isinstance(native, Pipeline) else [native]
    front: Affine | None = Affine(np.zeros(features), np.ones(features))
    for step in steps[:-1]:
        front = _then(front, step)
    return front, steps[-1]


def _then(front: Affine | None, step: Any) -> Affine | None:
    """The scaling followed by another step; none where the step does more than shift and divide."""
    here = _affine(step)
    if front is None or here is None:
        return None
    shift, divide = here
    return Affine(front.shift + front.divide * shift, front.divide * divide)


def _affine(step: Any) -> tuple[Floats | float, Floats | float] | None:
    from sklearn import preprocessing as p

    if step is None or step == "passthrough":
        return 0.0, 1.0
    if type(step) is p.StandardScaler:
        return _or(step.mean_, 0.0), _or(step.scale_, 1.0)
    if type(step) is p.RobustScaler:
        return _or(step.center_, 0.0), _or(step.scale_, 1.0)
    if type(step) is p.MaxAbsScaler:
        return 0.0, step.scale_
    if type(step) is p.MinMaxScaler and not step.clip:
        return -step.min_ / step.scale_, 1 / step.scale_
    return None


def _or(found: Floats | None, otherwise: float) -> Floats | float:
    return otherwise if found is None else found


def _order(last: Any, classes: Sequence[str | int]) -> list[int] | None:
    """Place of each of the model's classes among the estimator's own: by name, by position where the target renamed them."""
    own = [str(c) for c in getattr(last, "classes_", ())]
    wanted = [str(c) for c in classes]
    if sorted(own) == sorted(wanted):
        return [own.index(c) for c in wanted]
    return list(range(len(own))) if len(own) == len(wanted) else None


def _linear(last: Any, front: Affine, order: list[int]) -> Linear | None:
    coef, intercept = getattr(last, "coef_", None), getattr(last, "intercept_", None)
    if not isinstance(coef, np.ndarray) or intercept is None:
        return None
    rows = np.atleast_2d(coef).astype(np.float64)
    base = np.broadcast_to(np.asarray(intercept, dtype=np.float64), len(rows))
    if len(rows) == 1:
        rows, base = np.vstack([np.zeros_like(rows), rows]), np.array([0.0, base[0]])
    if rows.shape != (len(order), len(front.shift)):
        return None
    folded = rows / front.divide
    return Linear(folded[order], (base - folded @ front.shift)[order])


def _kernel(last: Any, front: Affine, order: list[int]) -> Kernel | None:
    """ART has gradients for these kernels, and counts classes from 0 in the estimator's order."""
    known = getattr(last, "kernel", None) in ("linear", "poly", "rbf") and order == list(range(len(order)))
    if not known or getattr(last, "_sparse", False):
        return None
    machine = copy.copy(last)
    machine.classes_ = np.arange(len(order))
    return Kernel(machine, front.shift, front.divide)
