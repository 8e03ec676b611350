"""Opens scikit-learn models from skops files: only types of scikit-learn itself, and those that the target trusts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lepton_audit import Forbidden, ModelOptions, PinnedAsset, Unopenable, opener
from lepton_openers.models.allowed import use_of
from lepton_openers.models.content import MOST_BYTES, content_of
from lepton_openers.models.naming import listed
from lepton_openers.models.versions import version_kept

if TYPE_CHECKING:
    from lepton_openers.models.estimator import SklearnModel

MOST_ENTRIES, MOST_SCHEMA = 100_000, 1 << 26
"""Files in the archive, and bytes of the one that describes the others."""
_COMPILED = "sklearn.tree._tree.Tree"


@opener("model", formats=("skops",), suffixes=(".skops",), preload=("sklearn", "skops.io"))
def skops_model(asset: PinnedAsset) -> SklearnModel:
    """The classifier in a skops file. Raises: Unopenable; Forbidden if it needs types of the target's own, and code may not run."""
    from lepton_openers.models.estimator import sklearn_model

    options: ModelOptions = asset.options
    if options.trusted and not asset.permissions.run_code:
        raise Forbidden(
            "`trusted` names types of the target's own, and loading them runs their code",
            next_step="Set `permissions: {run_code: true}`, or leave `trusted` out.",
        )
    content = content_of(asset)
    _require_bounded(content)
    return sklearn_model(_loaded(content, trusted=options.trusted), name=asset.name, options=options)


def _require_bounded(content: bytes) -> None:
    """Nothing. Raises: Unopenable if it is no archive, or one that unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Unopenable("it is no skops file: no archive", next_step="Save the model again.") from error
    names = [entry.filename for entry in entries]
    if names.count("schema.json") != 1 or len(set(names)) != len(names):
        raise Unopenable(
            "it is no skops file: not one schema, or two entries of one name", next_step="Save the model again."
        )
    sizes = {entry.filename: entry.file_size for entry in entries}
    if len(names) > MOST_ENTRIES or sum(sizes.values()) > MOST_BYTES or sizes["schema.json"] > MOST_SCHEMA:
        raise Unopenable(
            "the skops file unpacks to more than can be audited", next_step="Audit the model behind an endpoint."
        )


def _loaded(content: bytes, *, trusted: Iterable[str]) -> object:
    import skops.io

    with _border():
        wanted: list[str] = skops.io.get_untrusted_types(data=content)
    foreign = [name for name in wanted if not _of_sklearn(name) and name not in trusted]
    if foreign:
        raise Unopenable(
            f"the skops file holds {listed(foreign)}",
            next_step="If these types are the target's own, list them under `trusted`.",
        )
    with version_kept(), _border():
        return skops.io.loads(content, trusted=wanted)


@contextmanager
def _border() -> Iterator[None]:
    """The border with a foreign file: what goes wrong inside is a file that can't be opened. Warnings about its version pass."""
    try:
        yield
    except (Unopenable, Warning):
        raise
    except Exception as error:
        raise Unopenable(
            f"the skops file couldn't be read ({type(error).__name__})", next_step="Save the model again."
        ) from error


def _of_sklearn(name: str) -> bool:
    """It is a type or function of scikit-learn that the list of the pickles has too."""
    module, _, short = name.rpartition(".")
    return name == _COMPILED or (module.startswith("sklearn.") and use_of(module, short) in ("made", "named"))
