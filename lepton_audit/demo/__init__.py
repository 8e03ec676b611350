"""The reference system that `lepton-audit demo` builds in a scratch folder, starts, audits and stops.

``published`` has the flaws of the published design that the probes can see (`FLAWS`); ``hardened`` is its twin, which has none.
Names are loaded when they are first used, so that importing this package stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lepton_audit.demo.flaws import FLAWS, OUT_OF_SIGHT, Flaw
    from lepton_audit.demo.services import NotStarted, running
    from lepton_audit.demo.system import POLICIES, STATES, State, build

_HOME_OF = {
    "FLAWS": "flaws",
    "OUT_OF_SIGHT": "flaws",
    "Flaw": "flaws",
    "NotStarted": "services",
    "POLICIES": "system",
    "STATES": "system",
    "State": "system",
    "build": "system",
    "running": "services",
}

__all__ = ["FLAWS", "OUT_OF_SIGHT", "POLICIES", "STATES", "Flaw", "NotStarted", "State", "build", "running"]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'lepton_audit.demo' has no attribute {name!r}")
    return getattr(import_module(f"lepton_audit.demo.{_HOME_OF[name]}"), name)
