"""`@probe`: a function whose signature is its declaration."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from lepton_audit.declare.docs import ProbeDocs, docs_of
from lepton_audit.declare.kinds import AssetKind, kind_of
from lepton_audit.facts.evidence import Evidence
from lepton_audit.facts.frozen import Frozen

E = TypeVar("E", bound=Evidence)
S = TypeVar("S", bound=Frozen)
F = TypeVar("F", bound=Callable[..., Any])


class Settings(Frozen):
    """What a rule may say under `with`; every field has a default."""


@dataclass(frozen=True)
class Sharper(Generic[E, S]):
    """What a refinable probe yields: evidence that is valid now, and the state to go on from."""

    evidence: E
    state: S
    last: bool = False
    """Nothing sharper can come."""


@dataclass(frozen=True)
class Seconds:
    """Time a look may take, by effort; beyond it the whole process group dies."""

    quick: float = 60.0
    full: float = 3600.0


class BadProbe(TypeError):
    """A probe's signature doesn't declare what it takes and gives."""

    def __init__(self, probe: str, because: str) -> None:
        super().__init__(f"probe {probe}: {because}")
        self.probe = probe


@dataclass(frozen=True)
class Input:
    """A parameter of a probe that is a live asset."""

    name: str
    kind: AssetKind
    optional: bool


@dataclass(frozen=True)
class Probe:
    """A declared probe."""

    id: str
    version: int
    look: Callable[..., Any]
    inputs: tuple[Input, ...]
    settings: type[Settings]
    evidence: type[Evidence]
    injected: frozenset[str]
    """Which of `settings`, `rng`, `effort`, `resume` the function takes."""
    state: type[Frozen] | None
    """For a refinable probe: what it goes on from."""
    seconds: Seconds
    preload: tuple[str, ...]
    docs: ProbeDocs = field(compare=False)


def probe(
    id: str,  # noqa: A002  # the field's word
    *,
    version: int,
    seconds: Seconds = Seconds(),  # frozen
    preload: tuple[str, ...] = (),
) -> Callable[[F], Probe]:
    """Declares a probe. ``preload`` names heavy modules that the fork server imports once."""

    def declare(look: F) -> Probe:
        parameters = dict(inspect.signature(look).parameters)
        injected = frozenset(INJECTED & parameters.keys())
        evidence, state = _given(id, look)
        return Probe(
            id=id,
            version=version,
            look=look,
            inputs=_inputs(id, look, parameters),
            settings=_settings(id, look, injected),
            evidence=evidence,
            injected=injected,
            state=state,
            seconds=seconds,
            preload=preload,
            docs=docs_of(look),
        )

    return declare


INJECTED = frozenset({"settings", "rng", "effort", "resume"})


def _resolved(look: Callable[..., Any], annotation: object) -> Any:  # any annotation
    """The annotation as an object; numpy and the like need not be imported for it."""
    return eval(annotation, look.__globals__) if isinstance(annotation, str) else annotation  # noqa: S307  # the module's own text


def _inputs(id: str, look: Callable[..., Any], parameters: dict[str, inspect.Parameter]) -> tuple[Input, ...]:  # noqa: A002
    found = tuple(_input(id, look, p) for name, p in parameters.items() if name not in INJECTED)
    if not found or found[0].optional:
        raise BadProbe(id, "the first parameter must be a live asset that it can't do without")
    return found


def _input(id: str, look: Callable[..., Any], parameter: inspect.Parameter) -> Input:  # noqa: A002
    annotation = _resolved(look, parameter.annotation)
    options = typing.get_args(annotation) or (annotation,)
    kind = next((k for k in map(kind_of, options) if k), None)
    if kind is None:
        raise BadProbe(
            id, f"parameter {parameter.name!r} is annotated with {parameter.annotation!r}, which is no asset kind"
        )
    return Input(parameter.name, kind, type(None) in options)


def _settings(id: str, look: Callable[..., Any], injected: frozenset[str]) -> type[Settings]:  # noqa: A002
    if "settings" not in injected:
        return Settings
    model = _resolved(look, look.__annotations__["settings"])
    if not (isinstance(model, type) and issubclass(model, Settings)):
        raise BadProbe(id, "`settings` must be annotated with a subclass of Settings")
    return model


def _given(id: str, look: Callable[..., Any]) -> tuple[type[Evidence], type[Frozen] | None]:  # noqa: A002
    """The evidence model, and the state model of a refinable probe: ``Iterator[Sharper[E, S]]``."""
    given = _resolved(look, look.__annotations__.get("return"))
    if isinstance(given, type) and issubclass(given, Evidence):
        return given, None
    if typing.get_origin(given) is Iterator:
        sharper = typing.get_args(given)[0]
        if typing.get_origin(sharper) is Sharper:
            return typing.get_args(sharper)
    raise BadProbe(id, "the return annotation must be an Evidence model, or Iterator[Sharper[Evidence, State]]")
