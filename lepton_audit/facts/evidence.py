"""Evidence: what a probe saw, in typed fields that carry a description, a unit and a strength."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ForwardRef, Literal, get_args

from pydantic import Field
from pydantic.fields import FieldInfo

from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.shapes import Shapeless, shape_of

Strength = Literal["proven", "tested"]
"""``proven``: exact or accounted for. ``tested``: no violation was found by this test."""


def measure(description: str, *, unit: str, strength: Strength, volatile: bool = False) -> Any:  # as pydantic.Field
    """A leaf field of evidence. ``volatile`` keeps a time of day or a duration out of the digest."""
    extra: dict[str, Any] = {"unit": unit, "strength": strength, "volatile": volatile}
    return Field(description=description, json_schema_extra=extra)


def part(description: str) -> Any:  # as pydantic.Field
    """A field that holds an `EvidencePart`, or a tuple of them."""
    return Field(description=description, json_schema_extra={"part": True})


class UndescribedField(TypeError):
    """An evidence model has a field that was declared neither with `measure` nor with `part`."""

    def __init__(self, model: str, field: str) -> None:
        super().__init__(f"{model}.{field}: declare it with measure(description, unit=..., strength=...) or part(...)")


class ShapelessField(TypeError):
    """An evidence model has a field of a type that no requirement could be held against."""

    def __init__(self, model: str, field: str, because: str) -> None:
        super().__init__(f"{model}.{field}: {because}")


class EvidencePart(Frozen):
    """A group of fields inside evidence: one certificate of a chain, one file of a folder."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        for name, field in cls.model_fields.items():
            if name != "doubts" and not ({"unit", "part"} & traits(field).keys()):
                raise UndescribedField(cls.__name__, name)
            if name != "doubts":
                _refuse_shapeless(cls, name, field)


def _refuse_shapeless(model: type[EvidencePart], name: str, field: FieldInfo) -> None:
    if isinstance(field.annotation, (str, ForwardRef)):
        return  # a model that names itself, or one below it: read when a policy is held against it
    try:
        shape_of(field.annotation, EvidencePart)
    except Shapeless as error:
        raise ShapelessField(model.__name__, name, str(error)) from None


class Doubt(Frozen):
    """A reason why a test had no power here: it turns a pass on these fields into `undecided`, never a fail."""

    because: str
    fields: tuple[str, ...] = ()
    """Dotted paths the doubt speaks of; empty means every field."""


class Evidence(EvidencePart):
    """What one probe saw of its assets. A value that couldn't be determined is ``None``, never a guess."""

    doubts: tuple[Doubt, ...] = ()


def traits(field: FieldInfo) -> dict[str, Any]:
    """What `measure` or `part` said of the field."""
    extra = field.json_schema_extra
    return extra if isinstance(extra, dict) else {}


def volatile_fields(model: type[EvidencePart]) -> Iterator[str]:
    """Names of the fields that stay out of the digest."""
    return (name for name, field in model.model_fields.items() if traits(field).get("volatile"))


class FieldNote(Frozen):
    """What one field of evidence means, in its author's words."""

    path: str
    """Dotted; a list's items are not counted: ``items.answer``."""
    description: str
    unit: str = ""
    strength: Strength | None = None


def field_notes(model: type[EvidencePart], prefix: str = "") -> tuple[FieldNote, ...]:
    """Notes on every measured field of the model, parts of parts included, in the order of declaration."""
    notes: list[FieldNote] = []
    for name, field in model.model_fields.items():
        said, path = traits(field), prefix + name
        if "unit" in said:
            note = FieldNote(
                path=path, description=field.description or "", unit=said["unit"], strength=said["strength"]
            )
            notes.append(note)
        elif "part" in said:
            notes.extend(note for inner in _parts_in(field.annotation) for note in field_notes(inner, path + "."))
    return tuple(notes)


def _parts_in(annotation: object) -> Iterator[type[EvidencePart]]:
    if isinstance(annotation, type) and issubclass(annotation, EvidencePart):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts_in(inner)
