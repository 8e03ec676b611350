"""Conducts an audit for `run` and `demo`: progress on stderr, reports in files, the result on stdout."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lepton_audit.cli.progress import progress
from lepton_audit.cli.trouble import Refused, refusing
from lepton_audit.facts.report import Report

if TYPE_CHECKING:
    from lepton_audit.auditing import Progress


@dataclass(frozen=True)
class Conduct:
    """What the user asked for."""

    output: str
    formats: str
    effort: Any
    seed: int
    jobs: int
    fail_on: Any
    store: str | None
    look_seconds: float | None
    look_memory: int
    fresh: bool
    debug: bool


def conduct(target: str, policies: tuple[str, ...], waivers: str | None, said: Conduct) -> int:
    """The audit was conducted, its reports lie in the output folder; the run's exit code."""
    from lepton_audit.auditing import Options, audit
    from lepton_audit.gather.interface import Limits

    chosen = chosen_formats(said.formats)
    limits = Limits(seconds=said.look_seconds, memory=said.look_memory * 2**20)
    options = Options(said.effort, said.seed, said.jobs, said.fail_on, limits, debug=said.debug, fresh=said.fresh)
    folder = Path(said.output)
    check_writable(folder)
    with refusing(), progress() as on_progress:

        def hear(event: Progress) -> None:
            if event.what == "planned":
                clear(folder)
            on_progress(event)

        report = audit(target, policies, waivers=waivers, store=said.store, options=options, on_progress=hear)
    written = write(report, chosen, folder)
    tell(report, written)
    return report.gate.exit_code


def chosen_formats(names: str) -> list[str]:
    from lepton_audit.render import FORMATS

    chosen = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in FORMATS]
    if unknown or not chosen:
        raise Refused(
            f"--format: unknown format {', '.join(unknown) or 'of no name'}; known: {', '.join(FORMATS)}\nNothing was run."
        )
    return chosen


def check_writable(folder: Path) -> None:
    """The folder is there or can be made, and can be written; nothing was made. Raises Refused."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return
    except OSError as error:
        raise Refused(f"--output {folder}: {error.strerror}\nNothing was run.") from error


def clear(folder: Path) -> None:
    """No report of an earlier run is in the folder, to be taken for this run's."""
    from lepton_audit.render import FORMATS

    for kind in FORMATS.values():
        (folder / kind.file).unlink(missing_ok=True)


def write(report: Report, formats: list[str], folder: Path) -> list[Path]:
    """The report in each format, in the folder."""
    from lepton_audit.render import FORMATS

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in formats:
        file = folder / FORMATS[name].file
        draft = file.with_suffix(f"{file.suffix}.draft")
        draft.write_text(FORMATS[name].render(report), encoding="utf-8")
        draft.replace(file)
        written.append(file)
    return written


def tell(report: Report, written: list[Path]) -> None:
    """The verdict table, the gate's sentence and the paths are on stdout."""
    from rich.console import Console

    from lepton_audit.render import render_terminal

    render_terminal(report, Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120))
    for file in written:
        click.echo(str(file))
