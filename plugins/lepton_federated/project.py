"""A federation's files as text and trees, and which of them couldn't be understood."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from lepton_audit import Federation

LARGEST = 1_000_000
"""Bytes of the largest source file that is read."""
PROSE = frozenset({".md", ".rst", ".txt", ".html", ".pdf", ".csv", ".png", ".jpg", ".svg", ".lock"})
"""Files that say what was meant, and start nothing."""


@dataclass
class Project:
    """The readable files of a federation."""

    federation: Federation
    read: set[str] = field(default_factory=set)
    trouble: dict[str, str] = field(default_factory=dict)
    """File -> why it wasn't understood."""

    hidden: dict[str, str] = field(default_factory=dict)
    """File -> how it may start a node that no reader saw: a doubt of the links alone."""

    def text(self, name: str) -> str:
        """The text of any small file, prose or not; empty where it is none."""
        path = self.federation.files[name]
        content = path.read_bytes() if path.stat().st_size <= LARGEST else b"\0"
        return "" if b"\0" in content else content.decode("utf-8", errors="replace")

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every text file that isn't prose, by path."""
        found: dict[str, str] = {}
        for name, path in self.federation.files.items():
            if PurePosixPath(name).suffix.lower() in PROSE:
                continue
            if path.stat().st_size > LARGEST:
                if PurePosixPath(name).suffix in {".py", ".toml", ".sh", ".yml", ".yaml"}:
                    self.trouble[name] = "larger than a source file"
                continue
            content = path.read_bytes()
            if b"\0" not in content:
                found[name] = content.decode("utf-8", errors="replace")
        return found

    @cached_property
    def modules(self) -> dict[str, ast.Module]:
        """Every Python file that parses."""
        found: dict[str, ast.Module] = {}
        for name in [name for name in self.texts if name.endswith(".py")]:
            self.read.add(name)
            try:
                found[name] = ast.parse(self.texts[name])
            except (SyntaxError, ValueError, RecursionError) as error:
                self.trouble[name] = f"no valid Python: line {getattr(error, 'lineno', None) or '?'}"
        return found

    @cached_property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Every TOML file that parses."""
        found: dict[str, dict[str, Any]] = {}
        for name in [name for name in self.texts if name.endswith(".toml")]:
            self.read.add(name)
            try:
                found[name] = tomllib.loads(self.texts[name])
            except tomllib.TOMLDecodeError as error:
                self.trouble[name] = f"no valid TOML: {error}"
        return found

    def line_of(self, name: str, text: str) -> int:
        """The number of the first line that holds the text."""
        lines = self.texts[name].splitlines()
        return next((number for number, line in enumerate(lines, 1) if text in line), 1)
