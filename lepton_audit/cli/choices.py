"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from lepton_audit.facts.policy import SEVERITIES

C = TypeVar("C", bound=Callable[..., Any])

POLICIES = click.option(
    "-p", "--policy", "policies", multiple=True, default=("lepton-baseline",), show_default=True, metavar="POLICY",
    help="A built-in or plugin's policy id, or a file. Repeatable.",
)  # fmt: skip
EFFORT = click.option(
    "--effort",
    type=click.Choice(["quick", "full"]),
    default="quick",
    show_default=True,
    help="quick fits a CI gate, full a yearly audit.",
)
SEED = click.option(
    "--seed", type=click.IntRange(0, 2**53 - 1), default=0, show_default=True, help="All randomness comes from it."
)
TARGET = click.argument("target", type=click.Path(dir_okay=False))

_CONDUCT = (
    click.option("-o", "--output", type=click.Path(file_okay=False), default="lepton-report", show_default=True, help="Folder of the reports."),
    click.option("-f", "--format", "formats", default="html,json", show_default=True, help="Formats of the reports, with commas."),
    EFFORT,
    SEED,
    click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Looks at the same time."),
    click.option("--fail-on", type=click.Choice(SEVERITIES), help="Severity from which a failure makes the run nonconformant; else the policies' own."),
    click.option("--store", metavar="URL", help="SQLite file or database URL of runs and evidence; else LEPTON_AUDIT_STORE, or the user's own."),
    click.option("--look-seconds", type=click.FloatRange(0.1), help="Time that one look may take; else what its probe says."),
    click.option("--look-memory", type=click.IntRange(64), default=4096, show_default=True, help="Memory that one look may use, in MiB."),
    click.option("--fresh", is_flag=True, help="Look again at everything: resume nothing, reuse nothing."),
    click.option("--debug", is_flag=True, help="Show what the looks print. It may hold personal values."),
)  # fmt: skip


def conduct_options(command: C) -> C:
    """The options of a command that conducts an audit."""
    for option in reversed(_CONDUCT):
        command = option(command)
    return command
