"""`lepton-audit report`."""

from __future__ import annotations

from pathlib import Path

import click

from lepton_audit.cli.conduct import check_writable, chosen_formats, clear, tell, write
from lepton_audit.cli.trouble import Refused, refusing
from lepton_audit.facts.integrity import is_intact
from lepton_audit.facts.report import Report


@click.command("report")
@click.argument("run", metavar="RUN")
@click.option("-f", "--format", "formats", default="html,json", show_default=True, help="Formats, with commas.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False),
    default="lepton-report",
    show_default=True,
    help="Folder of the reports.",
)
@click.option("--store", metavar="URL", help="SQLite file or database URL of runs and evidence.")
def command(run: str, formats: str, output: str, store: str | None) -> int:
    """Write the reports of RUN again: a run's id or the start of one, `last`, or a report.json. Exit code as of the run."""
    chosen = chosen_formats(formats)
    report = _from_file(Path(run)) if Path(run).is_file() else _from_store(run, store)
    if not is_intact(report):
        raise Refused(f"{run}: the report was changed after it was written; its integrity digest doesn't fit")
    check_writable(Path(output))
    clear(Path(output))
    tell(report, write(report, chosen, Path(output)))
    return report.gate.exit_code


def _from_file(file: Path) -> Report:
    from pydantic import ValidationError

    try:
        return Report.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise Refused(f"{file}: is no report of lepton-audit") from error


def _from_store(run: str, url: str | None) -> Report:
    from lepton_audit.store.store import open_store

    with refusing():
        store = open_store(url)
        try:
            report = store.report(run)
            known = [name for name, _ in store.finished()][:5]
        finally:
            store.close()
    if report is None:
        raise Refused(f"no finished run is called {run!r}\n  next: {', '.join(known) or 'run an audit first'}")
    return report
