"""Which opener takes an asset."""

from __future__ import annotations

from pathlib import Path

from lepton_audit.declare.failures import Unopenable
from lepton_audit.declare.opener import Opener
from lepton_audit.facts.target import Asset
from lepton_audit.load.target import is_file
from lepton_audit.registry import Registry


def claimed_opener(asset: Asset, registry: Registry) -> Opener | None:
    """The opener that claims the asset's format, or its scheme, or its file ending, or any file; ``None`` where none does."""
    return next((registry.openers[claim] for claim in _claims(asset) if claim in registry.openers), None)


def _claims(asset: Asset) -> list[str]:
    if asset.format:
        return [f"{asset.kind} format {asset.format}"]
    if not is_file(asset.uri):
        return [f"{asset.kind} scheme {asset.uri.partition(':')[0]}"]
    return [f"{asset.kind} file ending {Path(asset.uri).suffix}", f"{asset.kind} file ending *"]


def opener_of(asset: Asset, registry: Registry) -> Opener:
    """The opener that takes the asset. Raises Unopenable."""
    found = claimed_opener(asset, registry)
    if found is None:
        formats = sorted(
            claim.rpartition(" ")[2] for claim in registry.openers if claim.startswith(f"{asset.kind} format ")
        )
        next_step = f"Say `format:` in the asset; known: {', '.join(formats) or 'none, no plugin opens this kind'}."
        raise Unopenable(f"no opener takes asset {asset.name!r} ({_claims(asset)[0]})", next_step=next_step)
    return found
