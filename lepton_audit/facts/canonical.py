"""One value, one digest: SHA-256 over canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import rfc8785

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def digest(value: object) -> str:
    """Hexadecimal SHA-256 of the value's canonical JSON.

    Raises: rfc8785.CanonicalizationError for NaN, infinities, or integers beyond 2**53.
    Source: RFC 8785, JSON Canonicalization Scheme.
    """
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()  # type: ignore[arg-type]  # its own Json type is closed
