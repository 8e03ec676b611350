"""Openers, to come."""

from __future__ import annotations

from lepton_audit import Opener

OPENERS: tuple[Opener, ...] = ()
