"""What plugins declare, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lepton_audit.declare.kinds import AssetKind
from lepton_audit.declare.opener import Opener
from lepton_audit.declare.probe import Probe
from lepton_audit.facts.fault import Fault
from lepton_audit.registry.sources import source_digest


@dataclass(frozen=True)
class Plugin:
    """A plugin: its entry point's name, its distribution, and where the source of all it declares lies."""

    name: str
    distribution: str
    version: str
    module: str
    sources: tuple[Path, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version})"


@dataclass(frozen=True)
class Declared:
    """All that one plugin declares."""

    plugin: Plugin
    probes: tuple[Probe, ...] = ()
    openers: tuple[Opener, ...] = ()
    kinds: tuple[AssetKind, ...] = ()
    policies: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Registry:
    """Every declaration by name, with its provider; and the faults of the plugins that broke."""

    plugins: tuple[Plugin, ...] = ()
    probes: dict[str, Probe] = field(default_factory=dict)
    openers: dict[str, Opener] = field(default_factory=dict)
    """What an opener claims ("table format csv", "table scheme postgresql") -> the opener."""
    kinds: dict[str, AssetKind] = field(default_factory=dict)
    policy_files: tuple[Path, ...] = ()
    providers: dict[str, Plugin] = field(default_factory=dict)
    """Probe id -> the plugin that brings it."""
    faults: tuple[Fault, ...] = ()

    def provider(self, probe: str) -> str:
        """The plugin that brings the probe, with the digest of its source."""
        plugin = self.providers[probe]
        return f"{plugin.distribution} {plugin.version}, {plugin.name}, source {source_digest(plugin.sources)}"
