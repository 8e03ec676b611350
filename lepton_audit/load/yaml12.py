"""YAML 1.2 (core schema) -> `Node`: safe, bounded, duplicate keys refused.

Source: YAML 1.2.2, section 10.3 (core schema). libyaml parses the syntax; tags and types are resolved here, since PyYAML's own
resolver is that of YAML 1.1, in which the key ``on`` is the boolean true.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.events import AliasEvent, DocumentStartEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from lepton_audit.facts.pattern import is_unicode
from lepton_audit.facts.quantities import MAX_INTEGER
from lepton_audit.load.problems import BadInput, Mark, Problem
from lepton_audit.load.tree import Node, Scalar

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 50
MAX_ALIASED = 10_000
"""Nodes that aliases may add to a document in all."""

LONGEST_INTEGER = 100

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_file(path: Path) -> Node:
    """The document in the file. Raises BadInput."""
    if not is_unicode(str(path)):
        raise _bad(str(path), None, "the file's name isn't Unicode", "a path in UTF-8")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _bad(str(path), None, "can't be read", "a regular file, no folder, pipe or device")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _bad(str(path), None, "the file is too large", f"at most {MAX_BYTES} bytes")
        text = content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise _bad(str(path), None, f"can't be read: {_reason(error)}", "a readable file in UTF-8") from error
    return parse(text, str(path))


def parse(text: str, file: str) -> Node:
    """The one document in the text. Raises BadInput."""
    try:
        return _Reader(file, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        what = " ".join(filter(None, (error.context, error.problem)))
        raise _bad(file, error.problem_mark or error.context_mark, f"not YAML: {what}", "YAML 1.2") from error
    except yaml.YAMLError as error:
        raise _bad(file, None, f"not YAML: {' '.join(str(error).split())}", "YAML 1.2") from error


class _Reader:
    """Builds nodes from libyaml's events, and counts what aliases add."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self.file, self.events = file, events
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.aliased = 0

    def document(self) -> Node:
        starts = [event for event in (next(self.events), next(self.events)) if isinstance(event, DocumentStartEvent)]
        if not starts:
            raise _bad(self.file, None, "the file is empty", "one YAML document")
        root, _ = self.node(next(self.events), 0)
        next(self.events)
        if isinstance(second := next(self.events), DocumentStartEvent):
            raise _bad(self.file, second.start_mark, "a second document begins here", "one YAML document per file")
        return root

    def node(self, event: Any, depth: int) -> tuple[Node, int]:
        """The node that the event begins, and how many nodes it holds."""
        if depth > MAX_DEPTH:
            raise _bad(self.file, event.start_mark, "nested too deeply", f"at most {MAX_DEPTH} levels")
        if isinstance(event, AliasEvent):
            return self.alias(event)
        self.refuse_tag(event)
        node, size = self.content(event, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, size)
        return node, size

    def content(self, event: Any, depth: int) -> tuple[Node, int]:
        if isinstance(event, MappingStartEvent):
            return self.mapping(event, depth)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(event, depth)
        return Node(self.scalar(event), self.mark(event)), 1

    def alias(self, event: Any) -> tuple[Node, int]:
        if event.anchor not in self.anchors:
            raise _bad(
                self.file, event.start_mark, f"alias *{event.anchor} has no anchor before it", "a finished anchor"
            )
        node, size = self.anchors[event.anchor]
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            raise _bad(self.file, event.start_mark, "aliases add too much", f"at most {MAX_ALIASED} aliased values")
        return node.renamed(), size

    def mapping(self, event: Any, depth: int) -> tuple[Node, int]:
        children: dict[str, Node] = {}
        total = 1
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            name = self.key(key, children)
            node, size = self.node(next(self.events), depth + 1)
            children[name] = node.renamed(key=self.mark(key))
            total += size
        return Node(children, self.mark(event)), total

    def key(self, event: Any, taken: dict[str, Node]) -> str:
        if not isinstance(event, ScalarEvent):
            raise _bad(self.file, event.start_mark, "a key that isn't a text", "a plain key")
        self.refuse_tag(event)
        name = self.text(event)
        if name in taken:
            raise _bad(
                self.file, event.start_mark, f"key {name!r} was given already at {taken[name].key}", "each key once"
            )
        return name

    def sequence(self, event: Any, depth: int) -> tuple[Node, int]:
        children: list[Node] = []
        total = 1
        while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
            node, size = self.node(item, depth + 1)
            children.append(node)
            total += size
        return Node(children, self.mark(event)), total

    def scalar(self, event: Any) -> Scalar:
        text = self.text(event)
        if event.style or event.tag == "!":
            return text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _ENDLESS.fullmatch(text):
            raise _bad(self.file, event.start_mark, f"{text} is no finite number", "a finite number")
        number = _number(text)
        if isinstance(number, int) and abs(number) > MAX_INTEGER:
            wanted = f"a whole number of at most {MAX_INTEGER}, or one with a decimal point"
            raise _bad(self.file, event.start_mark, "this whole number is too large to be kept exactly", wanted)
        return number

    def text(self, event: Any) -> str:
        text = str(event.value)
        if not is_unicode(text):
            raise _bad(self.file, event.start_mark, "half of a surrogate pair", "Unicode text")
        return text

    def refuse_tag(self, event: Any) -> None:
        if event.tag not in (None, "!"):
            raise _bad(self.file, event.start_mark, f"tag {event.tag!r}", "plain YAML without tags")

    def mark(self, event: Any) -> Mark:
        return _mark(self.file, event.start_mark)


def _number(text: str) -> Scalar:
    if _INT.fullmatch(text):
        if len(text) > LONGEST_INTEGER:
            return MAX_INTEGER + 1  # too large, however large: Python refuses to read thousands of digits
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text) and (number := float(text)) not in (float("inf"), float("-inf")):
        return number
    return text


def _mark(file: str, mark: Any) -> Mark:
    return Mark(file) if mark is None else Mark(file, mark.line + 1, mark.column + 1)


def _bad(file: str, mark: Any, what: str, expected: str) -> BadInput:
    return BadInput([Problem(_mark(file, mark), what, expected)])


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "unreadable"
    return "it isn't UTF-8" if isinstance(error, UnicodeDecodeError) else "no file can have this name"
