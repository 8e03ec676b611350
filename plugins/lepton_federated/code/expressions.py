"""Expressions, followed: what each may stand for."""

from __future__ import annotations

import ast
import operator
from collections import ChainMap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lepton_federated.code import origins as origin_of
from lepton_federated.code.calls import called
from lepton_federated.code.values import (
    NEUTRAL,
    ROWS,
    UNKNOWN,
    Atom,
    Bundle,
    Class,
    Constant,
    Function,
    Instance,
    Made,
    Method,
    Module,
    Named,
    Origin,
    Value,
    constant,
    origins,
    single,
)
from lepton_federated.commands import UNKNOWN as UNKNOWN_TEXT

if TYPE_CHECKING:
    from lepton_federated.code.interpreter import Frame, Interpreter

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
MOST_ATOMS = 24
LONGEST = 10_000


def truth(value: Value) -> bool | None:
    """Whether the value is true, where it must be one constant."""
    if len(value) == 1 and isinstance(atom := next(iter(value)), Constant) and atom.value != UNKNOWN_TEXT:
        return bool(atom.value)
    return False if value == frozenset((Named("typing.TYPE_CHECKING"),)) else None


def element(value: Value, index: int | None) -> Value:
    """An element of the value: the one at the index, or any."""
    found: set[Atom] = set()
    for atom in value:
        if (
            isinstance(atom, Bundle)
            and index is not None
            and atom.keys is None
            and index < len(atom.items)
            and atom.complete
        ):
            found |= atom.items[index]
        elif isinstance(atom, Bundle):
            found |= frozenset().union(*atom.items) or NEUTRAL
        elif isinstance(atom, Made) and atom.callee == "accept":
            found.add(atom)
        else:
            found |= _only(origins(frozenset((atom,))))
    return frozenset(found) or UNKNOWN


def _only(found: frozenset[Origin]) -> Value:
    return frozenset(found)


class Expressions:
    """Evaluates expressions in one frame."""

    def __init__(self, interpreter: Interpreter, frame: Frame) -> None:
        self.interpreter, self.frame = interpreter, frame

    def value(self, node: ast.expr) -> Value:
        """What the expression may stand for."""
        act = getattr(self, f"_{type(node).__name__.lower()}", None)
        found: Value = act(node) if act is not None else UNKNOWN
        return found if len(found) <= MOST_ATOMS else _only(origins(found))

    def _of(self, node: ast.expr) -> Value:
        return self.interpreter.evaluate(node, self.frame)

    def _constant(self, node: ast.Constant) -> Value:
        return constant(node.value)

    def _name(self, node: ast.Name) -> Value:
        return self.interpreter.looked_up(node.id, self.frame)

    def _namedexpr(self, node: ast.NamedExpr) -> Value:
        self.frame.names[node.target.id] = self._of(node.value)
        return self.frame.names[node.target.id]

    def _await(self, node: ast.Await) -> Value:
        return self._of(node.value)

    def _starred(self, node: ast.Starred) -> Value:
        return element(self._of(node.value), None)

    def _lambda(self, node: ast.Lambda) -> Value:
        seen = ChainMap(self.frame.names, dict(self.frame.enclosing))
        return frozenset((Function(node, self.frame.file, seen, self.frame.owner),))

    def _ifexp(self, node: ast.IfExp) -> Value:
        known = truth(self._of(node.test))
        sides = [side for decided, side in ((True, node.body), (False, node.orelse)) if known in {decided, None}]
        return frozenset().union(*(self._of(side) for side in sides))

    def _boolop(self, node: ast.BoolOp) -> Value:
        values = [self._of(part) for part in node.values]
        stop = isinstance(node.op, ast.Or)
        for index, value in enumerate(values[:-1]):
            if truth(value) is stop:
                return value
            if truth(value) is None:
                return frozenset().union(*values[index:])
        return values[-1]

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        value = self._of(node.operand)
        held = single(value)
        if isinstance(node.op, ast.Not):
            return NEUTRAL if truth(value) is None else constant(not truth(value))
        if isinstance(node.op, ast.USub) and isinstance(held, int | float):
            return constant(-held)
        return _only(origins(value))

    def _binop(self, node: ast.BinOp) -> Value:
        left, right = self._of(node.left), self._of(node.right)
        one, other = single(left), single(right)
        if one is not None and other is not None and type(node.op) in ARITHMETIC and _small(one, other):
            try:
                return constant(ARITHMETIC[type(node.op)](one, other))
            except (TypeError, ValueError, ArithmeticError):
                return UNKNOWN
        if isinstance(node.op, ast.Add) and (isinstance(one, str) or isinstance(other, str)):
            return constant(f"{UNKNOWN_TEXT if one is None else one}{UNKNOWN_TEXT if other is None else other}")
        bundles = [atom for value in (left, right) for atom in value if isinstance(atom, Bundle)]
        if isinstance(node.op, ast.Add) and len(bundles) == len(left) + len(right) == 2:  # noqa: PLR2004  # two lists, joined
            return frozenset(
                (Bundle(bundles[0].items + bundles[1].items, None, bundles[0].complete and bundles[1].complete),)
            )
        if isinstance(node.op, ast.MatMult):
            return _only(origin_of.of_product(origins(left), origins(right)))
        return _only(origin_of.of_arithmetic(origins(left), origins(right)))

    def _compare(self, node: ast.Compare) -> Value:
        sides = [single(self._of(side)) for side in (node.left, *node.comparators)]
        if len(sides) == 2 and type(node.ops[0]) in COMPARISONS and None not in sides:  # noqa: PLR2004  # one comparison
            try:
                return constant(bool(COMPARISONS[type(node.ops[0])](*sides)))
            except TypeError:
                return NEUTRAL
        compared = [self._of(side) for side in (node.left, *node.comparators)]
        return _only(origin_of.compared(frozenset().union(*map(origins, compared))))

    def _joinedstr(self, node: ast.JoinedStr) -> Value:
        pieces = [
            self._of(part.value) if isinstance(part, ast.FormattedValue) else self._of(part) for part in node.values
        ]
        texts = [UNKNOWN_TEXT if single(piece) is None else str(single(piece)) for piece in pieces]
        mixed = frozenset().union(*map(origins, pieces)) - {Origin.NEUTRAL, Origin.UNKNOWN}
        return _only(mixed) if mixed else constant("".join(texts))

    def _tuple(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        items: list[Value] = []
        complete = True
        for part in node.elts:
            if isinstance(part, ast.Starred):
                inner = list(self._of(part.value))
                whole = len(inner) == 1 and isinstance(inner[0], Bundle) and inner[0].complete
                items += inner[0].items if whole and isinstance(inner[0], Bundle) else (self._of(part),)
                complete &= whole
            else:
                items.append(self._of(part))
        return frozenset((Bundle(tuple(items), None, complete),))

    _list = _set = _tuple

    def _dict(self, node: ast.Dict) -> Value:
        items: list[Value] = []
        keys: list[object] = []
        complete = True
        for key, value in zip(node.keys, node.values, strict=True):
            held = self._of(value)
            inner = next(iter(held)) if key is None and len(held) == 1 else None
            if isinstance(inner, Bundle) and inner.keys is not None:
                items += inner.items
                keys += inner.keys
                complete &= inner.complete
            else:
                complete &= key is not None
                items.append(held)
                known = single(self._of(key)) if key is not None else None
                keys.append(UNKNOWN_TEXT if known is None else known)
        return frozenset((Bundle(tuple(items), tuple(keys), complete),))

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
        self._bind_generators(node.generators)
        with self.interpreter.in_loop():
            item = self._of(node.elt)
        return frozenset((Bundle((item,), None, complete=True),))

    _setcomp = _generatorexp = _listcomp

    def _dictcomp(self, node: ast.DictComp) -> Value:
        self._bind_generators(node.generators)
        with self.interpreter.in_loop():
            key, value = self._of(node.key), self._of(node.value)
        return frozenset((Bundle((value | _only(origins(key)),), (UNKNOWN_TEXT,)),))

    def _bind_generators(self, generators: list[ast.comprehension]) -> None:
        from lepton_federated.code.statements import bound

        for generator in generators:
            bound(self.interpreter, self.frame, generator.target, element(self._of(generator.iter), None))

    def _subscript(self, node: ast.Subscript) -> Value:
        value, key = self._of(node.value), self._of(node.slice) if not isinstance(node.slice, ast.Slice) else UNKNOWN
        held = single(key)
        found: set[Atom] = set()
        for atom in value:
            if atom == Named("flwr.run_config"):
                found |= self.interpreter.settings.get(str(held), UNKNOWN)
            elif isinstance(atom, Bundle) and atom.keys is not None and held is not None:
                matching = [
                    item for key_, item in zip(atom.keys, atom.items, strict=True) if key_ in (held, UNKNOWN_TEXT)
                ]
                found |= frozenset().union(*matching) or UNKNOWN
            elif isinstance(atom, Bundle) and isinstance(node.slice, ast.Slice):
                found.add(atom)
            else:
                part = element(frozenset((atom,)), held if isinstance(held, int) and held >= 0 else None)
                found |= part if isinstance(atom, Bundle) or self._whole_columns(node.slice) else _picked(part)
        return frozenset(found) or UNKNOWN

    def _whole_columns(self, key: ast.expr) -> bool:
        """The key names columns, or begins with all rows."""
        if isinstance(key, ast.Tuple) and key.elts:
            first = key.elts[0]
            return isinstance(first, ast.Slice) and first.lower is first.upper is first.step is None
        names = [atom for part in (key.elts if isinstance(key, ast.List) else [key]) for atom in self._of(part)]
        return bool(names) and all(isinstance(atom, Constant) and isinstance(atom.value, str) for atom in names)

    def _attribute(self, node: ast.Attribute) -> Value:
        if node.attr == "run_config":
            return frozenset((Named("flwr.run_config"),))
        return frozenset().union(*(self._member(atom, node.attr) for atom in self._of(node.value))) or UNKNOWN

    def _member(self, atom: Atom, name: str) -> Value:
        if isinstance(atom, Named):
            return (
                frozenset((Named(f"{atom.name}.{name}"),))
                if name not in origin_of.PARAMETER_ATTRIBUTES
                else _only(frozenset((Origin.PARAMETERS,)))
            )
        if isinstance(atom, Module):
            return self.interpreter.names_of(atom.file).get(name, UNKNOWN)
        if isinstance(atom, Instance):
            known = atom.attributes.get(name) or member_of(atom.of, name)
            functions = [found for found in known or () if isinstance(found, Function | Made)]
            return (
                known
                if known and not any(isinstance(f, Function) for f in functions)
                else frozenset((Method(atom, name),))
            )
        if isinstance(atom, Class):
            return atom.members.get(name, UNKNOWN)
        return frozenset((Method(atom, name),))

    def _call(self, node: ast.Call) -> Value:
        return called(self.interpreter, self.frame, node)


def _picked(value: Value) -> Value:
    """Some rows of the value; what holds no rows stays as it is."""
    return _only(origin_of.picked(origins(value))) if origins(value) & ROWS else value


def member_of(of: Class, name: str) -> Value | None:
    """A member of the class, or of the project's classes below it."""
    if name in of.members:
        return of.members[name]
    below = (atom for base in of.bases for atom in base if isinstance(atom, Class))
    return next((found for atom in below if (found := member_of(atom, name)) is not None), None)


def _small(*held: object) -> bool:
    return all(not isinstance(one, str | bytes) or len(one) < LONGEST for one in held) and not (
        any(isinstance(one, str | bytes) for one in held)
        and any(isinstance(one, int) and one > LONGEST for one in held)
    )
