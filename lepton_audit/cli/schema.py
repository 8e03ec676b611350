"""`lepton-audit schema`."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument("name", type=click.Choice(["target", "policy", "waivers", "report"]))
def command(name: str) -> None:
    """Print the JSON Schema of a file format, for editors and tools."""
    from lepton_audit.load.schema import schema_of
    from lepton_audit.registry import load_registry

    click.echo(json.dumps(schema_of(name, load_registry()), indent=2, ensure_ascii=False))
