"""A YAML document in which every value still knows where it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lepton_audit.load.problems import Mark

Scalar = None | bool | int | float | str


@dataclass(slots=True)
class Node:
    """A value, where it stands, where its key stands, and how it came here."""

    value: Scalar | list[Node] | dict[str, Node]
    mark: Mark
    key: Mark | None = None
    via: str = ""
    """Why it isn't what was written here: a parameter, a tailoring."""

    def get(self, name: str) -> Node | None:
        """The child of that name, if this is a mapping that has it."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def items(self) -> list[Node]:
        """The children of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []

    def fields(self) -> dict[str, Node]:
        """The children of a mapping; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def renamed(self, *, key: Mark | None = None, via: str = "") -> Node:
        """The same value under another key, or with a reason for being here."""
        return replace(self, key=key or self.key, via=via or self.via)


def plain(node: Node) -> Any:
    """The value without its marks."""
    if isinstance(node.value, dict):
        return {name: plain(child) for name, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def as_json(node: Node) -> str:
    """The value as JSON text."""
    return json.dumps(plain(node), allow_nan=False)


def child(node: Node, step: str | int) -> Node | None:
    """One step down, or ``None``."""
    if isinstance(step, str):
        return node.get(step)
    items = node.items()
    return items[step] if 0 <= step < len(items) else None


def place(node: Node, path: Sequence[str | int], *, of_key: bool = False) -> Mark:
    """Where the value at the path stands, or the nearest ancestor that was written."""
    for step in path:
        below = child(node, step)
        if below is None:
            continue  # a step that only the model knows, such as the branch of a union
        node = below
    return (node.key or node.mark) if of_key else node.mark


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every value that isn't a list or mapping of others, with its path."""
    children = node.fields().items() if isinstance(node.value, dict) else enumerate(node.items())
    empty = True
    for step, below in children:
        empty = False
        yield from leaves(below, f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}".lstrip("."))
    if empty:
        yield path, node
