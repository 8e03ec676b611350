"""encryption.tls against independent truth: OpenSSL's own lists, its own check of names, and real demands for client certificates."""

from __future__ import annotations

import contextlib
import functools
import shutil
import socket
import ssl
import subprocess
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa


def asking(made, pki, mode):
    made.verify_mode = mode
    made.load_verify_locations(pki.ca)
    return made


@pytest.mark.parametrize("versions", [("TLSv1_2", "TLSv1_2"), ("TLSv1_3", "TLSv1_3"), ("TLSv1_2", "TLSv1_3")])
@pytest.mark.parametrize(
    ("mode", "expected"), [(ssl.CERT_NONE, "none"), (ssl.CERT_OPTIONAL, "requested"), (ssl.CERT_REQUIRED, "required")]
)
def test_client_authentication_is_told_apart(servers, pki, visit, versions, mode, expected):
    made = asking(servers.context(pki.server(), versions=versions), pki, mode)
    with servers.listening(servers.speaking(made)) as port:
        seen = visit(port, ca=pki.ca)
    assert seen.client_authentication == expected
    assert seen.certificate.trusted is True
    assert seen.doubts == ()


def test_a_protocol_that_lets_strangers_in_makes_client_authentication_none(servers, pki, visit):
    made = asking(servers.context(pki.server()), pki, ssl.CERT_REQUIRED)
    lax = servers.speaking(servers.context(pki.server(), versions=("TLSv1_2", "TLSv1_2")))

    def talk(connection):
        (lax if servers.peeked(connection).version == "TLSv1.2" else servers.speaking(made))(connection)

    with servers.listening(talk) as port:
        assert visit(port, ca=pki.ca).client_authentication == "none"


def test_an_application_that_may_refuse_after_the_handshake_leaves_it_open(servers, pki, visit):
    made = asking(servers.context(pki.server()), pki, ssl.CERT_OPTIONAL)
    with servers.listening(
        servers.speaking(made, b"HTTP/1.1 400 No required SSL certificate was sent\r\n\r\n")
    ) as port:
        assert visit(port, ca=pki.ca).client_authentication is None


def test_ed25519_and_a_name_with_a_wildcard_are_understood(servers, pki, visit):
    own = ed25519.Ed25519PrivateKey.generate()
    pem = pki.files(own, pki.certificate(own, san=("*.example.org",)))
    with servers.listening(servers.speaking(servers.context(pem))) as port:
        seen = visit(port, ca=pki.ca, server_name="api.example.org").certificate
        assert (seen.key_type, seen.host_matches, seen.trusted, seen.signature_hash) == (
            "Ed25519",
            True,
            True,
            "sha256",
        )
        assert visit(port, ca=pki.ca, server_name="a.b.example.org").certificate.host_matches is False


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
def test_every_suite_of_a_permissive_openssl_is_found(pki, visit):
    """Ground truth: what OpenSSL itself says its configuration means."""
    wanted = "ALL:COMPLEMENTOFALL:!PSK:!SRP:!aECDSA:!aDSS:@SECLEVEL=0"
    listed = subprocess.run(
        ["openssl", "ciphers", "-stdname", "-s", wanted], capture_output=True, text=True, check=True
    )
    named = {line.split()[0] for line in listed.stdout.splitlines()}
    with openssl_server(pki, "-cipher", wanted) as port:
        seen = visit(port, ca=pki.ca, scheme="tls")
    # TLS 1.3's own are a setting apart, and export suites of GOST need an engine
    assert {suite for suite in seen.cipher_suites if "_WITH_" in suite} == {name for name in named if "_WITH_" in name}
    assert seen.doubts == ()


@contextlib.contextmanager
def openssl_server(pki, *options):
    """A real `openssl s_server`, on a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    pem = pki.server(key_for_openssl())
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pem, "-key", pem, "-www", *options]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(port)
            yield port
        finally:
            server.kill()


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
def test_a_signature_with_sha1_is_found(servers, pki, visit):
    """pyca no longer signs with it."""
    pem = pki.folder / "sha1.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-sha1",
        "-subj",
        "/CN=x",
        "-keyout",
        pem,
        "-out",
        f"{pem}.crt",
    ]
    subprocess.run(command, check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + (pki.folder / "sha1.pem.crt").read_bytes())
    with servers.listening(servers.speaking(servers.context(pem))) as port:
        assert visit(port, ca=pki.ca).certificate.signature_hash == "sha1"


@functools.cache
def key_for_openssl():
    return rsa.generate_private_key(65537, 2048)


def _wait_for(port):
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise TimeoutError


def test_names_match_as_openssl_says(servers, pki, visit):
    """Ground truth: the standard library's own check of names, in a real handshake."""
    pem = pki.server(san=("*.example.org", "EXAMPLE.com", "192.0.2.1", "*.com"))
    names = [
        "a.example.org",
        "example.org",
        "a.b.example.org",
        "example.com",
        "www.example.com",
        "192.0.2.1",
        "192.0.2.2",
    ]
    with servers.listening(servers.speaking(servers.context(pem))) as port:
        ours = {name: visit(port, ca=pki.ca, server_name=name).certificate.host_matches for name in names}
        assert ours == {name: _openssl_accepts(port, pki.ca, name) for name in names}


def _openssl_accepts(port, ca, name):
    strict = ssl.create_default_context(cafile=ca)
    try:
        with socket.create_connection(("127.0.0.1", port)) as plain, strict.wrap_socket(plain, server_hostname=name):
            return True
    except ssl.SSLCertVerificationError:
        return False


def test_two_looks_say_the_same(servers, pki, visit):
    with servers.listening(servers.speaking(servers.context(pki.server()))) as port:
        first, second = (visit(port, ca=pki.ca).model_dump() for _ in range(2))
    for seen in (first, second):
        seen["certificate"].pop("days_left")
        seen["certificates"][0].pop("days_left")
    assert first == second


def test_a_look_is_quick(servers, pki, visit):
    with servers.listening(servers.speaking(servers.context(pki.server()))) as port:
        before = time.perf_counter()
        visit(port, ca=pki.ca)
        assert time.perf_counter() - before < 10  # 0.12 s on an idle machine
