"""The fields of an evidence model: what a requirement may name, and which operators fit."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from lepton_audit.facts.evidence import EvidencePart, Strength, traits
from lepton_audit.facts.policy import Operator
from lepton_audit.facts.quantities import Estimate

Shape = Literal["number", "estimate", "boolean", "text", "texts", "numbers", "part", "parts"]
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
    for name, field in model.model_fields.items():
        if name == "doubts":
            continue
        said = traits(field)
        shape, inner = _shape(field.annotation)
        path = f"{prefix}{name}"
        strength: Strength = said.get("strength", "proven")
        yield EvidenceField(path, shape, str(said.get("unit", "")), strength, field.description or "", inner)
        if shape == "part" and inner:
            yield from fields_of(inner, f"{path}.")


def _shape(annotation: Any) -> tuple[Shape, type[EvidencePart] | None]:
    """The shape of a field, whatever stands around it: `Annotated`, `| None`, `| Literal["unbounded"]`."""
    arguments = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _shape(arguments[0])
    if origin in (typing.Union, types.UnionType):
        shapes = [_shape(arg) for arg in arguments]
        return next((found for found in shapes if found[0] != "text"), shapes[0])
    if origin in (tuple, list, frozenset):
        return _shape_of_list(*_shape(arguments[0]))
    return _shape_of_leaf(annotation)


def _shape_of_list(shape: Shape, inner: type[EvidencePart] | None) -> tuple[Shape, type[EvidencePart] | None]:
    lists: dict[Shape, Shape] = {"part": "parts", "number": "numbers"}
    return lists.get(shape, "texts"), inner


def _shape_of_leaf(annotation: Any) -> tuple[Shape, type[EvidencePart] | None]:
    if isinstance(annotation, type) and issubclass(annotation, EvidencePart):
        return "part", annotation
    if annotation is Estimate:
        return "estimate", None
    if annotation is bool:
        return "boolean", None
    return ("number", None) if annotation in (int, float) else ("text", None)
