"""A fault: something that went wrong beside the findings, kept as a value."""

from __future__ import annotations

from typing import Literal

from lepton_audit.facts.frozen import Frozen


class Fault(Frozen):
    """A broken plugin, an expired or unused waiver or attestation."""

    kind: Literal["plugin", "waiver", "attestation", "store"]
    who: str
    because: str
    next_step: str = ""
    breaks: bool = True
    """The report is incomplete because of it."""
