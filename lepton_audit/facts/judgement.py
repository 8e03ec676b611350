"""A judgement to come: which evidence is compared with which limits. The plan makes them, the judge reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lepton_audit.facts.evidence import Strength
from lepton_audit.facts.look import FailureKind
from lepton_audit.facts.policy import Control, Operator, Rule


@dataclass(frozen=True, slots=True)
class Check:
    """One operator on one field."""

    path: str
    operator: Operator
    limit: Any
    unit: str
    strength: Strength
    items: tuple[str, ...] = ()
    """The list whose every item has the field; a list in the items of another comes after it."""


@dataclass(frozen=True, slots=True)
class Requested:
    """The evidence comes from the look of this request digest."""

    request: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The policy or the target says that this doesn't apply, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The target declares nothing that could be looked at."""

    because: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Unplannable:
    """The look can't be asked for: an `error`."""

    kind: FailureKind
    because: str
    next_step: str


Basis = Requested | Absent | Unknown | Unplannable


@dataclass(frozen=True, slots=True)
class Judgement:
    """One rule for one set of assets, or one control that a human attests (``rule`` is ``None``)."""

    policy: str
    control: Control
    rule: Rule | None
    assets: dict[str, str]
    checks: tuple[Check, ...]
    basis: Basis | None
    """``None`` for an attestation."""
