"""`lepton-audit explain`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from lepton_audit.cli.trouble import Refused, refusing

if TYPE_CHECKING:
    from lepton_audit.declare.kinds import AssetKind
    from lepton_audit.declare.probe import Probe
    from lepton_audit.facts.policy import Control
    from lepton_audit.registry import Registry


@click.command("explain")
@click.argument("name", metavar="PROBE_KIND_OR_CONTROL")
def command(name: str) -> None:
    """Say what a probe measures and how, what an asset kind takes, or what a control demands and why."""
    from lepton_audit.load.policy import known_policies, load_policy
    from lepton_audit.load.problems import nearest
    from lepton_audit.registry import load_registry

    registry = load_registry()
    if name in registry.probes:
        _explain_probe(registry.probes[name], registry.provider(name))
        return
    if name in registry.kinds:
        _explain_kind(registry.kinds[name], registry)
        return
    with refusing():
        policies = [load_policy(policy, registry).policy for policy in known_policies(registry)]
    found = [(policy.metadata.id, control) for policy in policies for control in policy.controls if control.id == name]
    if not found:
        names = [*registry.probes, *registry.kinds, *(control.id for policy in policies for control in policy.controls)]
        hint = nearest(name, names) or "See `lepton-audit plugin list` and `lepton-audit policy list`."
        raise Refused(f"no probe, asset kind or control is called {name!r}\n  next: {hint}")
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
        click.echo(f"Rule {rule.id}: {rule.probe}" + (f" with {_plainly(rule.with_)}" if rule.with_ else ""))
        for field, requirement in rule.require.items():
            click.echo(f"  {field}: {_plainly(requirement.model_dump(exclude_none=True, mode='json'))}")


def _plainly(said: object) -> str:
    """As YAML says it in a line."""
    return json.dumps(said, ensure_ascii=False).replace('"', "")


def _explain_kind(kind: AssetKind, registry: Registry) -> None:
    from lepton_audit.declare.assets import Release
    from lepton_audit.facts.docstrings import attribute_texts

    click.echo(f"asset kind {kind.name}: {kind.summary}\n")
    click.echo(
        "Opened as: "
        + (
            ", ".join(
                sorted(c.removeprefix(f"{kind.name} ") for c in registry.openers if c.startswith(f"{kind.name} "))
            )
            or "nothing"
        )
    )
    for name, text in attribute_texts(kind.options).items():
        click.echo(f"  option {name}: {text}")
    if kind.name == "ledger":
        click.echo("Each release of a ledger (JSON: under `releases`; CSV: a line each):")
        for name, field in Release.model_fields.items():
            needed = "required" if field.is_required() else "optional"
            click.echo(f"  {name} ({needed}): {attribute_texts(Release).get(name, '')}".rstrip(": "))
