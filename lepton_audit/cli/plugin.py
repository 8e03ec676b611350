"""`lepton-audit plugin list`."""

from __future__ import annotations

import click


@click.group("plugin")
def command() -> None:
    """What plugins bring."""


@command.command("list")
def list_() -> None:
    """Every plugin with its probes, openers, asset kinds and policies; and those that are broken. Exit code 3 if one is."""
    from lepton_audit.registry import load_registry

    registry = load_registry()
    for plugin in registry.plugins:
        click.echo(str(plugin))
        for name, provider in registry.providers.items():
            if provider == plugin:
                probe = registry.probes[name]
                click.echo(f"  probe {name} v{probe.version}: {probe.docs.title}")
    for claim in sorted(registry.openers):
        click.echo(f"opener {claim}")
    for kind in registry.kinds.values():
        click.echo(f"asset kind {kind.name}: {kind.summary}")
    for fault in registry.faults:
        click.echo(f"broken: {fault.who}: {fault.because}", err=True)
    click.get_current_context().exit(3 if registry.faults else 0)
