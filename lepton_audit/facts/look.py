"""A look: one probe, one set of assets; what was asked, and what came back."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime

from lepton_audit.facts.canonical import digest
from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.target import Asset, Permissions

Effort = Literal["quick", "full"]
FailureKind = Literal[
    "crash",
    "timeout",
    "memory",
    "silent",
    "unopenable",
    "unreachable",
    "refused",
    "forbidden",
    "changed",
    "unbound",
    "no_plugin",
]


class Request(Frozen):
    """What is to be looked at. Equal requests are one look."""

    probe: str
    version: int
    provider: str
    """The plugin, and the digest of its source."""
    inputs: dict[str, Asset]
    """The probe's parameter -> asset."""
    settings: dict[str, Any]
    seed: int
    effort: Effort
    permissions: Permissions
    base: str
    """Folder that relative paths start from; outside the digest, since content counts and not its place."""
    roots: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Names the request: equal requests have equal digests."""
        return digest(self.model_dump(mode="json", exclude={"base", "roots"}))


class Pin(Frozen):
    """The content of an asset at one moment."""

    sha256: str
    files: int
    size: int
    """Bytes."""


class Seen(Frozen):
    """An asset as it was when a probe looked at it: pinned, or a live thing as of a moment."""

    name: str
    kind: str
    uri: str
    pin: Pin | None = None
    as_of: AwareDatetime | None = None


class Confinement(Frozen):
    """The limits that were in force around a look; ``none`` where the kernel allowed nothing."""

    seconds: float
    memory: int
    """Bytes."""
    processes: Literal["pid-namespace", "process-group"]
    network: Literal["none", "asset-ports", "unrestricted"]
    files: Literal["read-only", "unrestricted"]
    metadata: Literal["read-only", "compared"] = "compared"
    """Owner, mode, times and extended attributes of the files: out of reach, or only compared afterwards."""
    sockets: Literal["filtered", "unrestricted"] = "unrestricted"
    """Filtered: none but TCP to the assets, and UDP where a host's name must be looked up."""
    privileges: Literal["none", "kept"] = "kept"
    """None: the look had no capability of root."""


class EvidenceRecord(Frozen):
    """Evidence with where it came from. The digest covers all but times, durations and limits."""

    digest: str
    probe: str
    version: int
    provider: str
    assets: dict[str, Seen]
    settings: dict[str, Any]
    seed: int
    effort: Effort
    values: dict[str, Any]
    as_of: AwareDatetime
    seconds: float
    confinement: Confinement | None = None


class Gathered(Frozen):
    """The look succeeded."""

    request: str
    record: EvidenceRecord
    key: str = ""
    """Names the look by request and pinned content, for the store."""
    state: str | None = None
    """From where a refinable probe can go on (JSON)."""
    exhausted: bool = True
    """A refinable probe has nothing sharper to say."""
    reused: bool = False


class GatherFailed(Frozen):
    """The look failed: an `error`, never a pass."""

    request: str
    kind: FailureKind
    because: str
    next_step: str = ""
    as_of: AwareDatetime | None = None
    seconds: float = 0.0


Outcome = Gathered | GatherFailed
