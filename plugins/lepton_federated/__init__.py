"""First-party probes of federated learning."""

from __future__ import annotations

from collections.abc import Iterable

from lepton_audit import Probe, hookimpl


@hookimpl
def lepton_probes() -> Iterable[Probe]:
    """Every probe of this package."""
    from lepton_federated.setup import setup

    return (setup,)
