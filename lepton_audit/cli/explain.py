"""`lepton-audit explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lepton_audit.cli.trouble import Refused, refusing

if TYPE_CHECKING:
    from lepton_audit.declare.probe import Probe
    from lepton_audit.facts.policy import Control


@click.command("explain")
@click.argument("name", metavar="PROBE_OR_CONTROL")
def command(name: str) -> None:
    """Say what a probe measures and how, or what a control demands and why."""
    from lepton_audit.load.policy import known_policies, load_policy
    from lepton_audit.load.problems import nearest
    from lepton_audit.registry import load_registry

    registry = load_registry()
    if name in registry.probes:
        _explain_probe(registry.probes[name], registry.provider(name))
        return
    with refusing():
        policies = [load_policy(policy, registry).policy for policy in known_policies(registry)]
    found = [(policy.metadata.id, control) for policy in policies for control in policy.controls if control.id == name]
    if not found:
        names = [*registry.probes, *(control.id for policy in policies for control in policy.controls)]
        raise Refused(f"no probe or control is called {name!r}\n  next: {nearest(name, names)}")
    _explain_control(found[0][1], [policy for policy, _ in found])


def _explain_probe(probe: Probe, provider: str) -> None:
    from lepton_audit.facts.docstrings import attribute_texts
    from lepton_audit.facts.fields import fields_of

    texts = attribute_texts(probe.settings)
    docs = probe.docs
    click.echo(f"{probe.id} v{probe.version} ({provider})\n{docs.title}\n")
    for heading, text in (
        ("What it does", docs.what),
        ("Why it matters", docs.why),
        ("Source", docs.source),
        ("Known limits", docs.limits),
    ):
        if text:
            click.echo(f"{heading}: {text}\n")
    click.echo(
        "Takes: " + ", ".join(f"{i.name} ({i.kind.name}{', optional' if i.optional else ''})" for i in probe.inputs)
    )
    for name, setting in probe.settings.model_fields.items():
        default = "required" if setting.is_required() else f"default {setting.default!r}"
        click.echo(f"  with {name} ({default}): {texts.get(name, '')}".rstrip(": "))
    click.echo("Evidence:")
    for field in fields_of(probe.evidence):
        unit = f", {field.unit}" if field.unit else ""
        click.echo(f"  {field.path} ({field.shape}{unit}, {field.strength}): {field.description}")


def _explain_control(control: Control, policies: list[str]) -> None:
    click.echo(f"{control.id} ({control.severity}), in {', '.join(policies)}\n{control.title}\n")
    said = {
        "Why it matters": control.why, "Remedy": control.remediation, "Source": control.source, "House rule": control.house_rule,
        "Mappings": ", ".join(control.mappings), "To be attested": control.attest.statement if control.attest else "",
    }  # fmt: skip
    for heading, text in said.items():
        if text:
            click.echo(f"{heading}: {text}\n")
    for rule in control.rules:
        click.echo(f"Rule {rule.id}: {rule.probe}")
        for field, requirement in rule.require.items():
            click.echo(f"  {field}: {requirement.model_dump(exclude_none=True)}")
