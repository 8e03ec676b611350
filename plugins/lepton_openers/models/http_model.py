"""A classifier behind a prediction server as a live model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lepton_audit import Access, LookFailed, LookRefused, ModelOptions, Unopenable
from lepton_openers.models.answers import checked_indices, checked_inputs, checked_scores, class_names, named_classes
from lepton_openers.models.http_protocols import Columns, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from lepton_openers.models.http_asking import Asking

ROWS = 256
"""Rows of one request."""


@dataclass
class HttpModel:
    """A classifier that is asked over the network. ``queries`` counts the rows."""

    name: str
    asking: Asking
    wire: Wire
    known: tuple[str | int, ...]
    """The labels as the server writes them."""
    classes: tuple[str | int, ...]
    options: ModelOptions
    access: Access
    labelled: bool
    """The server gives labels of its own."""
    native: None = None
    framework: str = "http"
    queries: int = field(default=0)

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """Class indices (n,): the server's labels, or the largest score where it gives none. Raises: LookFailed, Unreachable."""
        import numpy as np

        if not self.labelled:
            return np.asarray(self.scores(x).argmax(axis=1), dtype=np.int64)
        parts = [label_indices(found.labels, rows=rows, known=self.known) for found, rows in self._asked(x)]
        return np.concatenate([*parts, np.empty(0, dtype=np.int64)])

    def scores(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Class scores (n, k). Raises: LookRefused where the server gives labels only; LookFailed, Unreachable."""
        import numpy as np

        if self.access == "labels":
            raise LookRefused("the server gives labels only, no scores")
        many = len(self.classes)
        parts = [score_matrix(found.scores, rows=rows, classes=many) for found, rows in self._asked(x)]
        return np.concatenate([*parts, np.empty((0, many))])

    def close(self) -> None:
        """The connection is closed."""
        self.asking.close()

    def _asked(self, x: NDArray[np.float64]) -> Iterator[tuple[Columns, int]]:
        rows = checked_inputs(x, columns=self.wire.columns)
        require_finite(rows)
        for start in range(0, len(rows), ROWS):
            chunk = rows[start : start + ROWS]
            self.queries += len(chunk)
            yield self.wire.ask(chunk), len(chunk)


def require_finite(rows: NDArray[np.float64]) -> None:
    """Nothing. Raises: LookFailed on a number that JSON can't say."""
    import numpy as np

    if not np.isfinite(rows).all():
        raise LookFailed(
            "some inputs aren't finite, and JSON has no word for them",
            next_step="Fill missing values before the model.",
        )


def label_indices(found: list[object] | None, *, rows: int, known: tuple[str | int, ...]) -> NDArray[np.int64]:
    """Class indices (n,) of the labels in an answer. Raises: LookFailed."""
    import numpy as np

    labels = found or []
    if any(isinstance(label, list | dict) for label in labels):
        raise LookFailed("the server's labels aren't one per row", next_step="Serve one label per row.")
    column = np.empty(len(labels), dtype=object)
    column[:] = labels
    return checked_indices(column, rows=rows, classes=known)


def score_matrix(found: list[list[object]] | None, *, rows: int, classes: int) -> NDArray[np.float64]:
    """Scores (n, k) in an answer. Raises: LookFailed unless all are numbers, in rows of one length."""
    import numpy as np

    lines = found or []
    if (
        any(type(number) not in (int, float) for line in lines for number in line)
        or len({len(line) for line in lines}) > 1
    ):
        raise LookFailed(
            "the server's scores aren't a matrix of numbers", next_step="Serve one row of numbers per row."
        )
    try:
        matrix = np.asarray(lines, dtype=np.float64)
    except OverflowError as error:
        raise LookFailed("some of the server's scores aren't finite") from error
    return checked_scores(matrix, rows=rows, classes=classes)


def http_model(wire: Wire, asking: Asking, *, name: str, options: ModelOptions) -> HttpModel:
    """The live model behind a server that answered a first question. Raises: Unopenable unless it answers as a classifier; Unreachable."""
    try:
        found = wire.ask(trial_rows(wire, options))
        known = _known(found, options)
        model = HttpModel(
            name,
            asking,
            wire,
            known,
            named_classes(known, options.classes),
            options,
            _access(found),
            found.labels is not None,
        )
        _check(model, found)
    except LookFailed as failure:
        if type(failure) is not LookFailed:
            raise
        raise Unopenable(failure.because, next_step=failure.next_step) from failure
    model.queries = TRIAL
    return model


TRIAL = 2
"""Rows of the first question: two, so that a row can't be taken for a column."""


def trial_rows(wire: Wire, options: ModelOptions) -> NDArray[np.float64]:
    """Two rows inside the ranges that the target names. Raises: Unopenable if nobody says how wide a row is."""
    import numpy as np

    named = len(options.features) or None
    columns = wire.columns or named
    if columns is None:
        raise Unopenable(
            "nobody says how many columns the model takes",
            next_step="List its input columns under `features`, in order.",
        )
    if named not in (None, columns):
        raise Unopenable(
            f"the target names {named} columns, and the server says {columns}", next_step="Mend `features`."
        )
    ranges = [(feature.low, feature.high) for feature in options.features.values()] or [
        options.clip or (0.0, 0.0)
    ] * columns
    middle = [(low + high) / 2 if None not in (low, high) else (low or high or 0.0) for low, high in ranges]  # type: ignore[operator]  # both there
    return np.tile(np.asarray(middle, dtype=np.float64), (TRIAL, 1))


def _access(found: Columns) -> Access:
    return "scores" if found.scores is not None else "labels"


def _known(found: Columns, options: ModelOptions) -> tuple[str | int, ...]:
    """The server's labels: indices where it gives scores, and where the target names classes by text and the server by number."""
    indices = all(type(label) in (int, float) for label in found.labels or ())
    texts = all(isinstance(label, str) for label in options.classes)
    if options.classes:
        return tuple(range(len(options.classes))) if indices and texts else class_names(options.classes)
    if found.scores is None:
        raise Unopenable(
            "the server gives labels, and nobody says which there are", next_step="List them under `classes`."
        )
    return tuple(range(len(found.scores[0]) if found.scores else 0))


def _check(model: HttpModel, found: Columns) -> None:
    if found.labels is not None:
        label_indices(found.labels, rows=TRIAL, known=model.known)
    if found.scores is not None:
        score_matrix(found.scores, rows=TRIAL, classes=len(model.classes))
