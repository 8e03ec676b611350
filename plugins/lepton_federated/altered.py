"""What the code does to strategies and workflows after they are made: attributes that are set, methods and classes that are replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lepton_federated.code.calls import library_bases
from lepton_federated.code.interpreter import Set
from lepton_federated.code.values import Atom, Class, Instance, Made, Method, Named, Value, root
from lepton_federated.commands import UNKNOWN as UNKNOWN_TEXT

NUMBERS = frozenset({
    "noise_multiplier", "clipping_norm", "clip_norm", "initial_clipping_norm", "num_sampled_clients",
    "min_fit_clients", "min_train_nodes", "fraction_fit", "fraction_train",
})  # fmt: skip
"""Arguments of strategies that are attributes of the same name."""
INNER = re.compile(
    r"(?!aggregate_evaluate)aggregate_\w+|_(?!_)\w+|__(?:get|set|del)attr(?:ibute)?__|__dict__|__class__|strategy|server_side_noising"
)
"""What a wrapper's noise and clipping stand on."""
SAMPLING = re.compile(
    r"configure_(?:train|fit)|num_fit_clients|_sample\w*|__(?:get|set)attr(?:ibute)?__|__dict__|__class__|strategy"
)
RUN_TIME = frozenset({"exec", "eval", "vars", "delattr"})
PATCHED = re.compile(r"(?:flwr|numpy)\b.*")


def replaced(settings: Iterable[Set], made: Iterable[Made]) -> bool:
    """Something of Flower's own, or code made at run time, may change any mechanism."""
    patched = any(_library(atom) for one in settings for atom in one.of)
    return patched or any(one.receiver is None and one.callee in RUN_TIME for one in made)


def _library(atom: Atom) -> bool:
    if isinstance(atom, Class):
        return any(PATCHED.fullmatch(name) for name in library_bases(atom))
    below = root(atom)
    return isinstance(below, Named) and bool(PATCHED.fullmatch(below.name)) and below.name != "flwr.run_config"


def given_later(settings: Iterable[Set], atom: Atom, name: str) -> Value:
    """What the attribute of the object may have been set to."""
    return frozenset().union(*(one.value for one in settings if one.name == name and atom in _of(one)))


def touched(settings: Iterable[Set], atom: Atom, names: re.Pattern[str]) -> bool:
    """An attribute of these names, or one that nothing tells, was set on the object or on something inside it."""
    return any(
        (atom in one.of and (names.fullmatch(one.name) or UNKNOWN_TEXT in one.name))
        or any(isinstance(other, Method) and root(other) is atom for other in one.of)
        for one in settings
    )


def _of(one: Set) -> Iterator[Atom]:
    for atom in one.of:
        yield atom
        if isinstance(atom, Instance) and atom.base is not None:
            yield atom.base


def members(of: Class) -> Iterator[str]:
    """Names that the class, or a class of the project below it, defines."""
    yield from of.members
    for base in (atom for value in of.bases for atom in value if isinstance(atom, Class)):
        yield from members(base)


def own(atom: Atom, names: re.Pattern[str]) -> bool:
    """A class of the project defines one of these names."""
    return isinstance(atom, Instance) and any(names.fullmatch(name) or name in NUMBERS for name in members(atom.of))
