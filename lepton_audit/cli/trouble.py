"""Bad input as the user sees it: every problem, nothing run, exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from lepton_audit.load.problems import BadInput
from lepton_audit.store.interface import StoreUnusable

MANY = 25


class Refused(click.ClickException):
    """What was given can't be used."""

    exit_code = 2


@contextmanager
def refusing() -> Iterator[None]:
    """Turns bad input, and a store that can't be used, into a message and exit code 2."""
    try:
        yield
    except BadInput as error:
        shown = [str(problem) for problem in error.problems[:MANY]]
        left = len(error.problems) - len(shown)
        raise Refused("\n".join([*shown, *([f"... and {left} more"] if left else []), "Nothing was run."])) from error
    except StoreUnusable as error:
        raise Refused(f"{error}\n  next: name another with --store\nNothing was run.") from error
