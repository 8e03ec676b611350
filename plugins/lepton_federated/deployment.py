"""Every Flower command in a project, whatever file states it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lepton_federated.commands import MENTIONS, UNKNOWN, Command
from lepton_federated.containers import Image, builds, dockerfile_commands, image, yaml_commands
from lepton_federated.flags import starts
from lepton_federated.mentions import python_mentions, shell_mentions, shell_sources
from lepton_federated.project import Project
from lepton_federated.services import make_commands, procfile_commands, unit_commands
from lepton_federated.shell import shell_commands

RUNS = re.compile(r"""flwr["',\s]+run\b""")
STARTS = re.compile(r"(?:flower-|flwr/)super(?:link|node)")
Reader = Callable[[str, str], Iterator[Command]]


@dataclass(frozen=True)
class Deployment:
    """The commands of a project, and whether every file that may state one was understood."""

    commands: tuple[Command, ...]
    complete: bool

    def of(self, program: str) -> tuple[Command, ...]:
        """The commands of one program."""
        return tuple(command for command in self.commands if command.program == program)


def deployment(project: Project) -> Deployment:
    """Every command, in order of file and line; files that couldn't be parsed go to the project's trouble."""
    found: list[Command] = []
    missed: set[str] = set()
    images = {name: image(text) for name, text in project.texts.items() if _is_dockerfile(name)}
    for name in _candidates(project, images):
        reader = _reader(name, project, images)
        if reader is None:
            missed |= _not_understood(project, name)
            continue
        project.read.add(name)
        try:
            stated = list(reader(project.texts[name], name))
            found += stated
            _note_hidden(project, name, stated)
        except Exception as error:  # noqa: BLE001  # parsers of four libraries raise what they like; it becomes a doubt
            project.trouble[name] = f"couldn't be parsed ({type(error).__name__})"
            missed.add(name)
    found += _sourced(project, images)
    found += [Command("run", ("--run-config", UNKNOWN), name) for name in unread_runs(project)]
    missed |= {name for name in project.trouble if not name.endswith(".py")} | project.hidden.keys()
    commands = [command for command in dict.fromkeys(found) if command.program == "run" or starts(command)]
    return Deployment(tuple(commands), complete=not missed)


def _candidates(project: Project, images: dict[str, Image]) -> list[str]:
    """The files that may state a command; not an image whose arguments come from a Compose file that builds it."""
    declared = list(project.federation.options.commands) or list(project.texts)
    built = {name for name, found in images.items() if found.bare and builds(project.texts, name)}
    return [name for name in declared if name not in built]


def _not_understood(project: Project, name: str) -> set[str]:
    """The file's name, if it names a Flower program in a format that isn't read: noted as trouble."""
    if not STARTS.search(project.texts.get(name, "")):
        return set()
    project.trouble[name] = "names a Flower program in a format that isn't read"
    return {name}


def _note_hidden(project: Project, name: str, stated: Sequence[Command]) -> None:
    """A mention of a node's program that became no command is noted."""
    text = project.texts[name]
    seen = {command.where.rpartition(":")[2] for command in stated}
    mentions = python_mentions(text) if name.endswith(".py") else shell_mentions(text)
    left = [line for line in mentions if str(line) not in seen]
    if left:
        project.hidden[name] = f"names a node's program in line {left[0]}, in a way that isn't read"


def _sourced(project: Project, images: dict[str, Image]) -> list[Command]:
    """Commands of files that a shell is given, whatever their suffix."""
    found: list[Command] = []
    left = [name for name in project.texts if not name.endswith(".py") or "sh" in project.texts[name]]
    seen: set[str] = set()
    while left:
        name = left.pop()
        for other in shell_sources(project.text(name), name, project.federation.files):
            own = other in project.texts and _reader(other, project, images) is not None
            if own or other in seen:
                continue
            seen.add(other)
            left.append(other)
            project.read.add(other)
            project.trouble.pop(other, None)
            try:
                found += shell_commands(project.text(other), other)
            except ValueError:
                project.hidden[other] = "is given to a shell, and couldn't be parsed"
    return found


def unread_runs(project: Project) -> list[str]:
    """Files that may run the app with other settings, in a format that isn't read."""
    unread = [name for name in project.texts if name not in project.read]
    return [name for name in unread if RUNS.search(project.texts[name])]


def _is_dockerfile(name: str) -> bool:
    base = PurePosixPath(name).name.lower()
    return base.startswith(("dockerfile", "containerfile")) or base.endswith((".dockerfile", ".containerfile"))


def _reader(name: str, project: Project, images: dict[str, Image]) -> Reader | None:
    path = PurePosixPath(name)
    by_suffix = _BY_SUFFIX | {
        ".toml": lambda _, where: _toml_commands(project, where),
        **dict.fromkeys((".yml", ".yaml", ".json"), lambda text, where: yaml_commands(text, where, images)),
    }
    if _is_dockerfile(name):
        return dockerfile_commands
    if path.name.lower() in _BY_NAME or path.suffix.lower() in by_suffix:
        return _BY_NAME.get(path.name.lower()) or by_suffix[path.suffix.lower()]
    shell = name in project.federation.options.commands or _SHEBANG.match(project.texts.get(name, ""))
    return shell_commands if shell else None


def _toml_commands(project: Project, where: str) -> Iterator[Command]:
    """Tasks and scripts of a TOML file."""
    for text in _texts(project.settings.get(where, {})):
        if re.search(r"flower-super(?:link|node)\b|flwr\s+run", text):
            yield from shell_commands(text, where, first=project.line_of(where, text.splitlines()[0]))


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from (text for key, value in node.items() if key not in {"description", "help"} for text in _texts(value))
    elif isinstance(node, list):
        yield from (text for value in node for text in _texts(value))


def python_commands(text: str, where: str) -> Iterator[Command]:
    """Commands that Python starts: lists of words and shell texts given to a call."""
    if not (MENTIONS.search(text) or RUNS.search(text)):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            words = [_word(element) for element in node.elts]
            if re.search(r"flower-super(?:link|node)$", words[0]) or words[:2] == ["flwr", "run"]:
                import shlex

                yield from shell_commands(
                    " ".join(UNKNOWN if UNKNOWN in w else shlex.quote(w) for w in words), where, first=node.lineno
                )
        elif isinstance(node, ast.Call):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant | ast.JoinedStr) and MENTIONS.search(_word(argument)):
                    yield from _shell_argument(node, argument, where)


def _shell_argument(call: ast.Call, argument: ast.expr, where: str) -> Iterator[Command]:
    called = ast.unparse(call.func).rpartition(".")[2]
    if called in {
        "run",
        "Popen",
        "call",
        "check_call",
        "check_output",
        "system",
        "getoutput",
        "popen",
        "create_subprocess_shell",
    }:
        yield from shell_commands(_word(argument), where, first=argument.lineno)


def _word(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_word(part) for part in node.values)
    return UNKNOWN


_SHEBANG = re.compile(r"#!.*\b(?:ba|z|da|k)?sh\b")
_BY_NAME: dict[str, Reader] = {
    "makefile": make_commands,
    "gnumakefile": make_commands,
    "procfile": procfile_commands,
    "procfile.dev": procfile_commands,
}
_BY_SUFFIX: dict[str, Reader] = {
    ".mk": make_commands,
    ".py": python_commands,
    **dict.fromkeys((".service", ".conf", ".ini", ".cfg"), unit_commands),
    **dict.fromkeys((".sh", ".bash", ".zsh", ".env"), shell_commands),
}
