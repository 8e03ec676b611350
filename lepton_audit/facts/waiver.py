"""Waivers: deviations that somebody accepted, for a time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.target import Id

Waivable = Literal["fail", "undecided", "error", "unattested"]
Said = Annotated[str, Field(min_length=1)]


class Scope(Frozen):
    """Which findings of the control are waived; an empty scope is all of them."""

    assets: tuple[str, ...] = ()
    fingerprint: str | None = None


class Waiver(Frozen):
    """An accepted deviation: it never becomes a pass, and it ends."""

    id: Id
    control: str
    scope: Scope = Scope()
    covers: tuple[Waivable, ...] = ("fail",)
    """Verdicts that it waives. A waiver for a failure doesn't hide a crash unless it says so."""
    justification: Said
    owner: Said
    approved_by: Said
    expires: AwareDatetime


class Waivers(Frozen):
    """A file of waivers."""

    api_version: Literal["lepton-audit/v1"] = Field(alias="apiVersion")
    kind: Literal["Waivers"]
    waivers: tuple[Waiver, ...]
