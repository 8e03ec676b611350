"""The list of commands; each is imported when it is called, so that the rest costs nothing."""

from __future__ import annotations

from importlib import import_module

import click

import lepton_audit

COMMANDS = ("run", "demo", "plan", "policy", "target", "schema", "plugin", "explain", "report")


class App(click.Group):
    """Commands by name: the function `command` of the module of that name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"lepton_audit.cli.{cmd_name}").command
        return found if isinstance(found, click.Command) else None


@click.group(cls=App, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(lepton_audit.__version__, prog_name="lepton-audit", message="%(prog)s %(version)s")
def app() -> None:
    """Audit AI systems: policies in YAML are judged against evidence from live checks."""
