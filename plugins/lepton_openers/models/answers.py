"""What a model answers, checked: a wrong shape, a NaN or an unknown label is a failed look, never a silent cast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lepton_audit import LookFailed, Unopenable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 2
"""Classes of a classifier."""
_STEP = "Ask the model by hand with the same rows; what it answers isn't an answer of a classifier."


def class_names(found: Iterable[object]) -> tuple[str | int, ...]:
    """Labels as plain strings and whole numbers. Raises: Unopenable if there are fewer than two, some are equal, or of another type."""
    names = tuple(_plain(label) for label in found)
    if len(names) < FEWEST or len(set(names)) != len(names):
        raise Unopenable(
            f"a classifier needs two classes or more, all different; this has {len(set(names))} of {len(names)}"
        )
    return names


def _plain(label: object) -> str | int:
    plain = label.item() if hasattr(label, "item") else label
    if isinstance(plain, bytes):
        plain = plain.decode("utf-8", "replace")
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    if not isinstance(plain, str | int):
        raise Unopenable(
            f"a class label is a {type(plain).__name__}", next_step="Use strings or whole numbers as labels."
        )
    return int(plain) if isinstance(plain, bool) else plain


def named_classes(known: tuple[str | int, ...], wanted: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The classes as the target names them, where the model knows only numbers. Raises: Unopenable if the two don't agree."""
    if not wanted or wanted == known:
        return known
    if known == tuple(range(len(wanted))):
        return class_names(wanted)
    raise Unopenable(
        f"the target names {len(wanted)} classes, and they aren't the {len(known)} that the model knows",
        next_step="Leave `classes` out: the model knows its own.",
    )


def checked_inputs(x: NDArray[np.float64], *, columns: int | None) -> NDArray[np.float64]:
    """The inputs as a matrix of float64 (n, d). Raises: LookFailed if they aren't one, or d isn't the model's."""
    import numpy as np

    rows = np.asarray(x)
    if rows.ndim != 2 or rows.dtype.kind not in "fiub":  # noqa: PLR2004  # a matrix
        raise LookFailed(f"a model takes a matrix of numbers (n, d), this has {rows.ndim} dimensions of {rows.dtype}")
    if columns is not None and rows.shape[1] != columns:
        raise LookFailed(
            f"the model takes {columns} columns, and was given {rows.shape[1]}",
            next_step="List the model's input columns, in its order, under `features`, or mend the roles of the table's columns.",
        )
    return np.ascontiguousarray(rows, dtype=np.float64)


def checked_scores(found: object, *, rows: int, classes: int) -> NDArray[np.float64]:
    """Scores (n, k) float64. Raises: LookFailed on another shape or type, or a number that isn't finite."""
    import numpy as np

    scores = np.asarray(found)
    if scores.dtype.kind not in "fiu":
        raise LookFailed(f"the model's scores are of type {scores.dtype}, wanted numbers", next_step=_STEP)
    if scores.shape != (rows, classes):
        raise LookFailed(f"the model's scores have the shape {scores.shape}, wanted {(rows, classes)}", next_step=_STEP)
    if not np.isfinite(scores).all():
        raise LookFailed("some of the model's scores aren't finite", next_step=_STEP)
    return scores.astype(np.float64)


def margins_as_scores(found: object, *, rows: int) -> object:
    """One margin per row of a model with two classes as two columns; all else as it is."""
    import numpy as np

    margins = np.asarray(found)
    return np.column_stack([-margins, margins]) if margins.shape == (rows,) and margins.dtype.kind == "f" else margins


def checked_indices(found: object, *, rows: int, classes: Sequence[str | int]) -> NDArray[np.int64]:
    """Class indices (n,) int64 of predicted labels. Raises: LookFailed on another shape, or a label that isn't among the classes."""
    import numpy as np

    labels = np.asarray(found)
    if labels.shape != (rows,):
        raise LookFailed(f"the model's labels have the shape {labels.shape}, wanted {(rows,)}", next_step=_STEP)
    index_of: dict[str | int | None, int] = {label: index for index, label in enumerate(classes)}
    values, places = np.unique(labels, return_inverse=True) if labels.dtype != object else _unique(labels)
    indices = [index_of.get(_known(value)) for value in values]
    if None in indices:
        raise LookFailed(
            "the model predicted a label that is not among its classes",
            next_step="Name all labels under `classes`, in order.",
        )
    return np.asarray(indices, dtype=np.int64)[places] if rows else np.empty(0, dtype=np.int64)


def _unique(labels: NDArray[np.object_]) -> tuple[list[object], NDArray[np.intp]]:
    """Distinct labels of mixed types, which numpy can't sort."""
    import numpy as np

    places = {label: place for place, label in enumerate(dict.fromkeys(labels.tolist()))}
    return list(places), np.fromiter((places[label] for label in labels.tolist()), dtype=np.intp, count=len(labels))


def _known(label: object) -> str | int | None:
    try:
        return _plain(label)
    except Unopenable:
        return None
