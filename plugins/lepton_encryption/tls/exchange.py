"""How strong the groups are in which a server exchanged keys."""

from __future__ import annotations

from collections.abc import Iterable

from lepton_encryption.tls.ask import Chosen
from lepton_encryption.tls.certificates import strength
from lepton_encryption.tls.evidence import Certificate
from lepton_encryption.tls.hello import TLS13
from lepton_encryption.tls.shown import dh_groups
from lepton_encryption.tls.suites import suite_name
from lepton_encryption.tls.wire import SERVER_KEY_EXCHANGE, Malformed, Reader

GROUPS = {
    **dict.fromkeys((1, 2, 3, 15, 16, 17), 80), **dict.fromkeys((4, 5, 18, 19), 96), **dict.fromkeys((6, 7, 8, 20, 21), 112),
    **dict.fromkeys((9, 10, 22, 23, 26, 29, 31, 34, 35, 36, 41, 0x0200, 0x11EC, 0x11EB), 128),
    **dict.fromkeys((11, 12, 24, 27, 32, 0x0201, 0x11ED), 192), **dict.fromkeys((13, 14, 25, 28, 33, 0x0202), 256), 30: 224,
    256: strength(2048), 257: strength(3072), 258: strength(4096), 259: strength(6144), 260: strength(8192),
}  # fmt: skip
"""Bits of security by code; of a group that isn't here, none. Source: IANA TLS Supported Groups; NIST SP 800-57 Part 1 Rev. 5, table 2."""
NAMED_CURVE = 3


def exchange_bits(flights: Iterable[Chosen], certificates: Iterable[Certificate]) -> int | None:
    """The weakest group that was used; without any, the weakest key that secrets were sent to."""
    seen = tuple(flights)
    found = [strength(group.bits) for group in dh_groups(seen)]
    found += [bits for chosen in seen for bits in _elliptic(chosen)]
    return min(found or [one.security_bits for one in certificates], default=None)


def _elliptic(chosen: Chosen) -> list[int]:
    """Source: RFC 8446, section 4.2.8; RFC 8422, section 5.4."""
    if chosen.hello.version == TLS13:
        share = chosen.hello.extensions.get(51)
        return [GROUPS.get(int.from_bytes(share[:2], "big"), 0)] if share else []
    exchange = suite_name(chosen.hello.suite).partition("_WITH_")[0]
    if "PSK" in exchange or not ("_ECDHE_" in exchange + "_" or "_ECDH_anon" in exchange):
        return []
    return [_named(message.body) for message in chosen.flight if message.kind == SERVER_KEY_EXCHANGE]


def _named(body: bytes) -> int:
    """Zero for a curve that has no name."""
    try:
        reader = Reader(body)
        return GROUPS.get(reader.number(2), 0) if reader.number(1) == NAMED_CURVE else 0
    except Malformed:
        return 0
