"""The hooks of a plugin: each returns declarations, and does nothing else.

A plugin is a module (or package) behind an entry point of the group ``lepton_audit`` that implements any of these with `hookimpl`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pluggy

from lepton_audit.declare.kinds import AssetKind
from lepton_audit.declare.opener import Opener
from lepton_audit.declare.probe import Probe

GROUP = "lepton_audit"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def lepton_probes() -> Iterable[Probe]:
    """The probes that the plugin brings."""
    return ()


@hookspec
def lepton_openers() -> Iterable[Opener]:
    """The openers that the plugin brings."""
    return ()


@hookspec
def lepton_asset_kinds() -> Iterable[AssetKind | type]:
    """The asset kinds that the plugin brings: protocol classes marked with `asset_kind`."""
    return ()


@hookspec
def lepton_policies() -> Iterable[Path]:
    """The policy files that the plugin brings."""
    return ()
