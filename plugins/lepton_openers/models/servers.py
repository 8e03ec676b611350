"""Opens classifiers behind prediction servers."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lepton_audit import LookFailed, ModelOptions, PinnedAsset, Unopenable, opener

if TYPE_CHECKING:
    import httpx

    from lepton_openers.models.http_asking import Asking
    from lepton_openers.models.http_model import HttpModel
    from lepton_openers.models.http_protocols import OpenInference

_MLSERVER = [{"name": "predict"}, {"name": "predict_proba"}]
"""The outputs of MLServer's scikit-learn runtime, which gives only the first unless it is asked for both."""


@opener("model", formats=("oip", "v2", "mlflow"), schemes=("http", "https"), preload=("httpx",))
def served_model(asset: PinnedAsset) -> HttpModel:
    """The classifier behind a prediction server; the format says which protocol, or its path does. Raises: Unopenable, Unreachable."""
    import httpx

    from lepton_openers.models.http_asking import Asking

    options: ModelOptions = asset.options
    try:
        url = httpx.URL(asset.uri)
    except httpx.InvalidURL as error:
        raise Unopenable("the asset's uri is no address", next_step="Write it as https://host:port.") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Unopenable("the asset's uri is no http or https address", next_step="Write it as https://host:port.")
    asking = Asking(ca=asset.files.get("ca"))
    try:
        return _opened(asking, url, asset.name, format=_format(asset, url), options=options)
    except BaseException:
        asking.close()
        raise


def _opened(asking: Asking, url: httpx.URL, name: str, *, format: str, options: ModelOptions) -> HttpModel:  # noqa: A002  # the field's word
    from lepton_openers.models.http_model import http_model
    from lepton_openers.models.http_protocols import MLflow, OpenInference, at_path, model_path

    if format == "mlflow":
        there = url if url.path.rstrip("/").endswith("/invocations") else at_path(url, "/invocations")
        return http_model(MLflow(asking, there, tuple(options.features)), asking, name=name, options=options)
    wire = OpenInference(
        asking, url.copy_with(raw_path=model_path(url.raw_path.decode().partition("?")[0], options.model_name).encode())
    )
    wire.introduce()
    found = http_model(wire, asking, name=name, options=options)
    return found if found.access == "scores" else _with_chances(wire, found)


def _with_chances(wire: OpenInference, found: HttpModel) -> HttpModel:
    """The same model with its probabilities, where the server has them and only wasn't asked for them."""
    from lepton_openers.models.http_model import http_model

    wire.wanted = _MLSERVER
    with suppress(LookFailed):
        better = http_model(wire, found.asking, name=found.name, options=found.options)
        if better.access == "scores" and better.labelled:
            better.queries += found.queries
            return better
    wire.wanted = []
    return found


def _format(asset: PinnedAsset, url: httpx.URL) -> str:
    if asset.format:
        return "mlflow" if asset.format == "mlflow" else "oip"
    if url.path.rstrip("/").endswith("/invocations"):
        return "mlflow"
    if "/v2" in url.path:
        return "oip"
    raise Unopenable(
        "the target doesn't say how the server is asked", next_step="Say `format: oip` or `format: mlflow`."
    )
