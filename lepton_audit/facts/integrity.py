"""A sealed report: changing one character of it shows."""

from __future__ import annotations

import hmac

from lepton_audit.facts.canonical import digest
from lepton_audit.facts.report import Integrity, Report


def sealed(report: Report) -> Report:
    """The same report with its integrity block filled in; a block that was there is replaced.

    Raises: rfc8785.CanonicalizationError if a value has no canonical form (an integer beyond 2**53).
    Source: RFC 8785, JSON Canonicalization Scheme.
    """
    return report.model_copy(update={"integrity": Integrity(report=content_digest(report))})


def is_intact(report: Report) -> bool:
    """Whether the report is sealed, and says what it said when it was."""
    return report.integrity is not None and hmac.compare_digest(report.integrity.report, content_digest(report))


def content_digest(report: Report) -> str:
    """SHA-256 over the canonical JSON of the report without its integrity block."""
    return digest(report.model_dump(mode="json", by_alias=True, exclude={"integrity"}))
