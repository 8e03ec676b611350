"""The target: the AI system under audit, as its file describes it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from lepton_audit.facts.frozen import Frozen

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=128)]
API_VERSION = "lepton-audit/v1"


class Metadata(Frozen):
    """Who and what the target is."""

    id: Id
    title: str = ""
    owner: str = ""


class Permissions(Frozen):
    """What the audit may do; the default is to look only."""

    run_code: bool = False
    """Target code (pickle, joblib, callables) may run, in a confined child."""
    write: bool | tuple[str, ...] = False
    """Names of the assets that a probe may change; ``true`` for all."""

    def may_write(self, asset: str) -> bool:
        """A probe may change the asset of this name."""
        return self.write is True or (isinstance(self.write, tuple) and asset in self.write)


class Asset(Frozen):
    """One part of a target. ``options`` holds what the asset's kind defines beside these."""

    name: str
    kind: Id
    uri: str
    format: str | None = None
    title: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class Attestation(Frozen):
    """A signed-off human statement for what no program can test."""

    by: Annotated[str, Field(min_length=1)]
    on: date
    expires: date | None = None
    note: str = ""


class NotApplicable(Frozen):
    """What the target's owner says is absent, and why."""

    controls: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    """Control -> why it doesn't apply to this target."""
    kinds: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    """Asset kind -> why the target has none of it."""
    assets: dict[str, dict[str, Annotated[str, Field(min_length=1)]]] = Field(default_factory=dict)
    """Asset -> control -> why the control doesn't apply to that asset."""


class Target(Frozen):
    """The AI system under audit."""

    api_version: Literal["lepton-audit/v1"] = Field(alias="apiVersion")
    kind: Literal["Target"]
    metadata: Metadata
    permissions: Permissions = Permissions()
    roots: tuple[str, ...] = ()
    """Folders outside the target's own that its assets may lie in."""
    assets: dict[Id, Asset]
    attestations: dict[str, Attestation] = Field(default_factory=dict)
    not_applicable: NotApplicable = NotApplicable()
