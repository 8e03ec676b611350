"""What `encryption.tls` testifies."""

from __future__ import annotations

from typing import Literal

from lepton_audit import Count, Evidence, EvidencePart, Number, measure, part

ClientAuthentication = Literal["required", "requested", "none"]


class Certificate(EvidencePart):
    """One certificate that the server showed, or the weakest of all in each field."""

    trusted: bool | None = measure(
        "The chain leads to the declared authority (the system's where none is declared), and is in its time.",
        unit="boolean",
        strength="proven",
    )
    verification: str = measure("What OpenSSL said of the chain.", unit="text", strength="proven")
    host_matches: bool = measure(
        "The expected name or IP address stands among the subject alternative names.", unit="boolean", strength="proven"
    )
    days_left: Number | None = measure(
        "Days until the first certificate of the chain expires, its anchor included; negative afterwards.",
        unit="days",
        strength="proven",
        volatile=True,
    )
    not_before: str = measure("Start of its time, UTC.", unit="RFC 3339", strength="proven")
    not_after: str = measure("End of its time, UTC.", unit="RFC 3339", strength="proven")
    lifetime_days: Number = measure("Days from start to end of its time.", unit="days", strength="proven")
    key_type: str = measure("RSA, EC, DSA, Ed25519 or Ed448.", unit="name", strength="proven")
    key_bits: Count = measure("Size of the public key.", unit="bits", strength="proven")
    security_bits: Count = measure(
        "Comparable strength of the public key (NIST SP 800-57 Part 1, table 2).", unit="bits", strength="proven"
    )
    chain_security_bits: Count = measure(
        "Smallest comparable strength of all keys in the chain shown, and of the anchor that OpenSSL found.",
        unit="bits",
        strength="proven",
    )
    signature_hash: str = measure(
        "Weakest hash that signs the certificate or an intermediate one.", unit="name", strength="proven"
    )
    self_signed: bool = measure("Signed by its own key.", unit="boolean", strength="proven")
    chain_length: Count = measure("Certificates shown.", unit="certificates", strength="proven")
    must_staple: bool = measure("Demands a stapled OCSP answer (RFC 7633).", unit="boolean", strength="proven")
    stapled: bool = measure("An OCSP answer came with it.", unit="boolean", strength="proven")
    sha256: str = measure("Fingerprint; of several, all joined by commas.", unit="hexadecimal", strength="proven")


class ProtocolSuites(EvidencePart):
    """What was agreed on in one protocol version."""

    protocol: str = measure("Protocol version.", unit="name", strength="proven")
    cipher_suites: tuple[str, ...] = measure("Suites agreed on in it.", unit="IANA name", strength="proven")


class WeakSuite(EvidencePart):
    """Why a suite is weak, and who says so."""

    suite: str = measure("The suite.", unit="IANA name", strength="proven")
    because: str = measure("What is weak about it.", unit="text", strength="proven")
    source: str = measure("Who says so.", unit="citation", strength="proven")


class DhGroup(EvidencePart):
    """A finite-field Diffie-Hellman group that the server used."""

    bits: Count = measure("Size of its prime.", unit="bits", strength="proven")


class TlsEvidence(Evidence):
    """What an endpoint agreed to in real handshakes."""

    encrypted: bool = measure(
        "The port speaks TLS, and doesn't serve plain HTTP beside it.", unit="boolean", strength="proven"
    )
    plain_http: bool | None = measure(
        "The port serves unencrypted HTTP requests; null where a plain request got no answer.",
        unit="boolean",
        strength="tested",
    )
    protocols: tuple[str, ...] | None = measure(
        "Protocol versions that the server agreed to: SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3.",
        unit="name",
        strength="tested",
    )
    cipher_suites: tuple[str, ...] | None = measure(
        "Cipher suites that it agreed to, in any version.", unit="IANA name", strength="tested"
    )
    by_protocol: tuple[ProtocolSuites, ...] = part("Cipher suites by protocol version.")
    weak_cipher_suites: tuple[str, ...] | None = measure(
        "Agreed suites with NULL, EXPORT, anonymous, RC4, DES, 3DES, other 64-bit blocks, or MD5.",
        unit="IANA name",
        strength="tested",
    )
    weaknesses: tuple[WeakSuite, ...] = part("Each weak suite with the reason and its source.")
    cbc_cipher_suites: tuple[str, ...] | None = measure(
        "Agreed suites that MAC, then encrypt in CBC mode (RFC 7457, section 2.4).", unit="IANA name", strength="tested"
    )
    forward_secrecy: bool | None = measure(
        "Every agreed suite makes its keys ephemerally.", unit="boolean", strength="tested"
    )
    dh_groups: tuple[DhGroup, ...] = part("Finite-field Diffie-Hellman groups shown, smallest first.")
    weakest_key_exchange_bits: Count | None = measure(
        "Smallest comparable strength of all groups in which keys were exchanged; of the certificates' keys where none was ephemeral.",
        unit="bits",
        strength="tested",
    )
    compression: bool | None = measure(
        "TLS compression was agreed on (CRIME; RFC 9325, section 3.3).", unit="boolean", strength="tested"
    )
    secure_renegotiation: bool | None = measure(
        "Every agreement before TLS 1.3 carried renegotiation_info (RFC 5746).", unit="boolean", strength="tested"
    )
    extended_master_secret: bool | None = measure(
        "Every agreement before TLS 1.3 carried extended_master_secret (RFC 7627).", unit="boolean", strength="tested"
    )
    client_authentication: ClientAuthentication | None = measure(
        "What is demanded of a client in the most lenient agreement.", unit="name", strength="tested"
    )
    certificate: Certificate | None = part("The weakest of all certificates shown, field by field.")
    certificates: tuple[Certificate, ...] = part("Every certificate shown, by fingerprint.")
    handshakes: Count = measure("Handshakes that were made.", unit="handshakes", strength="proven", volatile=True)
