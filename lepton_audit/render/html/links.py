"""Web addresses in a text, made followable, and names in backticks, set as code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lepton_audit.render.words import visible

if TYPE_CHECKING:
    from markupsafe import Markup

_SPECIAL = re.compile(r"(https?://[^\s<>\"'`{}|\\^]*[^\s<>\"'`{}|\\^.,;:!?)\]]|`[^`\n]+`)")


def linked(text: str) -> Markup:
    """The text, escaped; its http and https addresses are links that say where they lead; `names` are code."""
    from markupsafe import Markup, escape

    pieces = _SPECIAL.split(visible(text))
    return Markup("").join(_special(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces))


def _special(piece: str) -> Markup:
    from markupsafe import Markup

    if piece.startswith("`"):
        return Markup("<code>{}</code>").format(piece[1:-1])
    return Markup('<a href="{0}" rel="noreferrer noopener">{0}</a>').format(piece)
