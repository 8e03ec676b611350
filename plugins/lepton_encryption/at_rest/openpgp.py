"""OpenPGP messages, parsed packet by packet: a looser look would take one random file in fifty for one.

Source: RFC 9580, sections 4.2, 5.1, 5.3, 5.7, 5.13; draft-koch-librepgp (packet 20).
"""

from __future__ import annotations

from lepton_encryption.at_rest.evidence import Verdict
from lepton_encryption.at_rest.sample import Sample

SESSION_KEYS = {1: (2, 3, 6), 3: (4, 5, 6)}
"""Packets that carry a session key -> the versions that exist."""
ENCRYPTED, PROTECTED, OCB = 9, 18, 20


def openpgp(sample: Sample) -> Verdict | None:
    """A verdict for one or more session keys followed by encrypted data; ``None`` for all else."""
    at, keys = 0, 0
    while (packet := _packet(sample.head, at)) is not None:
        tag, start, length = packet
        if tag in SESSION_KEYS:
            if length is None or sample.head[start : start + 1] not in [bytes([v]) for v in SESSION_KEYS[tag]]:
                return None
            at, keys = start + length, keys + 1
            continue
        return _data(sample, tag, start, length) if keys else None
    return None


def _data(sample: Sample, tag: int, start: int, length: int | None) -> Verdict | None:
    if length is not None and start + length != sample.size:
        return None
    version = sample.head[start : start + 1]
    if tag == ENCRYPTED:
        return Verdict(
            "refuted", "OpenPGP data without integrity protection (RFC 9580, section 5.7): changes go unseen"
        )
    if (tag == PROTECTED and version in (b"\x01", b"\x02")) or (tag == OCB and version == b"\x01"):
        return Verdict("undetermined", "OpenPGP message: without its key nothing shows that what follows is authentic")
    return None


def _packet(data: bytes, at: int) -> tuple[int, int, int | None] | None:
    """Tag, start and length of the body; no length for a body that comes in parts."""
    if at + 6 > len(data) or not data[at] & 0x80:
        return None
    if data[at] & 0x40:
        return data[at] & 0x3F, *_new_length(data, at + 1)
    kind = data[at] & 3
    if kind == 3:  # noqa: PLR2004  # indeterminate length
        return (data[at] >> 2) & 0xF, at + 1, None
    width = 1 << kind
    return (data[at] >> 2) & 0xF, at + 1 + width, int.from_bytes(data[at + 1 : at + 1 + width], "big")


def _new_length(data: bytes, at: int) -> tuple[int, int | None]:
    """Source: RFC 9580, section 4.2.1."""
    first = data[at]
    if first < 192:  # noqa: PLR2004  # one octet
        return at + 1, first
    if first < 224:  # noqa: PLR2004  # two octets
        return at + 2, ((first - 192) << 8) + data[at + 1] + 192
    if first < 255:  # noqa: PLR2004  # a part
        return at + 1, None
    return at + 5, int.from_bytes(data[at + 1 : at + 5], "big")
