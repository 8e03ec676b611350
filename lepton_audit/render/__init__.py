"""Tells a report: the same counts and verdicts in every format. Sees facts only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lepton_audit.facts.report import Report
from lepton_audit.render.as_html import render_html
from lepton_audit.render.as_json import render_json
from lepton_audit.render.terminal import render_terminal

__all__ = ["FORMATS", "Format", "render_html", "render_json", "render_terminal"]


@dataclass(frozen=True)
class Format:
    """A way to write a report down."""

    name: str
    file: str
    """The name of the file it is written to."""
    render: Callable[[Report], str]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "html": Format("html", "report.html", render_html),
        "json": Format("json", "report.json", render_json),
    }
)
