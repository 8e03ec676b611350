"""First-party probes of robustness: how a model answers to an opponent."""

from __future__ import annotations

from collections.abc import Iterable

from lepton_audit import Probe, hookimpl
from lepton_robustness.evasion.look import evasion


@hookimpl
def lepton_probes() -> Iterable[Probe]:
    """Every probe of this package."""
    return (evasion,)
