"""First-party openers: each turns a pinned asset into a live object, in the child process only."""

from __future__ import annotations

from collections.abc import Iterable

from lepton_audit import Opener, hookimpl
from lepton_openers import at_rest, endpoints, federations, ledgers, models, tables


@hookimpl
def lepton_openers() -> Iterable[Opener]:
    """Every opener of this package."""
    modules = (at_rest, endpoints, federations, ledgers, models, tables)
    return [opener for module in modules for opener in module.OPENERS]
