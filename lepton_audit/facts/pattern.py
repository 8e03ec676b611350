"""Regular expressions of policies, matched in time linear in the text: a pattern can't hang the judge.

Source: RE2 (github.com/google/re2), whose syntax has neither look-around nor back-references.
"""

from __future__ import annotations


def pattern_fault(pattern: str) -> str:
    """Why the pattern is no regular expression, or nothing."""
    import re2

    try:
        re2.compile(pattern, _quiet())
    except (re2.error, UnicodeError) as error:
        said = error.args[0] if error.args else ""
        return said.decode(errors="replace") if isinstance(said, bytes) else str(said) or "it can't be read"
    return ""


def fits(pattern: str, text: str) -> bool | None:
    """The whole text matches the pattern; ``None`` for a text that isn't Unicode."""
    import re2

    if not is_unicode(text):
        return None
    return re2.fullmatch(pattern, text, _quiet()) is not None


def is_unicode(text: str) -> bool:
    """The text holds no lone surrogate, so it can be written in UTF-8."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _quiet() -> object:
    """Options of RE2 that keep it from writing to standard error."""
    import re2

    options = re2.Options()
    options.log_errors = False
    return options
