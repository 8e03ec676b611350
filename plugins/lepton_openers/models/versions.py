"""A model that was fitted with another scikit-learn may answer otherwise here than where it serves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from lepton_audit import Unopenable


@contextmanager
def version_kept() -> Iterator[None]:
    """What is loaded inside was fitted with the scikit-learn that is here. Raises: Unopenable otherwise."""
    from sklearn.exceptions import InconsistentVersionWarning

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", category=InconsistentVersionWarning)
            yield
    except InconsistentVersionWarning as warning:
        raise Unopenable(
            f"the model was fitted with scikit-learn {warning.original_sklearn_version}, here is {warning.current_sklearn_version}",
            next_step="Audit it with the version that serves it, or behind a prediction endpoint.",
        ) from warning
