"""report.html: one file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from lepton_audit.facts.report import Report
from lepton_audit.facts.shipped import shipped
from lepton_audit.render import words
from lepton_audit.render.html.links import linked
from lepton_audit.render.html.page import page_of

if TYPE_CHECKING:
    import jinja2


def render_html(report: Report) -> str:
    """The report as one self-contained page, without scripts; every foreign text is escaped and made visible.

    The content security policy allows the page's own style by its hash, and nothing else.
    """
    style = shipped("templates").joinpath("report.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    pages = _environment().get_template("report.html.j2")
    return pages.render(page=page_of(report), style=_trusted(style), style_digest=digest)


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(shipped("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals.update(
        {name: getattr(words, name) for name in ("WORD", "OPEN", "MEANING", "counted", "number")}
    )
    environment.filters.update(
        {"said": words.said, "moment": words.moment, "day": words.day, "size": words.size, "linked": linked}
    )
    environment.filters["verdict_word"] = words.verdict_word
    return environment


def _shown(value: object) -> object:
    """What an expression of a template writes: foreign texts with nothing hidden in them."""
    return words.visible(value) if type(value) is str else value


def _trusted(style: str) -> object:
    """Our own style sheet, as it stands."""
    from markupsafe import Markup

    return Markup(style)  # noqa: S704  # shipped with lepton-audit
