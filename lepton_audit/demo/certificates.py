"""Certificates of the demo's services: expired and self-signed, or of a private authority."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lepton_audit.demo.vault import write_private

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey


def write_expired(folder: Path, name: str) -> None:
    """``NAME.pem`` and ``NAME.key``: RSA with 1024 bits, self-signed, expired since a month."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # the flaw
    now = datetime.now(UTC)
    builder = _builder("gateway", "gateway", now - timedelta(days=395), now - timedelta(days=30))
    certificate = builder.public_key(key.public_key()).add_extension(_loopback(), critical=False)
    _write(folder, name, certificate.sign(key, hashes.SHA256()), key)


def write_private_ca(folder: Path, *names: str) -> None:
    """``ca.pem`` and, for each name, ``NAME.pem`` and ``NAME.key`` that it signed: ECDSA P-256, valid for 90 days."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    authority, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    _write(folder, "ca", _root(authority, now), None)
    for name in names:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, "lepton demo CA", now - timedelta(minutes=5), now + timedelta(days=90))
        builder = _for_server(builder.public_key(key.public_key()), authority)
        _write(folder, name, builder.sign(authority, hashes.SHA256()), key)


def _root(authority: EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    builder = _builder("lepton demo CA", "lepton demo CA", now - timedelta(minutes=5), now + timedelta(days=365))
    builder = builder.public_key(authority.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    subject = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    return builder.add_extension(subject, critical=False).sign(authority, hashes.SHA256())


def _for_server(builder: x509.CertificateBuilder, authority: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.add_extension(issuer, critical=False).add_extension(_loopback(), critical=False)


def _builder(subject: str, issuer: str, begins: datetime, ends: datetime) -> x509.CertificateBuilder:
    from cryptography import x509

    builder = x509.CertificateBuilder().subject_name(_named(subject)).issuer_name(_named(issuer))
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)


def _named(name: str) -> x509.Name:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _loopback() -> x509.SubjectAlternativeName:
    from cryptography import x509

    return x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write(folder: Path, name: str, certificate: x509.Certificate, key: PrivateKey | None) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    if key is not None:
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(folder / f"{name}.key", plain)
