"""A probe's docstring, taken apart: `lepton-audit explain` and the report are built from it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HEADINGS = {"What it does": "what", "Why it matters": "why", "Source": "source", "Known limits": "limits"}
_HEADING = re.compile(rf"^({'|'.join(HEADINGS)}):?[ \t]*", re.MULTILINE)


@dataclass(frozen=True)
class ProbeDocs:
    """First line, and the four sections of a probe's docstring."""

    title: str
    what: str = ""
    why: str = ""
    source: str = ""
    limits: str = ""


def docs_of(look: Callable[..., Any]) -> ProbeDocs:
    """The docstring's first line and its sections `What it does`, `Why it matters`, `Source`, `Known limits`."""
    title, _, body = (inspect.getdoc(look) or "").partition("\n")
    pieces = _HEADING.split(body)
    sections = {HEADINGS[name]: " ".join(text.split()) for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}
    return ProbeDocs(title=title.strip(), **sections)
