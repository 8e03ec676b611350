"""What a certificate says of itself."""

from __future__ import annotations

import hashlib
import ipaddress
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

WEAKEST_HASHES = ("md2", "md4", "md5", "sha1", "sha224")
"""From the weakest; any other is stronger."""
INTRINSIC = {"1.3.101.112": "sha512", "1.3.101.113": "shake256"}
"""Hash that Ed25519 and Ed448 use inside. Source: RFC 8032, sections 5.1 and 5.2."""


@dataclass(frozen=True)
class Chain:
    """The certificates that a server showed, its own first, in DER."""

    ders: tuple[bytes, ...]

    def parsed(self) -> list[x509.Certificate]:
        """Raises: ValueError for what is no certificate."""
        from cryptography import x509

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd serial numbers and the like aren't what we look for
            return [x509.load_der_x509_certificate(der) for der in self.ders]


@dataclass(frozen=True)
class PublicKey:
    """Kind, size and strength of a public key."""

    type: str
    bits: int
    security_bits: int


def public_key(certificate: x509.Certificate) -> PublicKey:
    """Source of the strengths: NIST SP 800-57 Part 1 Rev. 5, table 2. Raises: ValueError for a kind of key we don't know."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return PublicKey("RSA" if isinstance(key, rsa.RSAPublicKey) else "DSA", key.key_size, strength(key.key_size))
    if isinstance(key, ec.EllipticCurvePublicKey):
        return PublicKey("EC", key.key_size, min(key.key_size // 2, 256))
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey("Ed25519", 255, 128)
    if isinstance(key, ed448.Ed448PublicKey):
        return PublicKey("Ed448", 448, 224)
    raise ValueError(type(key).__name__)


def strength(modulus_bits: int) -> int:
    """Bits of security of RSA, DSA and finite-field Diffie-Hellman. Source: NIST SP 800-57 Part 1 Rev. 5, table 2."""
    table = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))
    return next((security for bits, security in table if modulus_bits >= bits), 0)


def signature_hash(certificate: x509.Certificate) -> str:
    """Name of the hash, or the signature algorithm's OID where the library knows none."""
    from cryptography.exceptions import UnsupportedAlgorithm

    oid = certificate.signature_algorithm_oid.dotted_string
    try:
        found = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return oid
    return found.name if found is not None else INTRINSIC.get(oid, oid)


def hash_rank(name: str) -> int:
    """Smaller is weaker; an unknown one is weakest of all."""
    if name[:1].isdigit():
        return -1
    return WEAKEST_HASHES.index(name) if name in WEAKEST_HASHES else len(WEAKEST_HASHES)


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Its own key signed it."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if certificate.issuer != certificate.subject:
        return False
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    except UnsupportedAlgorithm:
        return True
    return True


def matches(certificate: x509.Certificate, server_name: str) -> bool:
    """The name, or the IP address, stands among the certificate's subject alternative names; its common name is not asked.

    Source: RFC 9525, section 6: a wildcard is the whole left-most label and covers exactly one.
    """
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    address = _address(server_name)
    if address is not None:
        return address in names.get_values_for_type(x509.IPAddress)
    wanted = _ascii(server_name)
    return any(
        _name_matches(pattern.lower().rstrip("."), wanted) for pattern in names.get_values_for_type(x509.DNSName)
    )


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _ascii(name: str) -> str:
    try:
        return name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return name.lower()


def _name_matches(pattern: str, wanted: str) -> bool:
    if not pattern.startswith("*."):
        return pattern == wanted
    head, _, tail = wanted.partition(".")
    return bool(head) and tail == pattern[2:] and "." in tail


def days_left(certificate: x509.Certificate, now: datetime | None = None) -> float:
    """Days until it expires; negative afterwards."""
    return (certificate.not_valid_after_utc - (now or datetime.now(UTC))).total_seconds() / 86400


def must_staple(certificate: x509.Certificate) -> bool:
    """It demands a stapled OCSP answer. Source: RFC 7633."""
    from cryptography import x509

    try:
        features = certificate.extensions.get_extension_for_class(x509.TLSFeature).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return x509.TLSFeatureType.status_request in features


def fingerprint(der: bytes) -> str:
    """SHA-256 of the certificate, hexadecimal."""
    return hashlib.sha256(der).hexdigest()
