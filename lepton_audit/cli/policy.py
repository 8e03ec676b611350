"""`lepton-audit policy list|show|lint|explain`."""

from __future__ import annotations

import json

import click

from lepton_audit.cli.trouble import Refused, refusing


@click.group("policy")
def command() -> None:
    """List, show, check and explain policies."""


@command.command("list")
def list_() -> None:
    """Every policy that can be named by its id."""
    from lepton_audit.load.policy import known_policies
    from lepton_audit.load.yaml12 import parse_file
    from lepton_audit.registry import load_registry

    with refusing():
        for name, file in sorted(known_policies(load_registry()).items()):
            metadata = node.fields() if (node := parse_file(file).get("metadata")) else {}
            title = metadata["title"].value if "title" in metadata else ""
            click.echo(f"{name:24} {title}")


@command.command()
@click.argument("policy")
def show(policy: str) -> None:
    """POLICY as it is judged by: inherited, tailored, filled in (JSON, which is YAML too)."""
    from lepton_audit.load.policy import load_policy
    from lepton_audit.registry import load_registry

    with refusing():
        found = load_policy(policy, load_registry()).policy
    click.echo(
        json.dumps(found.model_dump(mode="json", by_alias=True, exclude_defaults=True), indent=2, ensure_ascii=False)
    )


@command.command()
@click.argument("policies", nargs=-1, required=True)
def lint(policies: tuple[str, ...]) -> int:
    """Check POLICIES: format, inheritance, parameters, probes, settings, fields and limits. Exit code 3 if a plugin is broken."""
    from lepton_audit.load.policy import load_policy
    from lepton_audit.registry import load_registry

    registry = load_registry()
    with refusing():
        for policy in policies:
            found = load_policy(policy, registry).policy
            rules = [rule for control in found.controls for rule in control.rules]
            unchecked = sorted({rule.probe for rule in rules if rule.probe not in registry.probes})
            said = f"not checked: {', '.join(unchecked)}" if unchecked else "no problem"
            click.echo(
                f"{found.metadata.id} {found.metadata.version}: {len(found.controls)} controls, {len(rules)} rules, {said}"
            )
    for fault in registry.faults:
        click.echo(f"broken: {fault.who}: {fault.because}", err=True)
    return 3 if registry.faults else 0


@command.command()
@click.argument("control")
@click.option("-p", "--policy", default="lepton-baseline", show_default=True, help="The policy's id or file.")
def explain(control: str, policy: str) -> None:
    """Show where each value of CONTROL comes from: file, line, parameter, tailoring."""
    from lepton_audit.load.policy import load_policy
    from lepton_audit.load.problems import nearest
    from lepton_audit.load.tree import leaves
    from lepton_audit.registry import load_registry

    with refusing():
        found = load_policy(policy, load_registry())
    if control not in found.controls:
        raise Refused(f"policy {policy!r} has no control {control!r}\n  next: {nearest(control, found.controls)}")
    for path, node in leaves(found.controls[control]):
        via = f"  ({node.via})" if node.via else ""
        click.echo(f"{path} = {json.dumps(node.value, ensure_ascii=False)}\n    {node.mark}{via}")
