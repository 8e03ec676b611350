"""Just enough of TLS 1.3's key schedule to read a server's encrypted first flight.

Source: RFC 8446, sections 7.1-7.3; RFC 5869 (HKDF).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lepton_encryption.tls.wire import Malformed, Reader, Record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

CIPHERS = {0x1301: ("aes", 16, "sha256"), 0x1302: ("aes", 32, "sha384"), 0x1303: ("chacha", 32, "sha256")}
"""Suite -> cipher, key length in bytes, hash."""


@dataclass(frozen=True)
class Shares:
    """Our key pairs for one look, so that no server needs to ask twice."""

    x25519: X25519PrivateKey
    p256: EllipticCurvePrivateKey
    p384: EllipticCurvePrivateKey

    @cached_property
    def public(self) -> Mapping[int, bytes]:
        """Group -> public key."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        point = (Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            29: self.x25519.public_key().public_bytes_raw(),
            23: self.p256.public_key().public_bytes(*point),
            24: self.p384.public_key().public_bytes(*point),
        }

    def secret(self, group: int, theirs: bytes) -> bytes:
        """The shared secret. Raises: ValueError for a key that is none of the group's, KeyError for a group we sent no key for."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

        if group == 29:  # noqa: PLR2004  # x25519
            return self.x25519.exchange(X25519PublicKey.from_public_bytes(theirs))
        own = {23: self.p256, 24: self.p384}[group]
        return own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(own.curve, theirs))


def new_shares() -> Shares:
    """Fresh key pairs."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return Shares(
        X25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP256R1()),  # type: ignore[arg-type, unused-ignore]
        ec.generate_private_key(ec.SECP384R1()),  # type: ignore[arg-type, unused-ignore]
    )


class Decryption:
    """Opens the server's handshake records in their order."""

    def __init__(self, suite: int, secret: bytes, transcript: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

        cipher, size, hash_name = CIPHERS[suite]
        traffic = _traffic_secret(hash_name, secret, transcript)
        key = _expand(hash_name, traffic, b"key", b"", size)
        self._iv = _expand(hash_name, traffic, b"iv", b"", 12)
        self._cipher = AESGCM(key) if cipher == "aes" else ChaCha20Poly1305(key)
        self._count = 0

    def open(self, record: Record) -> tuple[int, bytes]:
        """Its true content type, and its content. Raises: Malformed for a record that isn't authentic."""
        from cryptography.exceptions import InvalidTag

        nonce = (int.from_bytes(self._iv, "big") ^ self._count).to_bytes(12, "big")
        self._count += 1
        try:
            inner = self._cipher.decrypt(nonce, record.body, record.header).rstrip(b"\x00")
        except InvalidTag:
            raise Malformed from None
        if not inner:
            raise Malformed
        return inner[-1], inner[:-1]


def _traffic_secret(hash_name: str, secret: bytes, transcript: bytes) -> bytes:
    empty, zeros = hashlib.new(hash_name).digest(), bytes(hashlib.new(hash_name).digest_size)
    early = hmac.digest(zeros, zeros, hash_name)
    handshake = hmac.digest(_expand(hash_name, early, b"derived", empty, len(zeros)), secret, hash_name)
    seen = hashlib.new(hash_name, transcript).digest()
    return _expand(hash_name, handshake, b"s hs traffic", seen, len(zeros))


def _expand(hash_name: str, secret: bytes, label: bytes, context: bytes, size: int) -> bytes:
    full = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(full)]) + full + bytes([len(context)]) + context
    return hmac.digest(secret, info + b"\x01", hash_name)[:size]


def their_share(extension: bytes) -> tuple[int, bytes]:
    """Group and public key of a ServerHello's key_share. Raises: Malformed."""
    reader = Reader(extension)
    return reader.number(2), reader.vector(2)
