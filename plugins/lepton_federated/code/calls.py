"""Calls, followed: into the project's own functions and classes, noted where they leave it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lepton_federated.code import origins as origin_of
from lepton_federated.code.values import (
    NEUTRAL,
    UNKNOWN,
    Atom,
    Bundle,
    Class,
    Constant,
    Function,
    Instance,
    Made,
    Method,
    Named,
    Origin,
    Origins,
    Value,
    constant,
    origins,
    single,
)
from lepton_federated.commands import UNKNOWN as UNKNOWN_TEXT

if TYPE_CHECKING:
    from lepton_federated.code.interpreter import Frame, Interpreter

DATA_FILE = re.compile(r".*\.(?:csv|tsv|parquet|npy|npz|arff|feather|jsonl|xlsx?)(?:\.gz)?", re.IGNORECASE)
CONVERSIONS = {"int": int, "float": float, "str": str, "bool": bool}
ENVIRONMENT = frozenset({"os.environ.get", "os.getenv"})
SUPER = "super()"


@dataclass(frozen=True)
class Given:
    """The arguments of a call."""

    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    complete: bool
    where: str

    @property
    def all(self) -> tuple[Value, ...]:
        """Positional and named ones."""
        return (*self.args, *self.keywords.values())


def called(interpreter: Interpreter, frame: Frame, node: ast.Call) -> Value:
    """What the call may return."""
    from lepton_federated.code.statements import rebound

    callee = interpreter.evaluate(node.func, frame)
    given = _given(interpreter, frame, node)
    if callee == frozenset((Named("super"),)) and frame.instance is not None:
        return frozenset((Method(frame.instance, SUPER),))
    for atom in callee:
        if (
            isinstance(atom, Method)
            and atom.name in {"append", "add", "extend", "insert", "update"}
            and isinstance(atom.of, Bundle)
        ):
            rebound(interpreter, frame, node.func, _grown(atom.of, atom.name, given))
    return frozenset().union(*(_of_atom(interpreter, frame, atom, given) for atom in callee)) or UNKNOWN


def _given(interpreter: Interpreter, frame: Frame, node: ast.Call) -> Given:
    args: list[Value] = []
    complete = True
    for argument in node.args:
        value = interpreter.evaluate(argument.value if isinstance(argument, ast.Starred) else argument, frame)
        if isinstance(argument, ast.Starred):
            bundle = _whole(value)
            complete &= bundle is not None
            args += bundle.items if bundle else ()
        else:
            args.append(value)
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = interpreter.evaluate(keyword.value, frame)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
            continue
        bundle = _whole(value)
        complete &= bundle is not None and bundle.keys is not None and UNKNOWN_TEXT not in bundle.keys
        if bundle and bundle.keys:
            keywords |= {str(key): item for key, item in zip(bundle.keys, bundle.items, strict=True)}
    return Given(tuple(args), keywords, complete, f"{frame.file}:{node.lineno}")


def _whole(value: Value) -> Bundle | None:
    """The one bundle that the value must be, if nothing of it is unknown."""
    atom = next(iter(value)) if len(value) == 1 else None
    return atom if isinstance(atom, Bundle) and atom.complete else None


def _of_atom(  # noqa: PLR0911  # one answer for each kind of atom
    interpreter: Interpreter, frame: Frame, atom: Atom, given: Given
) -> Value:
    if isinstance(atom, Named):
        return _library(interpreter, atom.name, given)
    if isinstance(atom, Function):
        return interpreter.call(atom, given.args, given.keywords)
    if isinstance(atom, Class):
        return _instantiated(interpreter, atom, given)
    if isinstance(atom, Method):
        return _method(interpreter, frame, atom, given)
    if isinstance(atom, Made) and origin_of.LOSSES.fullmatch(atom.callee) and "reduction" not in atom.keywords:
        found = origin_of.reduced(frozenset((Origin.DERIVED,)), None, repeated=interpreter.repeated > 0)
        return _noted(interpreter, "__call__", given, found, atom)
    if isinstance(atom, Made | Instance):
        return _noted(interpreter, "__call__", given, frozenset((Origin.UNKNOWN,)), atom)
    return UNKNOWN


def _noted(interpreter: Interpreter, name: str, given: Given, found: Origins, receiver: Atom | None = None) -> Value:
    made = Made(name, given.args, given.keywords, given.where, found, receiver, given.complete)
    interpreter.made.append(made)
    return frozenset((made,))


def _library(interpreter: Interpreter, name: str, given: Given) -> Value:
    first = single(given.args[0]) if given.args else None
    if name in CONVERSIONS and first is not None and first != UNKNOWN_TEXT:
        try:
            return constant(CONVERSIONS[name](first))
        except (TypeError, ValueError):
            return UNKNOWN
    if name in ENVIRONMENT:
        default = given.args[1] if len(given.args) > 1 else given.keywords.get("default", UNKNOWN)
        return default | constant(UNKNOWN_TEXT)
    if name in {"setattr", "object.__setattr__"}:
        _set_by_name(interpreter, given)
    if name == "open":
        found = Origin.RAW if isinstance(first, str) and DATA_FILE.fullmatch(first) else Origin.UNKNOWN
        return _noted(interpreter, name, given, frozenset((found,)))
    target = given.keywords.get("target")
    if name in {"threading.Thread", "multiprocessing.Process"} and target:
        _follow_target(interpreter, target, given.keywords.get("args", frozenset()))
    axis = given.keywords.get("axis", given.args[1] if len(given.args) > 1 and name != "sum" else None)
    found_ = origin_of.of_call(name, given.all, axis, repeated=interpreter.repeated > 0)
    return _noted(interpreter, name, given, found_)


def _set_by_name(interpreter: Interpreter, given: Given) -> None:
    """`setattr` sets an attribute; one of any name where nothing tells which."""
    from lepton_federated.code.interpreter import Set

    of, name, value = (*given.args, UNKNOWN, UNKNOWN, UNKNOWN)[:3]
    held = single(name)
    interpreter.set.append(Set(of, held if isinstance(held, str) else UNKNOWN_TEXT, value, given.where))
    for atom in of:
        if isinstance(atom, Instance) and isinstance(held, str):
            atom.attributes[held] = atom.attributes.get(held, frozenset()) | value


def _follow_target(interpreter: Interpreter, target: Value, args: Value) -> None:
    bundle = _whole(args)
    for atom in target:
        if isinstance(atom, Function):
            interpreter.call(atom, bundle.items if bundle else ())


def _instantiated(interpreter: Interpreter, of: Class, given: Given) -> Value:
    from lepton_federated.code.expressions import member_of

    instance = Instance(of)
    constructor = member_of(of, "__init__")
    for atom in constructor or ():
        if isinstance(atom, Function):
            interpreter.call(atom, given.args, given.keywords, instance=instance)
    if not constructor:
        _base_made(interpreter, instance, given)
    return frozenset((instance,))


def _base_made(interpreter: Interpreter, instance: Instance, given: Given) -> None:
    """The library's constructor below the project's class was called."""
    name = next(iter(library_bases(instance.of)), None)
    if name is not None:
        (made,) = _noted(interpreter, name, given, frozenset((Origin.UNKNOWN,)))
        instance.base = made if isinstance(made, Made) else None


def library_bases(of: Class) -> list[str]:
    """Dotted names of the library's classes that the class is built on."""
    atoms = [atom for base in of.bases for atom in base]
    own = [atom.name for atom in atoms if isinstance(atom, Named)]
    return own + [name for atom in atoms if isinstance(atom, Class) for name in library_bases(atom)]


def _method(interpreter: Interpreter, frame: Frame, method: Method, given: Given) -> Value:
    from lepton_federated.code.expressions import member_of

    below = method.of
    if isinstance(below, Method) and below.name == SUPER and isinstance(below.of, Instance):
        return _super(interpreter, frame, below.of, method.name, given)
    if isinstance(below, Instance):
        functions = [atom for atom in member_of(below.of, method.name) or () if isinstance(atom, Function)]
        if functions:
            _noted_start(interpreter, below, method.name, given)
            return frozenset().union(
                *(interpreter.call(f, given.args, given.keywords, instance=below) for f in functions)
            )
        if method.name == "to_client":
            return frozenset((below,))
    if isinstance(below, Bundle):
        return _bundle_method(below, method.name, given)
    if isinstance(below, Constant):
        return _text_method(below, method.name, given)
    axis = given.keywords.get("axis", given.args[0] if given.args else None)
    receiver = origins(frozenset((below,)))
    found = origin_of.of_method(method.name, receiver, given.all, axis, repeated=interpreter.repeated > 0)
    return _noted(interpreter, method.name, given, found, below)


def _noted_start(interpreter: Interpreter, instance: Instance, name: str, given: Given) -> None:
    """A strategy of the project's own that runs its own way is a run all the same."""
    if name == "start":
        _noted(interpreter, name, given, frozenset((Origin.UNKNOWN,)), instance)


def _super(interpreter: Interpreter, frame: Frame, instance: Instance, name: str, given: Given) -> Value:
    from lepton_federated.code.expressions import member_of

    owner = frame.owner or instance.of
    for base in (atom for value in owner.bases for atom in value if isinstance(atom, Class)):
        functions = [atom for atom in member_of(base, name) or () if isinstance(atom, Function)]
        if functions:
            return interpreter.call(functions[0], given.args, given.keywords, instance=instance)
    if name == "__init__":
        _base_made(interpreter, instance, given)
        return constant(None)
    return _noted(interpreter, name, given, frozenset((Origin.UNKNOWN,)), instance)


def _grown(bundle: Bundle, name: str, given: Given) -> Value:
    """The list after `append` and the like."""
    last = given.args[-1] if given.args else UNKNOWN
    if name in {"append", "add", "insert"}:
        return frozenset((Bundle((*bundle.items, last), bundle.keys, bundle.complete),))
    more = _whole(last)
    if more is None or (more.keys is None) != (bundle.keys is None):
        return frozenset((Bundle((*bundle.items, last), None, complete=False),))
    keys = (*bundle.keys, *more.keys) if bundle.keys is not None and more.keys is not None else None
    return frozenset((Bundle((*bundle.items, *more.items), keys, bundle.complete),))


def _bundle_method(bundle: Bundle, name: str, given: Given) -> Value:
    everything = frozenset().union(*bundle.items) or NEUTRAL
    if name == "items":
        return frozenset((Bundle((frozenset((Bundle((NEUTRAL, everything)),)),)),))
    if name == "values":
        return frozenset((Bundle(bundle.items, None, bundle.complete),))
    if name in {"get", "pop"} and bundle.keys is not None and given.args:
        held = single(given.args[0])
        found = [
            item
            for key, item in zip(bundle.keys, bundle.items, strict=True)
            if held is None or key in (held, UNKNOWN_TEXT)
        ]
        return frozenset().union(*found) or (given.args[1] if len(given.args) > 1 else constant(None))
    if name == "copy":
        return frozenset((bundle,))
    return NEUTRAL if name in {"keys", "index", "count"} else everything


def _text_method(text: Constant, name: str, given: Given) -> Value:
    if name in {"encode", "decode", "strip", "rstrip", "lower"}:
        return frozenset((text,))
    mixed = frozenset().union(*map(origins, given.all)) - {Origin.NEUTRAL, Origin.UNKNOWN}
    if mixed:
        return mixed
    if name == "format":
        return constant(re.sub(r"\{[^}]*\}", UNKNOWN_TEXT, str(text.value)))
    return constant(UNKNOWN_TEXT)
