"""First-party probes of privacy: what a table gives away, and what a ledger of releases has cost."""

from __future__ import annotations

from collections.abc import Iterable

from lepton_audit import Probe, hookimpl
from lepton_privacy.budget import budget
from lepton_privacy.k_anonymity import k_anonymity


@hookimpl
def lepton_probes() -> Iterable[Probe]:
    """Every probe of this package."""
    return (budget, k_anonymity)
