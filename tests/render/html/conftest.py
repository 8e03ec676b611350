"""A page as a parser meets it."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from lepton_audit.facts.report import Report
from lepton_audit.render import render_html

VOID = frozenset({"meta", "br", "link", "img", "input", "hr", "col"})


class Reader(HTMLParser):
    """A page as a browser's parser meets it: elements in order with their attributes and their texts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, len(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, len(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1].tag == "style"):
            self.texts.append(data)
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements of the tag whose attributes are these; ``data_count`` stands for ``data-count``."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [e for e in self.elements if e.tag == tag and wanted.items() <= e.attributes.items()]

    @property
    def text(self) -> str:
        return "".join(self.texts)


@dataclass
class Element:
    """A start tag, and all text up to its end tag."""

    tag: str
    attributes: dict[str, str]
    written: int
    """How many attributes the tag has, duplicates counted."""
    text: str = ""


@pytest.fixture(scope="session")
def read() -> type[Reader]:
    return Reader


@pytest.fixture(scope="session")
def page(report: Report) -> Reader:
    return Reader(render_html(report))
