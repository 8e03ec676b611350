"""Follows the project's Python code through assignments, calls and branches, and notes every call that leaves it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from lepton_federated.code.expressions import Expressions
from lepton_federated.code.sources import absolute, file_of
from lepton_federated.code.statements import run_block
from lepton_federated.code.values import UNKNOWN, Class, Function, Instance, Made, Module, Named, Value, constant

MOST_STEPS = 400_000
DEEPEST = 12
BUILT_IN = {"__name__": UNKNOWN, "True": constant(True), "False": constant(False), "None": constant(None)}  # noqa: FBT003


class TooLargeToFollow(Exception):
    """The code has more paths than are followed."""


@dataclass(frozen=True, eq=False)
class Decorated:
    """A function, and one of the decorators on it."""

    decorator: Value
    function: Function


@dataclass(frozen=True, eq=False)
class Set:
    """An attribute of a library's object was set."""

    of: Value
    name: str
    value: Value
    where: str


@dataclass
class Frame:
    """One running function: its names, what it returned, and its place."""

    file: str
    names: dict[str, Value]
    enclosing: Mapping[str, Value]
    instance: Instance | None = None
    owner: Class | None = None
    returned: list[Value] = field(default_factory=list)


class Interpreter:
    """Everything that was seen so far."""

    def __init__(self, modules: Mapping[str, ast.Module], settings: Mapping[str, Value]) -> None:
        self.modules, self.settings = modules, settings
        self.made: list[Made] = []
        self.set: list[Set] = []
        self.decorated: list[Decorated] = []
        self.followed: set[int] = set()
        """Identities of the function nodes that were followed."""
        self.reached: set[str] = set()
        """Names of the functions that were followed."""
        self.steps = 0
        self.repeated = 0
        """Loops and comprehensions around what is followed now."""
        self._names: dict[str, dict[str, Value]] = {}
        self._running: list[int] = []

    def step(self) -> None:
        """Counts the work. Raises TooLargeToFollow."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLargeToFollow

    def names_of(self, file: str) -> dict[str, Value]:
        """The names that a module defines; its top level is followed once."""
        if file not in self._names:
            self._names[file] = {}
            run_block(self, Frame(file, self._names[file], {}), self.modules[file].body)
        return self._names[file]

    def imported(self, module: str, name: str | None) -> Value:
        """What ``from module import name``, or ``import module``, means."""
        file = file_of(module, self.modules)
        if name is None:
            return frozenset((Module(file) if file else Named(module),))
        below = file_of(f"{module}.{name}", self.modules) if module else file_of(name, self.modules)
        if file and name in self.names_of(file):
            return self.names_of(file)[name]
        if below:
            return frozenset((Module(below),))
        return UNKNOWN if file else frozenset((Named(f"{module}.{name}"),))

    def relative(self, node: ast.ImportFrom, file: str) -> str:
        """The dotted module of an import statement."""
        return absolute(node.module, node.level, file)

    @contextmanager
    def in_loop(self) -> Iterator[None]:
        """What is followed inside runs once for each element."""
        self.repeated += 1
        try:
            yield
        finally:
            self.repeated -= 1

    def evaluate(self, node: ast.expr | None, frame: Frame) -> Value:
        """What an expression may stand for."""
        self.step()
        return UNKNOWN if node is None else Expressions(self, frame).value(node)

    def looked_up(self, name: str, frame: Frame) -> Value:
        """What a name stands for, where the frame stands."""
        for names in (frame.names, frame.enclosing, self._names.get(frame.file, {}), BUILT_IN):
            if name in names:
                return names[name]
        return frozenset((Named(name),))

    def call(
        self,
        function: Function,
        args: tuple[Value, ...] = (),
        keywords: Mapping[str, Value] | None = None,
        *,
        instance: Instance | None = None,
    ) -> Value:
        """What a function of the project may return, by following it."""
        if len(self._running) >= DEEPEST or id(function.node) in self._running:
            return UNKNOWN
        self.followed.add(id(function.node))
        self.reached.add(getattr(function.node, "name", ""))
        frame = Frame(
            function.file, _bound(function, args, keywords or {}, instance), function.seen, instance, function.owner
        )
        self._running.append(id(function.node))
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body, frame)
            for name, default in _defaults(function.node.args):
                frame.names.setdefault(name, self.evaluate(default, frame))
            run_block(self, frame, function.node.body)
        finally:
            self._running.pop()
        return frozenset().union(*frame.returned) or constant(None)

    def follow_the_rest(self) -> None:
        """Every module, function and method that nothing has called yet is followed with unknown arguments."""
        for file in self.modules:
            for value in list(self.names_of(file).values()):
                for atom in value:
                    for function, instance in _functions(atom):
                        if id(function.node) not in self.followed:
                            self.call(function, instance=instance)


def _functions(atom: object) -> Iterator[tuple[Function, Instance | None]]:
    if isinstance(atom, Function):
        yield atom, None
    elif isinstance(atom, Class):
        instance = Instance(atom)
        ordered = sorted(atom.members.items(), key=lambda item: item[0] != "__init__")
        yield from (
            (function, instance) for _, value in ordered for function in value if isinstance(function, Function)
        )


def _bound(
    function: Function, args: tuple[Value, ...], keywords: Mapping[str, Value], instance: Instance | None
) -> dict[str, Value]:
    parameters = function.node.args
    names = [parameter.arg for parameter in (*parameters.posonlyargs, *parameters.args)]
    own: tuple[Value, ...] = (frozenset((instance,)),) if instance and not _static(function) else ()
    bound = dict(zip(names, (*own, *args), strict=False))
    keyword_only = {parameter.arg for parameter in parameters.kwonlyargs}
    bound |= {name: value for name, value in keywords.items() if name in keyword_only or name in names}
    defaulted = {name for name, _ in _defaults(parameters)}
    bound |= {name: UNKNOWN for name in (*names, *keyword_only) if name not in bound and name not in defaulted}
    for rest in (parameters.vararg, parameters.kwarg):
        bound |= {rest.arg: UNKNOWN} if rest else {}
    return bound


def _static(function: Function) -> bool:
    decorators = getattr(function.node, "decorator_list", [])
    return any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in decorators)


def _defaults(parameters: ast.arguments) -> list[tuple[str, ast.expr]]:
    positional = [*parameters.posonlyargs, *parameters.args]
    late = positional[len(positional) - len(parameters.defaults) :]
    stated = [(p.arg, d) for p, d in zip(late, parameters.defaults, strict=True)]
    return stated + [
        (p.arg, d) for p, d in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True) if d is not None
    ]
