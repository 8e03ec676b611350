"""The Flower commands of Dockerfiles and of YAML: Compose, Kubernetes, CI.

Source: Dockerfile reference (ENTRYPOINT, CMD); Compose specification (entrypoint, command); Kubernetes (command, args).
Known limits: a Helm template is no YAML before it is rendered.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lepton_federated.commands import MENTIONS, UNKNOWN, Command, program
from lepton_federated.shell import shell_commands
from lepton_federated.shell_lines import logical_lines, readings

NAMES = re.compile(r"super(?:link|node)|flwr")
"""A file without these names states no command, and needs no parsing."""


@dataclass(frozen=True)
class Image:
    """What a Dockerfile's last stage starts."""

    base: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    line: int

    @property
    def bare(self) -> bool:
        """It starts a program without arguments: they come from whoever runs the image."""
        return not self.command and len(self.program) == 1

    @property
    def program(self) -> tuple[str, ...]:
        """The words before the arguments; the official images start their program by themselves."""
        return self.entrypoint or ((self.base,) if program(self.base) else ())


def image(text: str) -> Image:
    """The last stage of a Dockerfile."""
    base, line = "", 1
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    for at in logical_lines(text):
        instruction, _, rest = at.text.strip().partition(" ")
        if instruction.upper() == "FROM":
            base, entrypoint, command, line = _base(rest), (), (), at.number
        elif instruction.upper() == "ENTRYPOINT":
            entrypoint, command, line = _exec(rest), (), at.number
        elif instruction.upper() == "CMD":
            command, line = _exec(rest), at.number
    return Image(base, entrypoint, command, line)


def _base(rest: str) -> str:
    words = [word for word in rest.split() if not word.startswith("--")]
    return re.sub(r"\$\{?\w+[^}]*\}?", UNKNOWN, words[0]) if words else ""


def _exec(rest: str) -> tuple[str, ...]:
    """Exec form as it is, shell form as what the shell gets."""
    try:
        words = json.loads(rest)
    except ValueError:
        return ("sh", "-c", rest)
    return tuple(str(word) for word in words) if isinstance(words, list) else ()


def dockerfile_commands(text: str, where: str) -> Iterator[Command]:
    """What a container of this image runs, and what its RUN steps do."""
    built = image(text)
    if built.bare:
        yield from _started((*built.program, UNKNOWN), where, built.line)
    else:
        yield from _started((*built.program, *built.command), where, built.line)


def _started(words: tuple[str, ...], where: str, line: int) -> Iterator[Command]:
    """The command that these words start; words of a shell are read as shell text."""
    text = " ".join(
        word if MENTIONS.search(word) and " " in word and words[:1] == (word,) else _word(word) for word in words
    )
    yield from shell_commands(text, where, first=line)


def _word(word: str) -> str:
    return word if word == UNKNOWN else shlex.quote(word)


class Marked(str):
    """Text of a YAML file that knows its line."""

    __slots__ = ("line",)
    line: int


def documents(text: str) -> list[Any]:
    """Every document of a YAML file; its texts are `Marked`.

    Raises: yaml.YAMLError.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Keeps the line of each text; takes tags it doesn't know as what they mark."""

    def marked(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Marked:
        found = Marked(loader.construct_scalar(node))
        found.line = node.start_mark.line + 1
        return found

    Loader.add_constructor("tag:yaml.org,2002:str", marked)
    return list(yaml.load_all(text, Loader=Loader))  # a SafeLoader


def yaml_commands(text: str, where: str, images: dict[str, Image]) -> Iterator[Command]:
    """Every command of containers, and of any other text in the file that names a Flower program.

    Raises: yaml.YAMLError.
    """
    if not NAMES.search(text):
        return
    for document in documents(text):
        yield from _walk(document, where, images, name="")


def _walk(node: object, where: str, images: dict[str, Image], *, name: str) -> Iterator[Command]:
    if isinstance(node, dict):
        own = list(_container(node, where, images, name=name))
        yield from own
        for key, value in node.items():
            if not (own and key in {"command", "args", "entrypoint", "image"}):
                yield from _walk(value, where, images, name=str(key))
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value, where, images, name=name)
    elif isinstance(node, Marked) and MENTIONS.search(node) and name not in {"image", "description", "name"}:
        yield from shell_commands(node, where, first=node.line)


def _container(node: dict[Any, Any], where: str, images: dict[str, Image], *, name: str) -> Iterator[Command]:
    """The command of one container: Compose's entrypoint and command, or Kubernetes' command and args."""
    kubernetes = "args" in node or ("image" in node and "name" in node)
    first, second = ("command", "args") if kubernetes else ("entrypoint", "command")
    head, tail = _list(node.get(first), node), _list(node.get(second), node)
    built = _built(node, images)
    if not head:
        head = (
            [str(node.get("image", ""))]
            if program(str(node.get("image", "")))
            else list(built.program)
            if built
            else []
        )
        tail = tail or (list(built.command) if built else [])
    if not head and _flags_only(tail) and program(f"flower-{name.rstrip('-0123456789')}"):
        head = [f"flower-{name.rstrip('-0123456789')}"]
    words = [*head, *tail]
    if any(MENTIONS.search(word) for word in words):
        yield from _started(tuple(words), where, _line(node))


def _flags_only(words: list[str]) -> bool:
    return bool(words) and words[0].startswith("--")


def _list(value: object, node: dict[Any, Any]) -> list[str]:
    """A list of words; Compose's text form is split as a shell would, ``$(NAME)`` filled in from `env`."""
    if isinstance(value, str):
        read = readings(value.replace("$$", UNKNOWN), {})
        return shlex.split(min(read, key=lambda text: text.count(UNKNOWN)))
    if not isinstance(value, list):
        return []
    return [_filled(str(word), node) for word in value]


def _filled(word: str, node: dict[Any, Any]) -> str:
    env = node.get("env")
    stated = (
        {str(e.get("name")): str(e["value"]) for e in env if isinstance(e, dict) and "value" in e}
        if isinstance(env, list)
        else {}
    )
    word = re.sub(r"\$\((\w+)\)", lambda found: stated.get(found[1], UNKNOWN), word)
    read = readings(word, {}) if "$" in word else [word]
    return next(
        (text for text in read if "--insecure" in text), UNKNOWN if len(read) > 1 and word.startswith("$") else read[0]
    )


def _built(node: dict[Any, Any], images: dict[str, Image]) -> Image | None:
    return images.get(_dockerfile(node.get("build")) or "")


def _dockerfile(build: object) -> str | None:
    """The Dockerfile that a Compose service builds."""
    if isinstance(build, str):
        context, file = build, "Dockerfile"
    elif isinstance(build, dict):
        context, file = str(build.get("context", ".")), str(build.get("dockerfile", "Dockerfile"))
    else:
        return None
    return "/".join(part for part in (*context.split("/"), file) if part not in {"", "."})


def builds(texts: Mapping[str, str], name: str) -> bool:
    """A Compose file of the project builds this Dockerfile, and gives its own command."""
    for file, text in texts.items():
        if file.endswith((".yml", ".yaml")) and "build" in text and "command" in text:
            services = [s for d in _parsed(text) if isinstance(d, dict) for s in (d.get("services") or {}).values()]
            if any(isinstance(s, dict) and "command" in s and _dockerfile(s.get("build")) == name for s in services):
                return True
    return False


def _parsed(text: str) -> list[Any]:
    """The documents, none where the file is broken: its own reader tells that."""
    import yaml

    try:
        return documents(text)
    except yaml.YAMLError:
        return []


def _line(node: dict[Any, Any]) -> int:
    texts = (value for value in node.values())
    lines = [
        t.line for value in texts for t in (value if isinstance(value, list) else [value]) if isinstance(t, Marked)
    ]
    return min(lines, default=1)
