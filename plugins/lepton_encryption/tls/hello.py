"""ClientHello messages in the exact form we want, from SSL 3.0 to TLS 1.3, and the one of SSL 2.0.

Source: RFC 6101, RFC 2246, RFC 4346, RFC 5246, RFC 8446, RFC 6066; draft-hickman-netscape-ssl-00.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SSL2, SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
NAMES = {SSL2: "SSLv2", SSL3: "SSLv3", TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
Shape = Literal["full", "plain"]
"""``plain`` carries hardly any extension: some old servers can't read the full one."""

_ELLIPTIC = (29, 23, 24, 25, 30, 31, 32, 33, 26, 27, 28, 22, 21, 19, 20, 18, 17, 16, 15, *range(1, 15), 41, 34, 35, 36)
_FINITE = (256, 257, 258, 259, 260)
_HYBRID = (0x11EC, 0x11EB, 0x11ED, 0x0200, 0x0201, 0x0202)
RSA_SIGNATURES = (0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601, 0x0301, 0x0201, 0x0101)
EC_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x081A, 0x081B, 0x081C, 0x0708, 0x0303, 0x0203)
EDWARDS_SIGNATURES = (0x0807, 0x0808)
_DSA_SIGNATURES = (0x0402, 0x0502, 0x0602, 0x0302, 0x0202)
ALL_SIGNATURES = EC_SIGNATURES + EDWARDS_SIGNATURES + RSA_SIGNATURES + _DSA_SIGNATURES


@dataclass(frozen=True)
class Hello:
    """What a client offers: one highest version, and the suites in its order of liking."""

    version: int
    suites: tuple[int, ...]
    server_name: str
    shape: Shape = "full"
    signatures: tuple[int, ...] = ALL_SIGNATURES
    older: tuple[int, ...] = ()
    """With TLS 1.3: versions that are welcome too."""
    shares: Mapping[int, bytes] = field(default_factory=dict)
    """With TLS 1.3: group -> our public key."""

    def message(self) -> bytes:
        """The handshake message, without the record around it."""
        session = os.urandom(32) if self.version == TLS13 else b""  # RFC 8446, appendix D.4
        compression = b"\x00" if self.version == TLS13 else b"\x01\x00"
        suites = self.suites if self.shape == "full" else (*self.suites, 0x00FF)  # RFC 5746, section 3.3
        body = (
            _two(min(self.version, TLS12))
            + os.urandom(32)
            + _vector(session, 1)
            + _vector(_words(suites), 2)
            + _vector(compression, 1)
            + self._extensions()
        )
        return b"\x01" + _vector(body, 3)

    def record(self) -> bytes:
        """What goes on the wire."""
        return b"\x16" + _two(min(self.version, TLS10)) + _vector(self.message(), 2)

    def _extensions(self) -> bytes:
        if self.version == SSL3 and self.shape == "plain":
            return b""
        listed = [_server_name(self.server_name)]
        if self.version == TLS13 or self.shape == "full":
            listed += self._groups_and_signatures()
        if self.shape == "full":
            listed += [_extension(5, b"\x01\x00\x00\x00\x00"), _extension(23, b""), _extension(0xFF01, b"\x00")]
        if self.version == TLS13:
            listed += self._of_tls13()
        joined = b"".join(listed)
        return _vector(joined, 2) if joined else b""

    def _groups_and_signatures(self) -> list[bytes]:
        # Without finite-field groups an old server shows the Diffie-Hellman group that it has. Source: RFC 7919, section 4.
        groups = (*_ELLIPTIC, *_HYBRID, *_FINITE) if self.version == TLS13 and not self.older else _ELLIPTIC
        listed = [_extension(10, _vector(_words(groups), 2)), _extension(11, b"\x01\x00")]
        if self.version >= TLS12:
            listed.append(_extension(13, _vector(_words(self.signatures), 2)))
        return listed

    def _of_tls13(self) -> list[bytes]:
        shares = b"".join(_two(group) + _vector(public, 2) for group, public in self.shares.items())
        return [
            _extension(43, _vector(_words((TLS13, *self.older)), 1)),
            _extension(45, b"\x01\x01"),
            _extension(51, _vector(shares, 2)),
        ]


def ssl2_hello(suites: tuple[int, ...]) -> bytes:
    """A CLIENT-HELLO of SSL 2.0, with its own record header."""
    ciphers = b"".join(code.to_bytes(3, "big") for code in suites)
    body = b"\x01" + _two(SSL2) + _two(len(ciphers)) + _two(0) + _two(16) + ciphers + os.urandom(16)
    return _two(0x8000 | len(body)) + body


def sent_name(server_name: str) -> bytes | None:
    """The name as SNI carries it; ``None`` for an IP address. Source: RFC 6066, section 3."""
    try:
        ipaddress.ip_address(server_name)
    except ValueError:
        pass
    else:
        return None
    try:
        return server_name.rstrip(".").encode("idna") or None
    except UnicodeError:
        return None


def _server_name(name: str) -> bytes:
    encoded = sent_name(name)
    return _extension(0, _vector(b"\x00" + _vector(encoded, 2), 2)) if encoded else b""


def _extension(kind: int, body: bytes) -> bytes:
    return _two(kind) + _vector(body, 2)


def _two(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _words(numbers: tuple[int, ...]) -> bytes:
    return b"".join(map(_two, numbers))


def _vector(body: bytes, width: int) -> bytes:
    return len(body).to_bytes(width, "big") + body
