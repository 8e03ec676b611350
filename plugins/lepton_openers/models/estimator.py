"""A scikit-learn classifier as a live model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lepton_audit import Access, LookFailed, LookRefused, ModelOptions, Unopenable
from lepton_openers.models.answers import (
    checked_indices,
    checked_inputs,
    checked_scores,
    class_names,
    margins_as_scores,
    named_classes,
)
from lepton_openers.models.soundness import require_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

_LINEAR = (
    "LogisticRegression LogisticRegressionCV LinearSVC SGDClassifier Perceptron PassiveAggressiveClassifier RidgeClassifier "
    "RidgeClassifierCV LinearDiscriminantAnalysis"
)
_KERNEL = "SVC NuSVC"


@dataclass(frozen=True)
class SklearnModel:
    """A fitted classifier of scikit-learn; asked in this process, one worker."""

    name: str
    native: Any
    access: Access
    classes: tuple[str | int, ...]
    options: ModelOptions
    columns: int | None
    """Width of its input, where it knows it."""
    framework: str = "sklearn"

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """Class indices (n,) of the labels that the model itself predicts. Raises: LookFailed."""
        rows = checked_inputs(x, columns=self.columns)
        found = _asked(lambda: self.native.predict(self._framed(rows))) if len(rows) else []
        return checked_indices(found, rows=len(rows), classes=known_classes(self.native))

    def scores(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities, or margins where the model has none (n, k). Raises: LookRefused where only labels are known; LookFailed."""
        import numpy as np

        ask = score_function(self.native, len(self.classes))
        if ask is None:
            raise LookRefused(f"{type(self.native).__name__} gives labels only, no scores")
        rows = checked_inputs(x, columns=self.columns)
        if not len(rows):
            return np.empty((0, len(self.classes)))
        found = margins_as_scores(_asked(lambda: ask(self._framed(rows))), rows=len(rows))
        return checked_scores(found, rows=len(rows), classes=len(self.classes))

    def _framed(self, rows: NDArray[np.float64]) -> object:
        """The rows under the names with which the model was fitted."""
        names = getattr(self.native, "feature_names_in_", None)
        if names is None:
            return rows
        import pandas as pd

        return pd.DataFrame(rows, columns=list(names))


def sklearn_model(native: object, *, name: str, options: ModelOptions) -> SklearnModel:
    """The live model over a loaded object. Raises: Unopenable unless it is a fitted classifier of numbers with one output."""
    try:
        return _live(native, name=name, options=options)
    except LookFailed:
        raise
    except Exception as error:  # the border with a foreign object: its attributes may be anything
        raise Unopenable(f"the model is broken ({type(error).__name__})", next_step="Save the model again.") from error


def _live(native: object, *, name: str, options: ModelOptions) -> SklearnModel:
    require_classifier(native)
    require_sound(native)
    require_numbers(native)
    _one_worker(native)
    classes = named_classes(known_classes(native), options.classes)
    columns = getattr(native, "n_features_in_", None)
    access = access_of(native, len(classes))
    return SklearnModel(name, native, access, classes, options, columns if isinstance(columns, int) else None)


def require_classifier(native: object) -> None:
    """Nothing. Raises: Unopenable if the object is no fitted classifier."""
    from sklearn.base import BaseEstimator, is_classifier

    kind = type(native).__name__
    if not isinstance(native, BaseEstimator) or not is_classifier(native):
        raise Unopenable(
            f"the file holds a {kind}, which is not a classifier",
            next_step="Save the classifier itself, or its pipeline.",
        )
    if not hasattr(native, "predict") or not hasattr(native, "classes_"):
        raise Unopenable(f"the {kind} isn't fitted", next_step="Fit the model before it is saved.")


def require_numbers(native: object) -> None:
    """Nothing. Raises: Unopenable if a step of the pipeline takes text or categories."""
    import numpy as np

    for step in steps(native):
        kind = type(step).__name__
        if hasattr(step, "build_analyzer") or kind in ("DictVectorizer", "FeatureHasher"):
            raise Unopenable(
                f"the pipeline's {kind} takes text or records, not numbers",
                next_step="Audit a model of numeric columns.",
            )
        for categories in getattr(step, "categories_", ()):
            if np.asarray(categories).dtype.kind not in "fiub":
                raise Unopenable(
                    f"the pipeline's {kind} takes text categories, not numbers",
                    next_step="Encode the table's categories as numbers before the model, and audit it from there.",
                )


def steps(estimator: object) -> Iterator[object]:
    """The estimator, and all that a pipeline, column transformer or union sends its input through."""
    yield estimator
    parts = [
        *(getattr(estimator, "steps", None) or ()),
        *(getattr(estimator, "transformers_", None) or ()),
        *(getattr(estimator, "transformer_list", None) or ()),
    ]
    for part in parts:
        if not isinstance(part[1], str) and part[1] is not None:
            yield from steps(part[1])


def known_classes(native: object) -> tuple[str | int, ...]:
    """The labels that the model predicts, in the order of its scores. Raises: Unopenable if it has several outputs."""
    import numpy as np

    found = getattr(native, "classes_", ())
    if isinstance(found, list) and found and np.ndim(found[0]):
        raise Unopenable("the model has more than one output", next_step="Audit each output as a model of its own.")
    return class_names(np.asarray(found).tolist())


def access_of(native: object, classes: int) -> Access:
    """The strongest thing that can be asked of the model; ``gradients`` of linear models and kernel machines."""
    kind = type(native).__name__
    kernel = getattr(native, "kernel", None)
    if kind in _LINEAR.split() or (kind in _KERNEL.split() and kernel in ("linear", "poly", "rbf", "sigmoid")):
        return "gradients"
    return "scores" if score_function(native, classes) else "labels"


def score_function(native: object, classes: int) -> Callable[[object], object] | None:
    """What gives one score per class. For SVC, margins and not probabilities: its labels follow the margins."""
    last = list(native.steps)[-1][1] if hasattr(native, "steps") else native
    per_pair = getattr(last, "decision_function_shape", "ovr") == "ovo" and classes > 2  # noqa: PLR2004  # one margin per pair
    margins = None if per_pair else getattr(native, "decision_function", None)
    chances = getattr(native, "predict_proba", None)
    found: Callable[[object], object] | None = (
        (margins or chances) if type(last).__name__ in _KERNEL.split() else (chances or margins)
    )
    return found


def _asked(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except Exception as error:  # the border with a model: its own message may quote the rows
        raise LookFailed(
            f"the model couldn't answer a matrix of numbers ({type(error).__name__})",
            next_step="Ask the model by hand with rows of the holdout table, as numbers.",
        ) from error


def _one_worker(native: Any) -> None:  # any estimator
    """The look has its own limits; a pool of the model's would escape them."""
    own = [key for key in native.get_params(deep=True) if key.split("__")[-1] == "n_jobs"]
    native.set_params(**dict.fromkeys(own, 1))
