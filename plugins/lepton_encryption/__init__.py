"""First-party probes of encryption: in transit and at rest."""

from __future__ import annotations

from collections.abc import Iterable

from lepton_audit import Probe, hookimpl


@hookimpl
def lepton_probes() -> Iterable[Probe]:
    """Every probe of this package."""
    from lepton_encryption.at_rest.probe import at_rest
    from lepton_encryption.tls.probe import tls

    return (at_rest, tls)
