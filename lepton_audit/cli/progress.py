"""Progress on stderr: live on a terminal, one line per event elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from lepton_audit.render.words import on_one_line

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from lepton_audit.auditing import Progress

Hear = Callable[["Progress"], None]


@contextmanager
def progress() -> Iterator[Hear]:
    """What the audit is told to call at each event."""
    if not sys.stderr.isatty():
        yield _Lines().hear
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Live(bar).hear


def named(event: Progress) -> str:
    """The look as a person names it: probe and assets."""
    request = event.request
    return f"{request.probe} on {', '.join(asset.name for asset in request.inputs.values())}" if request else ""


class _Lines:
    """One line per event, with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def hear(self, event: Progress) -> None:
        text = (
            f"{event.looks} looks to take" if event.what == "planned" else f"{event.what} {named(event)}{_how(event)}"
        )
        with self._lock:
            click.echo(f"{time.monotonic() - self._started:7.1f} s  {on_one_line(text)}", err=True)


def _how(event: Progress) -> str:
    """A failure is told at once."""
    because = getattr(event.outcome, "because", "")
    return f": {because}" if because else ""


class _Live:
    """A bar that names the looks under way."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._under_way: list[str] = []
        self._task = bar.add_task("planning", total=None)

    def hear(self, event: Progress) -> None:
        if event.what == "planned":
            self._bar.update(self._task, total=event.looks, description="looking")
        elif event.what == "looking":
            self._under_way.append(named(event))
        else:
            self._under_way.remove(named(event))
            self._bar.advance(self._task)
        self._bar.update(self._task, description=on_one_line(", ".join(self._under_way))[:70] or "looking")
