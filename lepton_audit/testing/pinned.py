"""For tests of openers and probes: what an opener gets in the child, without an engine around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lepton_audit.declare.assets import BUILT_IN_KINDS
from lepton_audit.declare.kinds import AssetKind, FileRef, PinnedAsset, kind_of, refs
from lepton_audit.facts.target import Permissions


def pinned(  # an asset has that many sides
    kind: str | type,
    uri: str | Path,
    *,
    scratch: Path,
    name: str = "asset",
    format: str | None = None,  # noqa: A002  # the field's word
    options: dict[str, Any] | None = None,
    run_code: bool = False,
) -> PinnedAsset:
    """An asset as the child's opener sees it. ``kind``: a built-in kind's name, or a marked protocol class."""
    asset_kind = _kind(kind)
    typed = asset_kind.options.model_validate(options or {})
    files = {field: Path(value) for field, _ in refs(asset_kind.options, FileRef) if (value := getattr(typed, field))}
    return PinnedAsset(
        name=name,
        kind=asset_kind.name,
        uri=str(uri),
        format=format,
        options=typed,
        path=None if "://" in str(uri) else Path(uri),
        files=files,
        permissions=Permissions(run_code=run_code),
        scratch=scratch,
    )


def _kind(kind: str | type) -> AssetKind:
    kinds = [found for protocol in (kind, *BUILT_IN_KINDS) if (found := kind_of(protocol))]
    return next(found for found in kinds if kind in (found.name, found.protocol))
