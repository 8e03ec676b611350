"""How `flwr` connects to a SuperLink: the connections of pyproject.toml and of Flower's config.toml.

Source: Flower 1.41, ``[tool.flwr.federations.NAME]`` of pyproject.toml, ``[superlink.NAME]`` of config.toml.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lepton_federated.project import Project


@dataclass(frozen=True)
class Connection:
    """One connection to a SuperLink over the network."""

    where: str
    insecure: bool


def connections(project: Project) -> Iterator[Connection]:
    """Every connection that has an address; a simulation has none."""
    for name, settings in project.settings.items():
        for title, entries in _tables(settings):
            for key, entry in entries.items():
                if isinstance(entry, dict) and "address" in entry and not str(entry["address"]).startswith(":"):
                    line = project.line_of(name, f"[{title}.{key}]")
                    yield Connection(f"{name}:{line} [{title}.{key}] insecure", entry.get("insecure") is True)


def _tables(settings: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    federations = table(settings, "tool", "flwr", "federations")
    yield "tool.flwr.federations", federations
    if isinstance(settings.get("superlink"), dict):
        yield "superlink", settings["superlink"]


def table(settings: dict[str, Any], *path: str) -> dict[str, Any]:
    """The table at the path, empty where there is none."""
    found: Any = settings
    for key in path:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
