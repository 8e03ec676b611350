"""`Node` -> frozen model, with every complaint at its file, line and column."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lepton_audit.load.problems import BadInput, Problem, nearest
from lepton_audit.load.tree import Node, place, plain

M = TypeVar("M", bound=BaseModel)


def validated(node: Node, model: type[M], *, at: Sequence[str | int] = ()) -> M:
    """The node as a model; types are strict, as in JSON. Raises BadInput with every problem."""
    problems, value = attempt(node, model, plain(node), at=at)
    if value is None:
        raise BadInput(problems)
    return value


def attempt(
    node: Node,
    model: type[M],
    value: Any,
    *,
    at: Sequence[str | int] = (),
) -> tuple[list[Problem], M | None]:
    """The model, or the problems. ``value`` is what the node says, possibly reshaped below the path ``at``."""
    try:
        return [], model.model_validate_json(json.dumps(value, allow_nan=False), strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=True)
        return [_problem(node, model, detail, at) for detail in details], None


def _problem(node: Node, model: type[BaseModel], detail: ErrorDetails, at: Sequence[str | int]) -> Problem:
    path = (*at, *detail["loc"])
    if detail["type"] == "extra_forbidden":
        return _unknown_key(node, model, detail, path)
    where = ".".join(map(str, (*at[-1:], *detail["loc"]))) or model.__name__
    message = detail["msg"].removeprefix("Value error, ")
    found = "" if detail["type"] == "missing" else f", found {_shown(detail['input'])}"
    mark = place(node, path, of_key=detail["type"] == "missing")
    return Problem(mark, f"{where}: {message}{found}")


def _unknown_key(node: Node, model: type[BaseModel], detail: ErrorDetails, path: tuple[str | int, ...]) -> Problem:
    owner = _model_at(model, detail["loc"][:-1])
    names = [field.alias or name for name, field in owner.model_fields.items()] if owner else []
    key = str(detail["loc"][-1])
    what = f"unknown key {key!r}" + (f" in {'.'.join(map(str, detail['loc'][:-1]))}" if len(detail["loc"]) > 1 else "")
    return Problem(
        place(node, path, of_key=True), what, "one of " + ", ".join(names) if names else "", nearest(key, names)
    )


def _model_at(model: Any, path: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that the path leads to through fields, lists, mappings and unions."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        if not path:
            return model
        by_key = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        return _model_at(by_key.get(str(path[0])), path[1:])
    return _model_within(model, path)


def _model_within(annotation: Any, path: Sequence[str | int]) -> type[BaseModel] | None:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType, typing.Annotated):
        return next((found for arg in arguments if (found := _model_at(arg, path))), None)
    if origin in (tuple, list, dict) and path:
        return _model_at(arguments[1] if origin is dict else arguments[0], path[1:])
    return None


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004  # a line of a terminal
