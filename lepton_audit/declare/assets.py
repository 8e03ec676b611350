"""Live assets as probes see them. An opener returns an object that fits one of these protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field

from lepton_audit.declare.kinds import AssetOptions, AssetRef, FilePath, asset_kind
from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.quantities import Number

if TYPE_CHECKING:
    import ibis
    import numpy as np
    from numpy.typing import NDArray

Role = Literal["identifier", "quasi-identifier", "sensitive", "label", "feature", "other"]
Access = Literal["gradients", "scores", "labels"]


class Feature(Frozen):
    """What an attacker may do to one feature of a model's input."""

    low: Number | None = None
    high: Number | None = None
    immutable: bool = False
    integer: bool = False


class ModelOptions(AssetOptions):
    """Options of a `model` asset."""

    holdout: Annotated[str, AssetRef("table")] | None = None
    """The table with which the model is tested."""
    features: dict[str, Feature] = Field(default_factory=dict)
    """Column of the holdout -> what an attacker may do to it. Columns in order of the model's input."""
    classes: tuple[str | int, ...] = ()
    """Labels in the order of the model's scores, where the model doesn't know them itself."""
    clip: tuple[Number, Number] | None = None
    """Range of every feature that has no range of its own."""
    model_name: str | None = None
    """Name under which a prediction server knows the model."""
    ca: FilePath | None = None
    """Certificate authority of an HTTPS prediction endpoint."""
    trusted: tuple[str, ...] = ()
    """Types beyond the built-in allow-list that a file may name, e.g. ``mypackage.MyTransformer``."""


@asset_kind("model", options=ModelOptions)
class Model(Protocol):
    """A classifier that can be asked."""

    name: str
    framework: str
    """``sklearn``, ``onnx``, ``http``, ``torch``."""
    native: object | None
    """The framework's own object, where an attack may use its gradients."""
    access: Access
    """The strongest thing that can be asked of it."""
    classes: tuple[str | int, ...]
    options: ModelOptions

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """Class indices (n,) for inputs (n, d)."""

    def scores(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Class scores (n, k) for inputs (n, d). Raises LookRefused where only labels are known."""


class TableOptions(AssetOptions):
    """Options of a `table` asset."""

    columns: dict[str, Role] = Field(default_factory=dict)
    """Column -> its role: every column has one, so that none that names a person is forgotten."""
    table: str | None = None
    """Table or view inside a database."""


@asset_kind("table", options=TableOptions)
class Table(Protocol):
    """Rows that can be queried where they are."""

    name: str
    options: TableOptions
    expression: ibis.Table
    """An Ibis expression: checks push their work down to the engine that holds the rows."""

    def columns(self, role: Role) -> tuple[str, ...]:
        """Names of the columns of a role, in the table's order."""


class EndpointOptions(AssetOptions):
    """Options of an `endpoint` asset."""

    ca: FilePath | None = None
    """PEM file of the certificate authority that must have signed the certificate; the system's where absent."""
    server_name: str | None = None
    """Name that the certificate must carry, where it isn't the host of the uri."""


@asset_kind("endpoint", options=EndpointOptions)
class Endpoint(Protocol):
    """A network address that answers."""

    name: str
    scheme: str
    host: str
    port: int
    ca: Path | None
    server_name: str


class ArtifactOptions(AssetOptions):
    """Options of an `artifact` asset."""

    key: Annotated[str, AssetRef("key")] | None = None
    """The key that decrypts it, which turns a test into a proof."""
    cipher: Literal["fernet", "aes-gcm", "aes-cbc", "aes-ctr", "chacha20-poly1305"] | None = None
    """How it is encrypted; a nonce or IV stands before the ciphertext."""


@asset_kind("artifact", options=ArtifactOptions)
class Artifact(Protocol):
    """A file, or a folder of files, at rest."""

    name: str
    root: Path
    files: Sequence[Path]
    """Every regular file, sorted."""
    options: ArtifactOptions


class KeyOptions(AssetOptions):
    """Options of a `key` asset."""

    encoding: Literal["raw", "hex", "base64"] = "raw"


@asset_kind("key", options=KeyOptions)
class Key(Protocol):
    """A secret key: used in the child, never written anywhere."""

    name: str
    exposed: bool | None
    """Others than its owner may read or change the file it lies in; ``None`` where that isn't known."""

    def material(self) -> bytes:
        """The key's bytes."""


class Release(Frozen):
    """One entry of a privacy ledger: something was released, and what it cost."""

    id: str
    mechanism: Literal["laplace", "gaussian", "discrete_laplace", "discrete_gaussian", "pure", "approximate"]
    scale: Number | None = None
    """Laplace b, or the standard deviation of a Gaussian, in the unit of the sensitivity."""
    sensitivity: Number | None = None
    """L1 for Laplace, L2 for Gaussian."""
    epsilon: Number | None = None
    """For `pure` and `approximate`, which are believed and have no scale, and as the claim to compare with."""
    delta: Number | None = None
    count: Annotated[int, Field(strict=True, ge=1)] = 1
    """How many times the same release was made."""
    sampling: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    """Poisson sampling rate."""
    adjacency: Literal["add-or-remove-one", "replace-one"]
    """Two neighbouring tables differ by a row more, or by a row replaced: a factor of two."""


class LedgerOptions(AssetOptions):
    """Options of a `ledger` asset: what its file doesn't say of the whole (a CSV file can't).

    All ledgers of the same persons are one asset, since losses add up: a folder of files, format ``ledgers``.
    """

    claimed_epsilon: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)] | None = None
    """Total loss that the owner claims."""
    claimed_delta: Annotated[float, Field(strict=True, ge=0, le=1)] | None = None
    """Delta of that claim; none means 0."""
    records: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Number of persons in the data."""


@asset_kind("ledger", options=LedgerOptions)
class Ledger(Protocol):
    """All releases made from one body of personal data."""

    name: str
    releases: Sequence[Release]
    claimed_epsilon: float | None
    """Total loss that the owner claims, if any."""
    claimed_delta: float | None
    records: int | None
    """Number of persons in the data, if declared."""


class FederationOptions(AssetOptions):
    """Options of a `federation` asset."""

    framework: Literal["flower", "generic"] | None = None
    """``generic``: client-server code of the project's own. Read from the folder where absent."""
    commands: tuple[str, ...] = ()
    """Files, relative to the folder, that hold the deployment's commands; found by themselves where absent."""


@asset_kind("federation", options=FederationOptions)
class Federation(Protocol):
    """A federated-learning set-up: a project folder with its deployment commands."""

    name: str
    root: Path
    files: Mapping[str, Path]
    """Path relative to the folder -> file."""
    options: FederationOptions


BUILT_IN_KINDS = (Model, Table, Endpoint, Artifact, Key, Ledger, Federation)
