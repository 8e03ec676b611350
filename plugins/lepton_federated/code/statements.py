"""Statements, followed: what each name stands for afterwards. Of a branch that a constant decides, only that side is followed."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepton_federated.code import origins as origin_of
from lepton_federated.code.expressions import element, truth
from lepton_federated.code.values import NEUTRAL, UNKNOWN, Class, Function, Instance, Method, Value, origins
from lepton_federated.commands import UNKNOWN as UNKNOWN_TEXT

if TYPE_CHECKING:
    from lepton_federated.code.interpreter import Frame, Interpreter


def run_block(interpreter: Interpreter, frame: Frame, body: Sequence[ast.stmt]) -> None:
    """The statements are followed in order."""
    for statement in body:
        interpreter.step()
        if isinstance(statement, ast.Raise | ast.Break | ast.Continue):
            return
        _Statement(interpreter, frame).run(statement)
        if isinstance(statement, ast.Return):
            return


def bound(interpreter: Interpreter, frame: Frame, target: ast.expr, value: Value) -> None:
    """The target stands for the value in the frame."""
    _Statement(interpreter, frame).bind(target, value)


def rebound(interpreter: Interpreter, frame: Frame, method: ast.expr, value: Value) -> None:
    """What the method was called on stands for the value from here on."""
    if isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name | ast.Attribute):
        bound(interpreter, frame, method.value, value)


class _Statement:
    def __init__(self, interpreter: Interpreter, frame: Frame) -> None:
        self.interpreter, self.frame = interpreter, frame

    def run(self, node: ast.stmt) -> None:
        act = getattr(self, f"_{type(node).__name__.lower()}", None)
        if act is not None:
            act(node)

    def _value(self, node: ast.expr | None) -> Value:
        return self.interpreter.evaluate(node, self.frame)

    def _expr(self, node: ast.Expr) -> None:
        self._value(node.value)

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.frame.returned.append(self._value(node.value))

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            self.interpreter.imported(alias.name, None)
            self.frame.names[alias.asname or whole] = self.interpreter.imported(whole, None)

    def _importfrom(self, node: ast.ImportFrom) -> None:
        module = self.interpreter.relative(node, self.frame.file)
        for alias in node.names:
            self.frame.names[alias.asname or alias.name] = self.interpreter.imported(module, alias.name)

    def _assign(self, node: ast.Assign) -> None:
        value = self._value(node.value)
        for target in node.targets:
            self.bind(target, value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self._value(node.value))

    def _augassign(self, node: ast.AugAssign) -> None:
        left = ast.copy_location(_loaded(node.target), node)
        whole = ast.copy_location(ast.BinOp(left, node.op, node.value), node)
        value = self._value(whole)
        if isinstance(node.op, ast.Add) and origin_of.summed_up(
            origins(self._value(left)), origins(self._value(node.value))
        ):
            value = NEUTRAL
        self.bind(node.target, value)

    def bind(self, target: ast.expr, value: Value) -> None:
        """The target stands for the value from here on."""
        if isinstance(target, ast.Name):
            self.frame.names[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            for index, part in enumerate(target.elts):
                self.bind(part.value if isinstance(part, ast.Starred) else part, element(value, index))
        elif isinstance(target, ast.Attribute):
            self._bind_attribute(target, value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            name = target.value.id
            self.frame.names[name] = self.interpreter.looked_up(name, self.frame) | value
        elif isinstance(target, ast.Subscript):
            self._bind_inside(target)

    def _bind_inside(self, target: ast.Subscript) -> None:
        """A part of something's attribute was set, as of its ``__dict__``: any of its attributes may be meant."""
        from lepton_federated.code.interpreter import Set

        owners = frozenset(atom.of for atom in self._value(target.value) if isinstance(atom, Method))
        if owners and isinstance(target.value, ast.Attribute) and target.value.attr == "__dict__":
            where = f"{self.frame.file}:{target.lineno}"
            self.interpreter.set.append(Set(owners, UNKNOWN_TEXT, UNKNOWN, where))

    def _bind_attribute(self, target: ast.Attribute, value: Value) -> None:
        from lepton_federated.code.interpreter import Set

        owner = self._value(target.value)
        for atom in owner:
            if isinstance(atom, Instance):
                atom.attributes[target.attr] = atom.attributes.get(target.attr, frozenset()) | value
        self.interpreter.set.append(Set(owner, target.attr, value, f"{self.frame.file}:{target.lineno}"))

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        from lepton_federated.code.interpreter import Decorated

        seen = ChainMap(self.frame.names, dict(self.frame.enclosing))
        function = Function(node, self.frame.file, seen, self.frame.owner)
        self.frame.names[node.name] = frozenset((function,))
        for decorator in node.decorator_list:
            self.interpreter.decorated.append(Decorated(self._value(decorator), function))

    _asyncfunctiondef = _functiondef

    def _classdef(self, node: ast.ClassDef) -> None:
        from lepton_federated.code.interpreter import Frame

        members: dict[str, Value] = {}
        bases = tuple(self._value(base) for base in node.bases)
        made = Class(node, self.frame.file, bases, members)
        inner = Frame(self.frame.file, members, {**self.frame.enclosing, **self.frame.names}, None, made)
        run_block(self.interpreter, inner, node.body)
        self.frame.names[node.name] = frozenset((made,))

    def _if(self, node: ast.If) -> None:
        known = truth(self._value(node.test))
        branches = [body for side, body in ((True, node.body), (False, node.orelse)) if known in {side, None}]
        self._either(branches)

    def _either(self, branches: Sequence[Sequence[ast.stmt]]) -> None:
        before = dict(self.frame.names)
        after: list[dict[str, Value]] = []
        for body in branches:
            self.frame.names.clear()
            self.frame.names.update(before)
            run_block(self.interpreter, self.frame, body)
            after.append(dict(self.frame.names))
        for name in {name for names in after for name in names}:
            self.frame.names[name] = frozenset().union(*(names[name] for names in after if name in names))

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.bind(node.target, element(self._value(node.iter), None))
        with self.interpreter.in_loop():
            self._either([node.body, []])
        run_block(self.interpreter, self.frame, node.orelse)

    _asyncfor = _for

    def _while(self, node: ast.While) -> None:
        if truth(self._value(node.test)) is not False:
            with self.interpreter.in_loop():
                self._either([node.body, []])

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self._value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        run_block(self.interpreter, self.frame, node.body)

    _asyncwith = _with

    def _try(self, node: ast.Try) -> None:
        run_block(self.interpreter, self.frame, node.body)
        self._either([[], *(handler.body for handler in node.handlers)])
        run_block(self.interpreter, self.frame, [*node.orelse, *node.finalbody])

    _trystar = _try

    def _match(self, node: ast.Match) -> None:
        self._value(node.subject)
        self._either([[], *(case.body for case in node.cases)])


def _loaded(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    return ast.Subscript(target.value, target.slice, ast.Load()) if isinstance(target, ast.Subscript) else target
