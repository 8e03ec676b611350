"""`lepton-audit demo`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from lepton_audit.cli.choices import conduct_options
from lepton_audit.cli.conduct import Conduct, conduct
from lepton_audit.cli.trouble import refusing


@click.command("demo")
@click.option(
    "--state",
    type=click.Choice(["published", "hardened"]),
    default="published",
    show_default=True,
    help="With its flaws, or its twin without.",
)
@click.option("--keep", type=click.Path(file_okay=False), help="Build the system in this folder and leave it there.")
@click.option("-p", "--policy", "policies", multiple=True, help="Policies; else those of the demo.")
@conduct_options
def command(state: Any, keep: str | None, policies: tuple[str, ...], **said: Any) -> int:
    """Start the reference system, audit it, write the reports, say where they are, stop it."""
    from lepton_audit.demo import POLICIES, build, running

    with tempfile.TemporaryDirectory(prefix="lepton-demo-", ignore_cleanup_errors=True) as scratch:
        folder = Path(keep) if keep else Path(scratch) / "system"
        click.echo(f"building the {state} reference system", err=True)
        with refusing():
            target = build(folder, state)
        with running(folder, state):
            return conduct(str(target), policies or POLICIES, None, Conduct(**said))
