"""`lepton-audit run`."""

from __future__ import annotations

from typing import Any

import click

from lepton_audit.cli.choices import POLICIES, TARGET, conduct_options
from lepton_audit.cli.conduct import Conduct, conduct


@click.command("run")
@TARGET
@POLICIES
@click.option(
    "--waivers", type=click.Path(dir_okay=False), help="Accepted deviations; else waivers.yaml beside the target."
)
@conduct_options
def command(target: str, policies: tuple[str, ...], waivers: str | None, **said: Any) -> int:
    """Audit TARGET, write the reports, say the verdict.

    Exit codes: 0 conformant, 1 nonconformant, 2 bad input and nothing was run, 3 incomplete, 4 a bug in lepton-audit, 130 interrupted.
    """
    return conduct(target, policies, waivers, Conduct(**said))
