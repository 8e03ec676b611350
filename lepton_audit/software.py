"""The software that looks: what may change evidence although target and policy stay the same."""

from __future__ import annotations

import platform
from importlib.metadata import distributions

import lepton_audit
from lepton_audit.facts.canonical import digest
from lepton_audit.facts.report import Tool
from lepton_audit.registry import Registry, source_digest


def tool() -> Tool:
    """What made the report."""
    return Tool(
        name="lepton-audit",
        version=lepton_audit.__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
    )


def environment(registry: Registry) -> str:
    """Names the interpreter, the platform, every installed distribution, and the source of every plugin."""
    installed = sorted({(str(dist.metadata["Name"]).lower(), dist.version) for dist in distributions()})
    plugins = [(str(plugin), source_digest(plugin.source)) for plugin in registry.plugins]
    return digest({"tool": tool().model_dump(mode="json"), "installed": installed, "plugins": plugins})
