"""The shape of an evidence field, read from its type: what a requirement can be held against."""

from __future__ import annotations

import types
import typing
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

from lepton_audit.facts.quantities import Estimate

Shape = Literal["number", "estimate", "boolean", "text", "texts", "numbers", "part", "parts"]
Found = tuple[Shape, type | None]
"""The shape, and the model of a part or of a list's parts."""

_LISTS: dict[Shape, Shape] = {"part": "parts", "number": "numbers", "text": "texts"}
_LEAVES: dict[object, Shape] = {bool: "boolean", int: "number", float: "number", str: "text", Estimate: "estimate"}
_UNBOUNDED = ("unbounded",)
ALLOWED = (
    "bool, int, float, Bounded, str, a Literal of texts, Estimate, an EvidencePart, or tuple[X, ...] of texts, numbers or "
    "parts; each with `| None`"
)


class Shapeless(TypeError):
    """No requirement fits a value of this type."""

    def __init__(self, annotation: object) -> None:
        super().__init__(f"{annotation} is no type that a requirement can be held against; use {ALLOWED}")


def shape_of(annotation: Any, part: type) -> Found:
    """The shape, whatever stands around it: `Annotated`, `| None`, `| Literal["unbounded"]`. Raises Shapeless."""
    members = _members(annotation)
    bare = [member for member in members if not (len(members) > 1 and get_args(member) == _UNBOUNDED)]
    found = {_shape_of_one(member, part) for member in bare}
    if len(found) != 1 or (len(bare) < len(members) and found != {("number", None)}):
        raise Shapeless(annotation)
    return found.pop()


def _members(annotation: Any) -> list[Any]:
    """The members of a union, without `None` and without what `Annotated` says of them."""
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        return _members(get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return [member for arg in get_args(annotation) if arg is not type(None) for member in _members(arg)]
    return [annotation]


def _shape_of_one(annotation: Any, part: type) -> Found:
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:  # noqa: PLR2004  # tuple[X, ...]
        shape, inner = shape_of(arguments[0], part)
        if shape in _LISTS:
            return _LISTS[shape], inner
    if get_origin(annotation) is Literal and all(isinstance(value, str) for value in arguments):
        return "text", None
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, part):
            return "part", annotation
        if issubclass(annotation, StrEnum):
            return "text", None
        if annotation in _LEAVES:
            return _LEAVES[annotation], None
    raise Shapeless(annotation)
