"""`lepton-audit target init|lint`."""

from __future__ import annotations

from pathlib import Path

import click

from lepton_audit.cli.trouble import Refused, refusing
from lepton_audit.render.words import on_one_line

START = """\
# The AI system under audit. Check it with: lepton-audit target lint {name}
# Paths start at this file's folder. Remove what you don't have; what you don't declare can't be audited.
apiVersion: lepton-audit/v1
kind: Target
metadata: {{id: my-system, title: My system, owner: team@example.org}}
permissions: {{run_code: false, write: false}}   # run_code: true lets joblib and pickle models be loaded, in a confined child
assets: {{}}
#   scorer:   {{kind: model, uri: models/scorer.skops, format: skops, holdout: holdout}}
#   holdout:  {{kind: table, uri: data/holdout.parquet, columns: {{age: quasi-identifier, zip: quasi-identifier, diagnosis: sensitive, label: label}}}}
#   api:      {{kind: endpoint, uri: "https://127.0.0.1:8443", ca: certs/ca.pem}}
#   weights:  {{kind: artifact, uri: models/weights.enc, key: weights-key, cipher: aes-gcm}}
#   weights-key: {{kind: key, uri: "env:WEIGHTS_KEY", encoding: base64}}
#   releases: {{kind: ledger, uri: privacy/ledger.json}}
#   training: {{kind: federation, uri: federation/, framework: flower}}
# not_applicable: {{kinds: {{federation: No model is trained with others.}}}}
# attestations: {{dpo: {{by: DPO office, on: 2026-01-31, expires: 2027-01-31, note: appointment letter}}}}
"""


@click.group("target")
def command() -> None:
    """Begin and check target files."""


@command.command()
@click.argument("file", type=click.Path(dir_okay=False), default="target.yaml")
def init(file: str) -> None:
    """Write a FILE to begin with. It never replaces one."""
    path = Path(file)
    try:
        with path.open("x", encoding="utf-8") as new:
            new.write(START.format(name=path.name))
    except FileExistsError as error:
        raise Refused(f"{file}: is there already, and wasn't touched") from error
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from error
    click.echo(file)


@command.command()
@click.argument("file", type=click.Path(dir_okay=False), default="target.yaml")
def lint(file: str) -> None:
    """Check FILE: format, asset kinds and options, references, paths; warn of what an audit couldn't open now."""
    from lepton_audit.gather.readiness import unready
    from lepton_audit.load.target import load_target
    from lepton_audit.registry import load_registry

    registry = load_registry()
    with refusing():
        read = load_target(Path(file), registry.kinds)
    warnings = list(unready(read, registry))
    for warning in warnings:
        click.echo(f"warning: {on_one_line(warning)}", err=True)
    target = read.target
    click.echo(
        f"{target.metadata.id}: {len(target.assets)} assets, {f'{len(warnings)} not ready' if warnings else 'no problem'}"
    )
