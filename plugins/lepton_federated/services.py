"""The Flower commands of systemd units, Makefiles, Procfiles and supervisor files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lepton_federated.commands import Command
from lepton_federated.shell import shell_commands

_EXEC = re.compile(r"^\s*(?:Exec\w+|command)\s*=\s*[-@:+!]*", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"^\s*Environment\s*=\s*", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*[#;]")


def unit_commands(text: str, where: str) -> Iterator[Command]:
    """What a systemd unit or a supervisor program starts; its `Environment=` is known."""
    yield from shell_commands("\n".join(_unit_line(line, before) for before, line in _with_before(text)), where)


def _with_before(text: str) -> Iterator[tuple[str, str]]:
    lines = text.splitlines()
    yield from zip(["", *lines], lines, strict=False)


def _unit_line(line: str, before: str) -> str:
    if before.endswith("\\") and not _COMMENT.match(before):
        return line
    if _COMMENT.match(line):
        return ""
    if _ENVIRONMENT.match(line):
        return re.sub(r"""^["'](\w+=)(.*)["']$""", r"\1'\2'", _ENVIRONMENT.sub("", line).strip())
    return _EXEC.sub("", line) if _EXEC.match(line) else ""


def make_commands(text: str, where: str) -> Iterator[Command]:
    """What a Makefile's recipes may start; its variables are known."""
    yield from shell_commands("\n".join(_make_line(line, before) for before, line in _with_before(text)), where)


def _make_line(line: str, before: str) -> str:
    line = re.sub(r"\$\(([A-Za-z_]\w*)\)", r"${\1}", line)
    if line.startswith("\t") or before.endswith("\\"):
        return re.sub(r"^[\t@+-]+", "", line).replace("$$", "$")
    stated = re.match(r"^(?:export\s+)?(\w+)\s*(\+?)(?:::?|\?)?=\s*([^#]*)", line)
    if not stated:
        return ""
    value = stated[3].rstrip()
    return f'{stated[1]}{stated[2]}="{value}' + ("" if value.endswith("\\") else '"')


def procfile_commands(text: str, where: str) -> Iterator[Command]:
    """What each process of a Procfile starts."""
    yield from shell_commands("\n".join(re.sub(r"^\s*[\w-]+:\s*", "", line) for line in text.splitlines()), where)
