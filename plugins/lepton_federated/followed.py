"""A project's Python sources, followed to the end: its Flower apps, and every call that leaves the project."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from lepton_federated.altered import replaced
from lepton_federated.code.interpreter import Interpreter, Set, TooLargeToFollow
from lepton_federated.code.values import Made
from lepton_federated.commands import Command
from lepton_federated.flower import Apps, add_started, apps, run_settings
from lepton_federated.project import Project


@dataclass
class Code:
    """What was seen while the sources were followed."""

    apps: Apps = field(default_factory=Apps)
    made: list[Made] = field(default_factory=list)
    set: list[Set] = field(default_factory=list)
    reached: frozenset[str] = frozenset()
    complete: bool = True
    """Everything parsed, and everything could be followed."""


def followed(project: Project, runs: tuple[Command, ...]) -> Code:
    """The sources, followed; where that is too much, what was seen until then, marked as incomplete."""
    interpreter = Interpreter(project.modules, run_settings(project, runs))
    code = Code()
    try:
        code.apps = apps(project, interpreter)
        interpreter.follow_the_rest()
        add_started(interpreter, code.apps)
    except (TooLargeToFollow, RecursionError):
        project.trouble["*.py"] = "the code has more paths than are followed"
    code.apps.altered = interpreter.set
    code.apps.replaced = replaced(interpreter.set, code.apps.serving)
    code.made, code.set, code.reached = interpreter.made, interpreter.set, frozenset(interpreter.reached)
    code.complete = not any(concerns_code(project, name) for name in project.trouble)
    return code


def concerns_code(project: Project, name: str) -> bool:
    """A file that wasn't understood might have said something of the apps: as code, as settings, or by a run that overrides them."""
    return name.endswith((".py", "pyproject.toml")) or bool(re.search(r"flwr\s+run", project.texts.get(name, "")))


def imports_flower(project: Project) -> bool:
    """Some module imports Flower."""
    nodes = (node for tree in project.modules.values() for node in ast.walk(tree))
    return any(_names_flower(node) for node in nodes)


def _names_flower(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == "flwr" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] == "flwr"
