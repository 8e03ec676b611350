"""`lepton-audit plan`."""

from __future__ import annotations

from pathlib import Path

import click

from lepton_audit.cli.choices import EFFORT, POLICIES, SEED, TARGET
from lepton_audit.cli.trouble import refusing


@click.command("plan")
@TARGET
@POLICIES
@EFFORT
@SEED
def command(target: str, policies: tuple[str, ...], effort: str, seed: int) -> int:
    """Say what would run, on what, at what cost. Nothing is run."""
    from lepton_audit.facts.judgement import Requested, Unplannable
    from lepton_audit.load.run import loaded
    from lepton_audit.plan import Circumstances, plan
    from lepton_audit.registry import load_registry

    registry = load_registry()
    with refusing():
        said = loaded(Path(target), policies, None, registry)
    planned = plan(
        said.policies,
        said.target.target,
        registry,
        Circumstances(str(said.target.base), seed, "full" if effort == "full" else "quick"),
    )
    for name, request in planned.requests.items():
        rules = [j for j in planned.judgements if isinstance(j.basis, Requested) and j.basis.request == name]
        seconds = registry.probes[request.probe].seconds
        limit = seconds.full if effort == "full" else seconds.quick
        assets = ", ".join(asset.name for asset in request.inputs.values())
        click.echo(f"{request.probe:28} {assets:32} {len(rules):3} rules  at most {limit:g} s")
    without = [j for j in planned.judgements if not isinstance(j.basis, Requested)]
    for judgement in without:
        rule = judgement.rule.id if judgement.rule else "attestation"
        trouble = (
            judgement.basis.because
            if isinstance(judgement.basis, Unplannable)
            else getattr(judgement.basis, "reason", "")
        )
        click.echo(
            f"no look                      {judgement.control.id}/{rule} {trouble or getattr(judgement.basis, 'because', '')}".rstrip()
        )
    click.echo(f"{len(planned.requests)} looks, {len(planned.judgements)} judgements")
    return 0
