"""What a Python expression may stand for, as far as the sources tell.

A `Value` is the set of all things it may be. Nothing of the target runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Union

from lepton_federated.commands import UNKNOWN as UNKNOWN_TEXT


class Origin(Enum):
    """Where the numbers in a value come from."""

    RAW = "rows of loaded data"
    COLUMNS = "rows of loaded data, transposed"
    SOME = "some rows of loaded data, picked"
    DERIVED = "one value per row, computed from rows and parameters"
    GROUPS = "one value per row or per group of rows"
    PARTIAL = "a figure of some rows, computed in a loop"
    PARAMETERS = "parameters of a model"
    NEUTRAL = "constants, counts and single figures"
    UNKNOWN = "nothing tells"


Origins = frozenset[Origin]
ROWS: Origins = frozenset((Origin.RAW, Origin.COLUMNS, Origin.SOME))


@dataclass(frozen=True)
class Constant:
    """A number, a text, a boolean or None."""

    value: object
    kind: str = ""
    """Keeps ``1``, ``1.0`` and ``True`` apart."""


@dataclass(frozen=True)
class Named:
    """Something of another library, by its dotted name."""

    name: str


@dataclass(frozen=True)
class Module:
    """A module of the project."""

    file: str


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the project, with the names that it sees."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    file: str
    seen: Mapping[str, Value]
    owner: Class | None = None


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the project."""

    node: ast.ClassDef
    file: str
    bases: tuple[Value, ...]
    members: dict[str, Value]


@dataclass(eq=False)
class Instance:
    """An object of a class of the project."""

    of: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    base: Made | None = None
    """The call of the library's constructor below it."""


@dataclass(frozen=True, eq=False)
class Method:
    """A method of something, not called yet."""

    of: Atom
    name: str


@dataclass(frozen=True, eq=False)
class Bundle:
    """A list, tuple, set or dictionary."""

    items: tuple[Value, ...]
    keys: tuple[object, ...] | None = None
    """For a dictionary: the constant keys, `UNKNOWN_TEXT` where one isn't."""
    complete: bool = True
    """Nothing was unpacked into it that isn't known."""


@dataclass(frozen=True, eq=False)
class Made:
    """The result of a call that leaves the project: a library's object, or a library's answer."""

    callee: str
    """Dotted name, or the bare name of a method."""
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    where: str
    origins: Origins
    receiver: Atom | None = None
    complete: bool = True
    """No ``*args`` or ``**kwargs`` hide an argument."""

    @property
    def name(self) -> str:
        """The last part of the callee's name."""
        return self.callee.rpartition(".")[2]

    def given(self, name: str, position: int | None = None) -> Value | None:
        """The argument of that name, or at that position."""
        if name in self.keywords:
            return self.keywords[name]
        if position is not None and position < len(self.args):
            return self.args[position]
        return None if self.complete else UNKNOWN


Atom = Union[Constant, Named, Module, Function, Class, Instance, Method, Bundle, Made, Origin]  # noqa: UP007  # forward references
Value = frozenset[Atom]
UNKNOWN: Value = frozenset((Origin.UNKNOWN,))
NEUTRAL: Value = frozenset((Origin.NEUTRAL,))


def constant(value: object) -> Value:
    """The value that is this constant and nothing else."""
    return frozenset((Constant(value, type(value).__name__),))


def single(value: Value | None) -> object | None:
    """The constant that the value must be, or None."""
    if value is None or len(value) != 1:
        return None
    (atom,) = value
    return atom.value if isinstance(atom, Constant) else None


def origins(value: Value) -> Origins:
    """Where all that is in the value comes from."""
    return frozenset(origin for atom in value for origin in _origins(atom))


def _origins(atom: Atom) -> Iterator[Origin]:
    if isinstance(atom, Origin):
        yield atom
    elif isinstance(atom, Constant):
        yield Origin.UNKNOWN if atom.value == UNKNOWN_TEXT else Origin.NEUTRAL
    elif isinstance(atom, Bundle):
        yield from (origin for item in atom.items for origin in origins(item))
        if not atom.complete:
            yield Origin.UNKNOWN
    elif isinstance(atom, Made):
        yield from atom.origins
    elif isinstance(atom, Method):
        from lepton_federated.code.origins import of_attribute

        yield from of_attribute(atom.name, frozenset(_origins(atom.of)))
    else:
        yield Origin.UNKNOWN


def root(atom: Atom) -> Atom:
    """The first thing in a chain of methods: of ``server.socket.accept()`` it is the server."""
    while isinstance(atom, Made | Method):
        below = atom.receiver if isinstance(atom, Made) else atom.of
        if below is None:
            return atom
        atom = below
    return atom
