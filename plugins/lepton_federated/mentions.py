"""Where a file names a node's program or its entry point, and which files a shell is given: what must not go unread.

Known limits: a name that is put together from pieces, and a file whose name a variable holds, aren't seen.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

ENTRY = re.compile(
    r"\b(?:run_superlink|run_supernode|flower_superlink|flower_supernode|start_superlink|run_fleet_api)\b|flwr(?:\.\w+)*\.super(?:link|node)\.cli"
)
NODE = re.compile(r"flower-super(?:link|node)|flwr/super(?:link|node)")
SPEAKING = frozenset({"print", "debug", "info", "warning", "warn", "error", "critical", "exception", "log", "echo", "secho", "add_argument", "skip", "fail", "which", "getLogger"})  # fmt: skip
"""Calls that only say what they are given."""
SOURCE = re.compile(
    r"""(?:^|[\s;&|(`'"\[])(?:\.|source|(?:ba|da|z|k)?sh|cat)\s+(?:-\w+\s+)*<?\s*["']?((?:\.{0,2}/)?[\w./-]+)""",
    re.MULTILINE,
)
GIVEN = re.compile(r"""["'](?:(?:ba|da|z|k)?sh|source)["']\s*,\s*["']([\w./-]+)["']""")


def shell_mentions(text: str) -> Iterator[int]:
    """Lines that name the entry point of a node, outside comments."""
    for number, line in enumerate(text.splitlines(), 1):
        if ENTRY.search(line) and not line.lstrip().startswith(("#", ";")):
            yield number


def python_mentions(text: str) -> Iterator[int]:
    """Lines whose code names the program or the entry point of a node, outside docstrings and messages."""
    if not (ENTRY.search(text) or NODE.search(text)):
        return
    tree = ast.parse(text)
    silent = {id(below) for node in ast.walk(tree) for part in _said(node) for below in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) not in silent and _names(node):
            yield getattr(node, "lineno", 1)


def _said(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of the node that are only said: a bare text, a message, an error."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.Raise) and node.exc is not None:
        yield node.exc
    elif isinstance(node, ast.Call) and _called(node) in SPEAKING:
        yield from (*node.args, *node.keywords)


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


def _names(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(NODE.search(node.value) or ENTRY.search(node.value))
    if isinstance(node, ast.ImportFrom | ast.Import):
        names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        return any(ENTRY.search(name) for name in names)
    return isinstance(node, ast.Attribute) and bool(ENTRY.fullmatch(node.attr))


def shell_sources(text: str, name: str, files: Collection[str]) -> Iterator[str]:
    """Files of the project that the text gives to a shell."""
    for stated in (*SOURCE.findall(text), *GIVEN.findall(text)):
        parts = [part for part in PurePosixPath(stated).parts if part not in {".", "/"}]
        beside = (PurePosixPath(name).parent / "/".join(parts)).as_posix()
        found = [one for one in (beside, "/".join(parts)) if one in files and one != name]
        found = found or [one for one in files if parts and one.endswith("/" + "/".join(parts)) and one != name]
        yield from found[:1]
