"""The software that looks: what may change evidence although target and policy stay the same."""

from __future__ import annotations

import os
import platform
from importlib.metadata import distributions
from pathlib import Path

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
    """Names the interpreter, the platform, the locale, every installed distribution, and the source of every plugin and of ourselves."""
    installed = sorted({(str(dist.metadata["Name"]).lower(), dist.version) for dist in distributions()})
    plugins = [(str(plugin), source_digest(plugin.sources)) for plugin in registry.plugins]
    own = source_digest((Path(lepton_audit.__file__).parent,))
    locale = sorted(
        (name, value) for name, value in os.environ.items() if name in ("LANG", "TZ") or name.startswith("LC_")
    )
    said = {
        "tool": tool().model_dump(mode="json"),
        "installed": installed,
        "plugins": plugins,
        "own": own,
        "locale": locale,
    }
    return digest(said)
