"""The policy: what must be true of evidence."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from lepton_audit.facts.evidence import Strength
from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.quantities import Number
from lepton_audit.facts.target import Id

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
Scalar = bool | Number | str
Operator = Literal["min", "max", "equals", "one_of", "subset_of", "excludes", "matches"]
OPERATORS: tuple[Operator, ...] = ("min", "max", "equals", "one_of", "subset_of", "excludes", "matches")
MOST_DAYS = 36_500
"""A century: longer than anybody answers for a statement."""


def _not_too_many(days: str) -> str:
    if len(days) > len(f"{MOST_DAYS}d") or int(days.removesuffix("d")) > MOST_DAYS:
        raise ValueError(f"at most {MOST_DAYS}d")
    return days


def _not_null(value: object, about: ValidationInfo) -> object:
    if value is None:
        raise ValueError(f"`{about.field_name}` needs a value; leave it out where it isn't required")
    return value


Days = Annotated[str, Field(pattern=r"^[1-9][0-9]*d$"), AfterValidator(_not_too_many)]
Given = AfterValidator(_not_null)
"""May be left out, but not be null: a null would take the limit away in silence."""


class Requirement(Frozen):
    """What one field of evidence must satisfy: every operator named here.

    An empty list passes `subset_of` and `excludes`: a probe that couldn't look must give ``None``, never an empty list.
    """

    min: Annotated[Number | None, Given] = None
    max: Annotated[Number | None, Given] = None
    equals: Annotated[Scalar | None, Given] = None
    one_of: Annotated[tuple[Scalar, ...] | None, Given] = None
    subset_of: Annotated[tuple[Scalar, ...] | None, Given] = None
    """An empty list passes; a probe that couldn't look gives no list."""
    excludes: Annotated[tuple[Scalar, ...] | None, Given] = None
    """An empty list passes; a probe that couldn't look gives no list."""
    matches: Annotated[str | None, Given] = None
    """A regular expression (RE2) that the whole text must match."""
    each: Annotated[Annotated[dict[str, Requirement], Field(min_length=1)] | None, Given] = None
    """For a list: what each item's fields must satisfy. An empty list is undecided."""

    @model_validator(mode="after")
    def _says_something(self) -> Requirement:
        if not self.model_fields_set:
            raise ValueError("a requirement needs at least one of " + ", ".join((*OPERATORS, "each")))
        return self

    def limits(self) -> dict[Operator, Any]:
        """The operators in use, with their limits."""
        return {name: getattr(self, name) for name in OPERATORS if getattr(self, name) is not None}


class Rule(Frozen):
    """Probe + assets + settings + requirements on the evidence."""

    id: Id
    probe: str
    on: dict[str, str] = Field(default_factory=dict)
    """The probe's parameter -> the asset's name. Absent: every asset of the kinds that the probe takes."""
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    require: Annotated[dict[str, Requirement], Field(min_length=1)]
    if_absent: str | None = None
    """Why the rule doesn't apply where the target has no asset of that kind."""


class Attest(Frozen):
    """A demand that only a human can answer."""

    statement: Annotated[str, Field(min_length=1)]
    valid_for: Days = "365d"


class Control(Frozen):
    """What a regulation or a house rule demands."""

    id: Id
    title: Annotated[str, Field(min_length=1)]
    severity: Severity
    mappings: tuple[str, ...] = ()
    house_rule: str = ""
    """Why the threshold is ours: no clause of the regulation names it."""
    source: str = ""
    """The clause, the official source, and what part of it is testable."""
    why: str = ""
    remediation: str = ""
    strength: Strength = "tested"
    """``proven``: a pass on a field that was only tested doesn't count."""
    rules: tuple[Rule, ...] = ()
    attest: Attest | None = None
    tailored: tuple[str, ...] = ()
    """The rationale of each tailoring that changed the control."""
    not_applicable: str | None = None
    """The reason why a tailoring took the control out."""

    @model_validator(mode="after")
    def _rules_or_attest(self) -> Control:
        if bool(self.rules) == (self.attest is not None):
            raise ValueError("a control has either `rules` or `attest`, and not both")
        return self


class PolicyMetadata(Frozen):
    """Which policy this is."""

    id: Id
    version: str
    title: str = ""
    description: str = ""


class Gate(Frozen):
    """Which failures make the run nonconformant."""

    fail_on: Severity = "high"


class Parameter(Frozen):
    """A value that an extending policy may set."""

    default: Any
    unit: str = ""
    description: str = ""


class Tailoring(Frozen):
    """A change to an inherited control, with its reason."""

    control: str
    set: dict[str, Any]
    rationale: Annotated[str, Field(min_length=1)]


class PolicyFile(Frozen):
    """A policy as it is written, before inheritance and parameters."""

    api_version: Literal["lepton-audit/v1"] = Field(alias="apiVersion")
    kind: Literal["Policy"]
    metadata: PolicyMetadata
    extends: tuple[str, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    tailor: tuple[Tailoring, ...] = ()
    gate: Gate = Gate()


class Policy(Frozen):
    """A policy ready to be judged by: inherited, tailored, with every parameter filled in."""

    metadata: PolicyMetadata
    controls: tuple[Control, ...]
    gate: Gate
    parameters: dict[str, Any] = Field(default_factory=dict)
    digest: str
