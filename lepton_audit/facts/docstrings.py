"""The texts below the attributes of a model, read from its source when somebody asks: importing stays fast."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise

from pydantic import BaseModel


def attribute_texts(model: type[BaseModel]) -> dict[str, str]:
    """Field -> its text, of the model and the models that it extends; the field's own `description` wins."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= _texts(base)
    return found | {name: field.description for name, field in model.model_fields.items() if field.description}


def _texts(model: type[BaseModel]) -> dict[str, str]:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    except (OSError, TypeError, SyntaxError):
        return {}  # a class made at run time has no source
    statements = body.body if isinstance(body, ast.ClassDef) else []
    return {
        first.target.id: inspect.cleandoc(second.value.value)
        for first, second in pairwise(statements)
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name)
        if isinstance(second, ast.Expr)
        and isinstance(second.value, ast.Constant)
        and isinstance(second.value.value, str)
    }
