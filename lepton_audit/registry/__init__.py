"""Finds plugins; pluggy lives here and in `declare`."""

from lepton_audit.registry.load import load_registry, merged
from lepton_audit.registry.plugins import Declared, Plugin, Registry
from lepton_audit.registry.sources import source_digest

__all__ = ["Declared", "Plugin", "Registry", "load_registry", "merged", "source_digest"]
