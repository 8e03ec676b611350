"""A Flower project's two apps, as its sources wire them: what is reached from the components that pyproject.toml names.

Source: Flower 1.41, ServerApp, ClientApp, strategies, LegacyContext and workflows; the deprecated start_server and start_client.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lepton_federated.code.interpreter import Interpreter, Set
from lepton_federated.code.sources import file_of
from lepton_federated.code.values import (
    UNKNOWN,
    Atom,
    Bundle,
    Function,
    Instance,
    Made,
    Method,
    Origin,
    Value,
    constant,
)
from lepton_federated.commands import UNKNOWN as UNKNOWN_TEXT
from lepton_federated.commands import Command
from lepton_federated.connections import table
from lepton_federated.project import Project

FROM_SERVER: Value = frozenset((Origin.PARAMETERS,))
"""What the server sent: a participant that returns it gives nothing of its own away."""
CLIENT_METHODS = ("get_parameters", "fit", "evaluate")


@dataclass(frozen=True)
class Returned:
    """What a participant's function returns to the server."""

    function: str
    value: Value


@dataclass
class Apps:
    """What the server's and the participants' apps are made of."""

    strategies: list[Value] = field(default_factory=list)
    rounds: list[Value] = field(default_factory=list)
    workflows: list[Value] = field(default_factory=list)
    """The fit workflow of each workflow that is run."""
    plain_runs: int = 0
    """Runs of a strategy without a workflow."""
    servers: int = 0
    """Functions of server apps that were followed."""
    mods: list[Value] = field(default_factory=list)
    """Of each ClientApp, the mods around training."""
    returned: list[Returned] = field(default_factory=list)
    calls: list[Made] = field(default_factory=list)
    """Calls of libraries that the apps reach."""
    altered: list[Set] = field(default_factory=list)
    """Attributes that were set, anywhere in the project."""
    replaced: bool = False
    """Something of Flower's own may have been replaced."""
    serving: list[Made] = field(default_factory=list)
    participating: list[Made] = field(default_factory=list)
    """Of these, the server's and the participants'."""
    client_files: set[str] = field(default_factory=set)
    """Where the participants' apps stand."""
    functions: set[str] = field(default_factory=set)
    """Names of the project's functions that the apps reach."""


def run_settings(project: Project, runs: tuple[Command, ...]) -> dict[str, Value]:
    """``context.run_config``: the project's values, and those that a `flwr run` command overrides."""
    found: dict[str, Value] = {}
    for settings in project.settings.values():
        for key, held in _flat(table(settings, "tool", "flwr", "app", "config")):
            found[key] = constant(held)
    for text in (text for command in runs for text in _overriding(command)):
        stated = _overrides(text, project)
        for key in found if stated is None else stated:
            found[key] = found.get(key, frozenset()) | (UNKNOWN if stated is None else stated[key])
    return found


def _flat(config: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, held in config.items():
        if isinstance(held, dict):
            yield from _flat(held, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", held


def _overriding(command: Command) -> Iterator[str]:
    """What stands behind each ``--run-config`` of a command."""
    words = iter(command.words)
    for word in words:
        name, stated, text = word.partition("=")
        if name in {"--run-config", "-c"}:
            yield text if stated else next(words, "")


def _overrides(text: str, project: Project) -> dict[str, Value] | None:
    """The values that the text sets, or the TOML file that it names; None where nothing tells which."""
    if text.endswith(".toml"):
        settings = project.settings.get(text.removeprefix("./"))
        return None if settings is None else {key: constant(held) for key, held in _flat(settings)}
    try:
        pairs = [pair.partition("=") for pair in shlex.split(text)]
    except ValueError:
        return None
    if any(UNKNOWN_TEXT in key or not stated for key, stated, _ in pairs):
        return None
    return {key: constant(_parsed(written)) for key, _, written in pairs}


def _parsed(written: str) -> object:
    try:
        return tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        return UNKNOWN_TEXT


def apps(project: Project, interpreter: Interpreter) -> Apps:
    """The apps of the project, followed from their components, and the deprecated calls that start one."""
    for file in project.modules:
        interpreter.names_of(file)
    found = Apps()
    for app in _components(project, interpreter, "serverapp", "ServerApp"):
        _serve(interpreter, app, found)
    for app in _components(project, interpreter, "clientapp", "ClientApp"):
        _participate(interpreter, app, found)
    return found


def _components(project: Project, interpreter: Interpreter, component: str, class_: str) -> list[Made]:
    """The app objects that pyproject.toml names; without one, all at the top of a module."""
    named = [table(s, "tool", "flwr", "app", "components").get(component) for s in project.settings.values()]
    found: list[Atom] = []
    for text in (name for name in named if isinstance(name, str)):
        module, _, attribute = text.partition(":")
        file = file_of(module, project.modules)
        found += interpreter.names_of(file).get(attribute, UNKNOWN) if file else ()
    if not any(named):
        found = [atom for file in project.modules for value in interpreter.names_of(file).values() for atom in value]
    return list(dict.fromkeys(atom for atom in found if isinstance(atom, Made) and atom.name == class_))


def _decorated(interpreter: Interpreter, app: Made) -> Iterator[tuple[str, Made | None, Function]]:
    """The app's functions: the decorator's name, its call, and the function."""
    for one in interpreter.decorated:
        for atom in one.decorator:
            if isinstance(atom, Made) and atom.receiver is app:
                yield atom.name, atom, one.function
            elif isinstance(atom, Method) and atom.of is app:
                yield atom.name, None, one.function


def _serve(interpreter: Interpreter, app: Made, found: Apps) -> None:
    before, known = len(interpreter.made), set(interpreter.reached)
    interpreter.reached.clear()
    functions = [function for _, _, function in _decorated(interpreter, app)]
    functions += [atom for atom in app.given("server_fn") or () if isinstance(atom, Function)]
    for function in functions:
        interpreter.call(function)
    found.servers += len(functions)
    reached = interpreter.made[before:]
    _add_server(found, reached, app)
    found.calls += reached
    found.serving += reached
    found.functions |= interpreter.reached
    interpreter.reached |= known


def _add_server(found: Apps, reached: list[Made], app: Made) -> None:
    for made in (*reached, app):
        if made.name == "start" and {"grid", "initial_arrays"} & made.keywords.keys() and made.receiver is not None:
            found.strategies.append(frozenset((made.receiver,)))
            found.rounds.append(made.given("num_rounds", 2) or constant(3))
            found.plain_runs += 1
        elif made.name in {"ServerAppComponents", "LegacyContext", "start_server"} or (
            made is app and "strategy" in made.keywords
        ):
            found.strategies.append(made.given("strategy") or UNKNOWN)
            found.rounds += _rounds(made.given("config"))
            found.plain_runs += made.name != "LegacyContext"
        elif made.name == "__call__" and isinstance(made.receiver, Made) and made.receiver.name == "DefaultWorkflow":
            found.workflows.append(made.receiver.given("fit_workflow", 0) or constant(None))


def _rounds(config: Value | None) -> list[Value]:
    made = [atom for atom in config or () if isinstance(atom, Made) and atom.name == "ServerConfig"]
    return [atom.given("num_rounds", 0) or constant(1) for atom in made]


def _participate(interpreter: Interpreter, app: Made, found: Apps) -> None:
    before, known = len(interpreter.made), set(interpreter.reached)
    interpreter.reached.clear()
    decorated = list(_decorated(interpreter, app))
    own = app.given("mods")
    training = [call for name, call, _ in decorated if name == "train"] or [None]
    found.mods += [_joined(own, call.given("mods") if call else None) for call in training]
    for _, _, function in decorated:
        found.returned.append(Returned("message", interpreter.call(function, (FROM_SERVER,))))
    for function in (atom for atom in app.given("client_fn", 0) or () if isinstance(atom, Function)):
        clients = interpreter.call(function)
        found.returned += _answers(interpreter, clients)
    found.calls += interpreter.made[before:]
    found.participating += interpreter.made[before:]
    found.client_files.add(app.where.rpartition(":")[0])
    found.functions |= interpreter.reached
    interpreter.reached |= known


def _joined(own: Value | None, more: Value | None) -> Value:
    """The mods of the app, and those of the function."""
    if own is None or more is None:
        return own if own is not None else more if more is not None else frozenset((Bundle(()),))
    one, other = next(iter(own)), next(iter(more))
    if len(own) == len(more) == 1 and isinstance(one, Bundle) and isinstance(other, Bundle):
        return frozenset((Bundle((*one.items, *other.items), None, one.complete and other.complete),))
    return UNKNOWN


def _answers(interpreter: Interpreter, clients: Value) -> Iterator[Returned]:
    from lepton_federated.code.expressions import member_of

    for client in clients:
        if not isinstance(client, Instance):
            yield Returned("message", UNKNOWN)
            continue
        for name in CLIENT_METHODS:
            for function in member_of(client.of, name) or ():
                if isinstance(function, Function):
                    yield Returned(name, interpreter.call(function, (FROM_SERVER, FROM_SERVER), instance=client))


def add_started(interpreter: Interpreter, found: Apps) -> None:
    """Clients and servers that the deprecated functions start are added; to be called when everything was followed."""
    for made in [made for made in interpreter.made if made.name in {"start_client", "start_numpy_client"}]:
        before = len(interpreter.made)
        found.returned += _answers(interpreter, made.given("client") or UNKNOWN)
        found.participating += interpreter.made[before:]
        found.client_files.add(made.where.rpartition(":")[0])
        found.mods.append(frozenset((Bundle(()),)))
    started = [made for made in interpreter.made if made.name == "start_server" and made.callee.startswith("flwr")]
    for made in started:
        _add_server(found, [], made)
