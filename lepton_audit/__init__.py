"""lepton-audit: a policy-driven compliance audit for AI systems.

What a plugin may import is in ``__all__``; names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lepton_audit.auditing import audit
    from lepton_audit.declare.assets import (
        Access,
        Artifact,
        ArtifactOptions,
        Endpoint,
        EndpointOptions,
        Feature,
        Federation,
        FederationOptions,
        Key,
        KeyOptions,
        Ledger,
        LedgerOptions,
        Model,
        ModelOptions,
        Release,
        Role,
        Table,
        TableOptions,
    )
    from lepton_audit.declare.failures import Forbidden, LookFailed, LookRefused, Unopenable, Unreachable
    from lepton_audit.declare.hooks import hookimpl
    from lepton_audit.declare.kinds import AssetKind, AssetOptions, AssetRef, FilePath, PinnedAsset, asset_kind
    from lepton_audit.declare.opener import Opener, opener
    from lepton_audit.declare.probe import Probe, Seconds, Settings, Sharper, probe
    from lepton_audit.facts.evidence import Doubt, Evidence, EvidencePart, measure, part
    from lepton_audit.facts.frozen import Frozen
    from lepton_audit.facts.look import Effort
    from lepton_audit.facts.quantities import Bounded, Count, Estimate, Number, Ratio
    from lepton_audit.facts.report import Report

__version__ = "0.1.0"

_HOMES = {
    "lepton_audit.auditing": "audit",
    "lepton_audit.declare.assets": "Access Artifact ArtifactOptions Endpoint EndpointOptions Feature Federation FederationOptions "
    "Key KeyOptions Ledger LedgerOptions Model ModelOptions Release Role Table TableOptions",
    "lepton_audit.declare.failures": "Forbidden LookFailed LookRefused Unopenable Unreachable",
    "lepton_audit.declare.hooks": "hookimpl",
    "lepton_audit.declare.kinds": "AssetKind AssetOptions AssetRef FilePath PinnedAsset asset_kind",
    "lepton_audit.declare.opener": "Opener opener",
    "lepton_audit.declare.probe": "Probe Seconds Settings Sharper probe",
    "lepton_audit.facts.evidence": "Doubt Evidence EvidencePart measure part",
    "lepton_audit.facts.frozen": "Frozen",
    "lepton_audit.facts.look": "Effort",
    "lepton_audit.facts.quantities": "Bounded Count Estimate Number Ratio",
    "lepton_audit.facts.report": "Report",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Access",
    "Artifact",
    "ArtifactOptions",
    "AssetKind",
    "AssetOptions",
    "AssetRef",
    "Bounded",
    "Count",
    "Doubt",
    "Effort",
    "Endpoint",
    "EndpointOptions",
    "Estimate",
    "Evidence",
    "EvidencePart",
    "Feature",
    "Federation",
    "FederationOptions",
    "FilePath",
    "Forbidden",
    "Frozen",
    "Key",
    "KeyOptions",
    "Ledger",
    "LedgerOptions",
    "LookFailed",
    "LookRefused",
    "Model",
    "ModelOptions",
    "Number",
    "Opener",
    "PinnedAsset",
    "Probe",
    "Ratio",
    "Release",
    "Report",
    "Role",
    "Seconds",
    "Settings",
    "Sharper",
    "Table",
    "TableOptions",
    "Unopenable",
    "Unreachable",
    "asset_kind",
    "audit",
    "hookimpl",
    "measure",
    "opener",
    "part",
    "probe",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'lepton_audit' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
