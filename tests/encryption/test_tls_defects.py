"""encryption.tls: each planted defect is found, and the clean twin has none of them."""

from __future__ import annotations

import base64
import socket

import pytest
from cryptography import x509

CLEAN_SUITES = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
}  # fmt: skip
OAKLEY_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F"
    "14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
"""A group of 1024 bits. Source: RFC 2409, section 6.2."""


def test_a_hardened_server_is_cleared(servers, pki, visit):
    with servers.listening(servers.speaking(servers.context(pki.server()))) as port:
        seen = visit(port, ca=pki.ca)
    assert seen.doubts == ()
    assert (seen.encrypted, seen.plain_http, seen.protocols) == (True, False, ("TLSv1.2", "TLSv1.3"))
    assert set(seen.cipher_suites) == CLEAN_SUITES
    assert (seen.weak_cipher_suites, seen.cbc_cipher_suites, seen.forward_secrecy) == ((), (), True)
    assert (seen.compression, seen.secure_renegotiation, seen.extended_master_secret) == (False, True, True)
    assert (seen.client_authentication, seen.dh_groups) == ("none", ())
    shown = seen.certificate
    assert (shown.trusted, shown.host_matches, shown.self_signed, shown.chain_length) == (True, True, False, 1)
    assert (shown.key_type, shown.key_bits, shown.security_bits, shown.signature_hash) == ("EC", 256, 128, "sha256")
    assert 89 < shown.days_left < 90


def dh_file(pki):
    """Parameters in PKCS #3, by hand: pyca is leaving finite fields."""
    prime = b"\x02\x81\x81\x00" + OAKLEY_2.to_bytes(128, "big")
    der = b"\x30\x81\x87" + prime + b"\x02\x01\x02"
    path = pki.folder / "dh.pem"
    path.write_bytes(b"-----BEGIN DH PARAMETERS-----\n" + base64.encodebytes(der) + b"-----END DH PARAMETERS-----\n")
    return path


def with_dh(made, path):
    made.load_dh_params(path)
    return made


def python(**options):
    """A server of Python's OpenSSL, with a defect in its configuration."""
    return lambda s, pki: s.speaking(s.context(pki.server(s.rsa_key()), **options))


def with_certificate(own=lambda s: s.ec_key(), **options):
    return lambda s, pki: s.speaking(s.context(pki.server(own(s), **options)))


def raw(version, suite, **flight):
    """A server that no OpenSSL of today will be: what it would answer, byte for byte."""
    return lambda s, _: s.old_server(version, (suite,), **flight)


def sslv2(s, pki):
    hello = b"\x04\x00\x01\x00\x02\x00\x00\x00\x03\x00\x10" + b"\x01\x00\x80" + bytes(16)
    record = (0x8000 | len(hello)).to_bytes(2, "big") + hello
    return s.gate(s.speaking(s.context(pki.server())), shut=lambda asked: record if asked.version == "SSLv2" else None)


def two_certificates(s, pki):
    return s.speaking(s.context(pki.server(), pki.server(s.rsa_key(1024)), ciphers="ECDHE+AESGCM"))


def beside_plain_http(s, pki):
    secured = s.speaking(s.context(pki.server()))

    def talk(connection):
        if connection.recv(4, socket.MSG_PEEK) == b"HEAD":
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            secured(connection)

    return talk


def weak_intermediate(s, pki):
    middle_key = s.rsa_key(1024)
    middle = pki.certificate(middle_key, subject="middle", ca=True, san=None)
    leaf = pki.certificate(s.ec_key(), signed_by=(middle, middle_key))
    return s.speaking(s.context(pki.files(s.ec_key(), leaf, middle)))


def missing_intermediate(s, pki):
    middle_key = s.ec_key(5)
    middle = pki.certificate(middle_key, subject="middle", ca=True, san=None)
    return s.speaking(s.context(pki.files(s.ec_key(), pki.certificate(s.ec_key(), signed_by=(middle, middle_key)))))


def self_signed(s, pki):
    own = s.ec_key()
    return s.speaking(s.context(pki.files(own, pki.certificate(own, signed_by=(None, own)))))


def foreign_authority(s, pki):
    stranger = pki.certificate(s.ec_key(9), subject="root", signed_by=(None, s.ec_key(9)), ca=True, san=None)
    return s.speaking(s.context(pki.server(signed_by=(stranger, s.ec_key(9)))))


def common_name_only(s, pki):
    return s.speaking(s.context(pki.server(subject="127.0.0.1", san=None)))


DEFECTS = {
    "SSLv2": (sslv2, lambda e: "SSLv2" in e.protocols and "SSL_CK_RC4_128_WITH_MD5" in e.weak_cipher_suites),
    "SSLv3": (raw("SSLv3", 0x002F), lambda e: e.protocols == ("SSLv3",)),
    "TLSv1": (python(versions=("TLSv1", "TLSv1_2"), ciphers="ECDHE"), lambda e: e.protocols == ("TLSv1", "TLSv1.1", "TLSv1.2")),
    "TLSv1.1": (python(versions=("TLSv1_1", "TLSv1_3"), ciphers="ECDHE"), lambda e: e.protocols[0] == "TLSv1.1"),
    "null": (python(ciphers="eNULL+kRSA:AESGCM"), lambda e: "TLS_RSA_WITH_NULL_SHA256" in e.weak_cipher_suites),
    "anonymous": (python(ciphers="ECDHE+AESGCM:AECDH"), lambda e: "TLS_ECDH_anon_WITH_AES_256_CBC_SHA" in e.weak_cipher_suites),
    "rc4": (raw("TLSv1.2", 0xC011), lambda e: e.weak_cipher_suites == ("TLS_ECDHE_RSA_WITH_RC4_128_SHA",)),
    "export": (raw("TLSv1", 0x0014), lambda e: e.weak_cipher_suites == ("TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",)),
    "des": (raw("TLSv1", 0x0009), lambda e: e.weak_cipher_suites == ("TLS_RSA_WITH_DES_CBC_SHA",)),
    "3des": (raw("TLSv1.2", 0xC012), lambda e: e.weak_cipher_suites == ("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",)),
    "md5": (raw("TLSv1", 0x0004), lambda e: {w.because for w in e.weaknesses} == {"RC4", "MD5"}),
    "idea": (raw("TLSv1", 0x0007), lambda e: e.weak_cipher_suites == ("TLS_RSA_WITH_IDEA_CBC_SHA",)),
    "export 1024": (raw("TLSv1", 0x0064), lambda e: len(e.weak_cipher_suites) == 1),
    "cbc": (python(ciphers="ECDHE+AES"), lambda e: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" in e.cbc_cipher_suites),
    "no forward secrecy": (python(ciphers="AES128-GCM-SHA256:ECDHE+AESGCM"), lambda e: e.forward_secrecy is False),
    "small group": (
        lambda s, pki: s.speaking(with_dh(s.context(pki.server(s.rsa_key()), ciphers="DHE+AESGCM"), dh_file(pki))),
        lambda e: [group.bits for group in e.dh_groups] == [1024] and e.weakest_key_exchange_bits == 80,
    ),
    "compression": (raw("TLSv1.2", 0xC02F, compression=1), lambda e: e.compression is True),
    "no secure renegotiation": (raw("TLSv1.2", 0xC02F), lambda e: e.secure_renegotiation is False),
    "no extended master secret": (raw("TLSv1.2", 0xC02F), lambda e: e.extended_master_secret is False),
    "expired": (with_certificate(days=(-90, -1)), lambda e: e.certificate.days_left < 0 and e.certificate.trusted is False),
    "not yet valid": (with_certificate(days=(2, 90)), lambda e: e.certificate.trusted is False),
    "another host": (with_certificate(san=("localhost", "10.0.0.1")), lambda e: e.certificate.host_matches is False),
    "common name only": (common_name_only, lambda e: e.certificate.host_matches is False),
    "self-signed": (self_signed, lambda e: e.certificate.self_signed and e.certificate.trusted is False),
    "foreign authority": (foreign_authority, lambda e: e.certificate.trusted is False and not e.certificate.self_signed),
    "missing intermediate": (missing_intermediate, lambda e: e.certificate.trusted is False),
    "rsa 1024": (with_certificate(lambda s: s.rsa_key(1024)), lambda e: (e.certificate.key_bits, e.certificate.security_bits) == (1024, 80)),
    "weak intermediate": (weak_intermediate, lambda e: e.certificate.chain_security_bits == 80 and e.certificate.security_bits == 128),
    "a weak second certificate": (two_certificates, lambda e: e.certificate.key_bits == 1024 and len(e.certificates) == 2),
    "must staple, doesn't": (
        with_certificate(extra=x509.TLSFeature([x509.TLSFeatureType.status_request])),
        lambda e: e.certificate.must_staple and not e.certificate.stapled,
    ),
    "plain http beside tls": (beside_plain_http, lambda e: e.encrypted is False and e.plain_http),
}  # fmt: skip


@pytest.mark.parametrize(("server", "found"), DEFECTS.values(), ids=DEFECTS)
def test_a_planted_defect_is_found_and_the_clean_twin_does_not_have_it(servers, pki, visit, server, found):
    with servers.listening(server(servers, pki)) as port:
        seen = visit(port, ca=pki.ca)
    assert found(seen), seen
    with servers.listening(servers.speaking(servers.context(pki.server()))) as port:
        assert not found(visit(port, ca=pki.ca))
