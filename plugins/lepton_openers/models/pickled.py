"""Opens scikit-learn models from joblib files and pickles: scanned first, loaded under the same guards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_audit import ModelOptions, PinnedAsset, opener

if TYPE_CHECKING:
    from lepton_openers.models.estimator import SklearnModel


@opener(
    "model",
    formats=("joblib", "pickle", "sklearn"),
    suffixes=(".joblib", ".pkl", ".pickle"),
    runs_code=True,
    preload=("sklearn", "joblib"),
)
def pickled_model(asset: PinnedAsset) -> SklearnModel:
    """The classifier in a joblib file or a pickle, from the very bytes that were scanned. Raises: Unopenable."""
    from lepton_openers.models.content import content_of, unpacked
    from lepton_openers.models.estimator import sklearn_model
    from lepton_openers.models.scan import load

    options: ModelOptions = asset.options
    native = load(unpacked(content_of(asset)), trusted=options.trusted)
    return sklearn_model(native, name=asset.name, options=options)
