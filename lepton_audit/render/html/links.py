"""Web addresses in a text, made followable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lepton_audit.render.words import visible

if TYPE_CHECKING:
    from markupsafe import Markup

_ADDRESS = re.compile(r"(https?://[^\s<>\"'`{}|\\^]*[^\s<>\"'`{}|\\^.,;:!?)\]])")


def linked(text: str) -> Markup:
    """The text, escaped; its http and https addresses are links that say where they lead."""
    from markupsafe import Markup, escape

    pieces = _ADDRESS.split(visible(text))
    written = [
        Markup('<a href="{0}" rel="noreferrer noopener">{0}</a>').format(p) if at % 2 else escape(p)
        for at, p in enumerate(pieces)
    ]
    return Markup("").join(written)
