"""Evidence: what a probe saw, in typed fields that carry a description, a unit and a strength."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field
from pydantic.fields import FieldInfo

from lepton_audit.facts.frozen import Frozen

Strength = Literal["proven", "tested"]
"""``proven``: exact or accounted for. ``tested``: no violation was found by this test."""


def measure(description: str, *, unit: str, strength: Strength, volatile: bool = False) -> Any:  # noqa: ANN401  # as pydantic.Field
    """A leaf field of evidence. ``volatile`` keeps a time of day or a duration out of the digest."""
    extra: dict[str, Any] = {"unit": unit, "strength": strength, "volatile": volatile}
    return Field(description=description, json_schema_extra=extra)


def part(description: str) -> Any:  # noqa: ANN401  # as pydantic.Field
    """A field that holds an `EvidencePart`, or a tuple of them."""
    return Field(description=description, json_schema_extra={"part": True})


class UndescribedField(TypeError):
    """An evidence model has a field that was declared neither with `measure` nor with `part`."""

    def __init__(self, model: str, field: str) -> None:
        super().__init__(f"{model}.{field}: declare it with measure(description, unit=..., strength=...) or part(...)")


class EvidencePart(Frozen):
    """A group of fields inside evidence: one certificate of a chain, one file of a folder."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        for name, field in cls.model_fields.items():
            if name != "doubts" and not ({"unit", "part"} & traits(field).keys()):
                raise UndescribedField(cls.__name__, name)


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
