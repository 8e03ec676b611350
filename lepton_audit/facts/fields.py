"""The fields of an evidence model: what a requirement may name, and which operators fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import ForwardRef, Literal

from lepton_audit.facts.evidence import EvidencePart, Strength, traits
from lepton_audit.facts.policy import Operator
from lepton_audit.facts.shapes import Shape, shape_of

FITTING: dict[Shape, frozenset[Operator | Literal["each"]]] = {
    "number": frozenset({"min", "max", "equals", "one_of"}),
    "estimate": frozenset({"min", "max"}),
    "boolean": frozenset({"equals", "one_of"}),
    "text": frozenset({"equals", "one_of", "excludes", "matches"}),
    "texts": frozenset({"subset_of", "excludes"}),
    "numbers": frozenset({"min", "max", "subset_of", "excludes"}),
    "part": frozenset(),
    "parts": frozenset({"each"}),
}


@dataclass(frozen=True)
class EvidenceField:
    """A field as a requirement sees it."""

    path: str
    shape: Shape
    unit: str
    strength: Strength
    description: str
    items: type[EvidencePart] | None = None
    """The model of a list's items."""


@cache
def fields_by_path(model: type[EvidencePart]) -> Mapping[str, EvidenceField]:
    """Every field of the model; those of a list's items are the items' own."""
    return MappingProxyType({field.path: field for field in fields_of(model)})


def fields_of(model: type[EvidencePart], prefix: str = "") -> Iterator[EvidenceField]:
    """Every field of the model by its dotted path; those of a list's items are the items' own."""
    if any(isinstance(field.annotation, (str, ForwardRef)) for field in model.model_fields.values()):
        model.model_rebuild()  # it names itself, or a model below it
    for name, field in model.model_fields.items():
        if name == "doubts":
            continue
        said = traits(field)
        shape, inner = shape_of(field.annotation, EvidencePart)
        path = f"{prefix}{name}"
        strength: Strength = said.get("strength", "proven")
        yield EvidenceField(path, shape, str(said.get("unit", "")), strength, field.description or "", inner)
        if shape == "part" and inner:
            yield from fields_of(inner, f"{path}.")
