"""What an audit couldn't open now, told before it runs: missing files, formats that nobody opens, variables that aren't set."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from lepton_audit.declare.kinds import FileRef, refs
from lepton_audit.facts.target import Asset
from lepton_audit.gather.openers import claimed_opener
from lepton_audit.load.target import LoadedTarget, is_file
from lepton_audit.registry import Registry

_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


def unready(read: LoadedTarget, registry: Registry) -> Iterator[str]:
    """A sentence for each thing that an audit of the target would stumble over today."""
    for asset in read.target.assets.values():
        yield from (f"asset {asset.name!r}: {trouble}" for trouble in _troubles(asset, read, registry))
    today = datetime.now(UTC).date()
    for control, said in read.target.attestations.items():
        if said.on > today:
            yield f"attestation {control!r} is dated in the future, {said.on}"
        if said.expires is not None and said.expires <= max(said.on, today):
            yield f"attestation {control!r} has expired on {said.expires}"


def _troubles(asset: Asset, read: LoadedTarget, registry: Registry) -> Iterator[str]:
    opener = claimed_opener(asset, registry)
    if opener is None:
        known = sorted(
            claim.rpartition(" ")[2] for claim in registry.openers if claim.startswith(f"{asset.kind} format ")
        )
        yield f"no opener takes its format; known formats: {', '.join(known)}"
    elif opener.runs_code and not read.target.permissions.run_code:
        yield "opening it may run code of the target, and `permissions: {run_code: true}` isn't given"
    named = [asset.uri] if is_file(asset.uri) else []
    named += [
        asset.options[field]
        for field, _ in refs(registry.kinds[asset.kind].options, FileRef)
        if asset.options.get(field)
    ]
    yield from (f"there is no {path}" for path in named if not (read.base / path).exists())
    yield from (f"the variable {name} isn't set" for name in _VARIABLE.findall(asset.uri) if name not in os.environ)
