"""encryption.tls: a server that breaks, stalls or hides is never clean."""

from __future__ import annotations

import socket

import pytest

from lepton_audit import LookRefused, Unreachable

OLD = ("SSLv3", "TLSv1", "TLSv1.1")


def doubted(seen):
    return {field for doubt in seen.doubts for field in doubt.fields}


def test_a_port_where_nobody_listens_is_unreachable(visit):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(Unreachable, match="refused"):
        visit(port)


def test_a_host_without_address_is_unreachable(visit, tmp_path):
    from lepton_encryption.tls.probe import TlsSettings, tls
    from lepton_openers.endpoints import endpoint

    from lepton_audit.testing.pinned import pinned

    with pytest.raises(Unreachable):
        tls.look(endpoint.open(pinned("endpoint", "https://no-such-host.invalid", scratch=tmp_path)), TlsSettings())


def silent(connection):
    while connection.recv(4096):
        pass


def closing(connection):
    connection.recv(4096)


def banner(connection):
    connection.sendall(b"220 mail.example.org ESMTP\r\n")
    connection.recv(4096)


def half_a_hello(connection):
    connection.recv(4096)
    connection.sendall(b"\x16\x03\x03\x00\x50\x02\x00\x00\x4c\x03\x03")
    connection.recv(4096)


def garbage_hello(connection):
    connection.recv(4096)
    connection.sendall(b"\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03")
    connection.recv(4096)


def endless(connection):
    connection.recv(4096)
    while True:
        connection.sendall(b"\x16\x03\x03\x40\x00" + b"\x02\xff\xff\xff" + bytes(16380))


def dripping(connection):
    import time

    connection.recv(4096)
    for _ in range(100):
        connection.sendall(b"\x16")
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("talk", "failure"),
    [
        (silent, Unreachable), (closing, Unreachable), (half_a_hello, Unreachable), (banner, LookRefused),
        (garbage_hello, LookRefused), (endless, LookRefused), (dripping, (Unreachable, LookRefused)),
    ],
)  # fmt: skip
def test_a_port_that_makes_no_sense_is_a_failed_look(servers, visit, talk, failure):
    with servers.listening(talk) as port, pytest.raises(failure):
        visit(port, seconds=0.5)


def test_a_port_that_resets_is_unreachable(servers, visit):
    with servers.listening(servers.reset) as port, pytest.raises(Unreachable):
        visit(port, seconds=0.5)


@pytest.mark.parametrize(("description", "word"), [(40, "refused every handshake"), (112, "name")])
def test_a_server_that_refuses_everything_is_a_refused_look_and_not_one_without_protocols(
    servers, visit, description, word
):
    def talk(connection):
        connection.recv(4096)
        connection.sendall(servers.alert(description))

    with servers.listening(talk) as port, pytest.raises(LookRefused, match=word):
        visit(port)


def test_a_server_that_closes_for_an_unknown_name_is_unreachable_and_says_what_to_try(servers, pki, visit):
    gated = servers.gate(
        servers.speaking(servers.context(pki.server())),
        shut=lambda asked: None if b"localhost" in asked.raw else "close",
    )
    with servers.listening(gated) as port:
        with pytest.raises(Unreachable) as caught:
            visit(port, ca=pki.ca)
        assert "server_name" in caught.value.next_step
        assert visit(port, ca=pki.ca, server_name="localhost").protocols == ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("scheme", ["https", "http", "tls"])
def test_plain_http_is_not_encrypted_and_nothing_else_is_claimed(servers, visit, scheme):
    def talk(connection):
        if connection.recv(4096).startswith(b"HEAD"):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with servers.listening(talk) as port:
        seen = visit(port, scheme=scheme)
    assert (seen.encrypted, seen.plain_http) == (False, True)
    assert (seen.protocols, seen.cipher_suites, seen.weak_cipher_suites, seen.forward_secrecy) == (None,) * 4
    assert (seen.certificate, seen.client_authentication, seen.compression) == (None,) * 3


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port",
        b"HTTP/1.1 301 Moved\r\nLocation: https://h/\r\n\r\n",
    ],
)
def test_a_tls_port_that_sends_plain_requests_away_is_encrypted(servers, pki, visit, reply):
    secured = servers.speaking(servers.context(pki.server()))

    def talk(connection):
        if connection.recv(4, socket.MSG_PEEK) == b"HEAD":
            connection.recv(4096)
            connection.sendall(reply)
        else:
            secured(connection)

    with servers.listening(talk) as port:
        assert visit(port, ca=pki.ca).encrypted is True


@pytest.mark.parametrize("fate", ["silent", "reset", b"\x15\x03\x01\x00\x02\x02\x50", b"SSH-2.0-OpenSSH\r\n"], ids=str)
def test_a_protocol_without_a_clear_answer_is_doubted(servers, pki, visit, fate):
    gated = servers.gate(
        servers.speaking(servers.context(pki.server())), shut=lambda asked: fate if asked.version in OLD else None
    )
    with servers.listening(gated) as port:
        seen = visit(port, ca=pki.ca, seconds=0.3)
    assert seen.protocols == ("TLSv1.2", "TLSv1.3")
    assert {doubt.because.partition(":")[0] for doubt in seen.doubts} == set(OLD)
    assert {"protocols", "cipher_suites", "weak_cipher_suites", "forward_secrecy", "client_authentication"} <= doubted(
        seen
    )


def test_a_server_that_closes_on_old_protocols_and_answers_others_has_refused_them(servers, pki, visit):
    gated = servers.gate(
        servers.speaking(servers.context(pki.server())), shut=lambda asked: "close" if asked.version in OLD else None
    )
    with servers.listening(gated) as port:
        seen = visit(port, ca=pki.ca)
    assert (seen.protocols, seen.doubts) == (("TLSv1.2", "TLSv1.3"), ())


@pytest.mark.parametrize("after", [5, 8, 10, 14])
def test_a_server_that_stops_answering_in_the_middle_is_doubted(servers, pki, visit, after):
    secured, count = servers.speaking(servers.context(pki.server())), iter(range(10_000))

    def talk(connection):
        if next(count) < after:
            secured(connection)

    with servers.listening(talk) as port:
        seen = visit(port, ca=pki.ca, seconds=0.5)
    assert "weak_cipher_suites" in doubted(seen)
    assert {"SSLv3", "TLSv1"} <= {doubt.because.partition(":")[0] for doubt in seen.doubts}
    assert {"protocols", "certificate"} <= doubted(seen)


@pytest.mark.parametrize("most", [4, 12, 25])
def test_a_look_that_ran_out_of_handshakes_is_doubted(servers, pki, visit, most):
    with servers.listening(servers.speaking(servers.context(pki.server()))) as port:
        seen = visit(port, ca=pki.ca, handshakes=most)
    assert seen.handshakes <= most
    assert {"certificate", "certificates"} <= doubted(seen)


def test_a_look_that_ran_out_of_time_at_once_is_no_look(servers, pki, visit):
    with servers.listening(servers.speaking(servers.context(pki.server()))) as port, pytest.raises(Unreachable):
        visit(port, ca=pki.ca, total_seconds=1e-9)


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1", "SSLv3"])
def test_an_old_protocol_behind_a_server_that_chokes_on_modern_hellos_is_found(servers, pki, visit, version):
    old = servers.old_server(version, (0x0005,))

    def talk(connection):
        asked = servers.peeked(connection)
        if asked.version in ("TLSv1.2", "TLSv1.3") or (asked.version == version and len(asked.raw) < 256):
            (servers.speaking(servers.context(pki.server())) if asked.version != version else old)(connection)
        else:
            connection.recv(4096)
            connection.sendall(servers.alert(40))

    with servers.listening(talk) as port:
        seen = visit(port, ca=pki.ca)
    assert version in seen.protocols
    assert "TLS_RSA_WITH_RC4_128_SHA" in seen.weak_cipher_suites


def test_a_server_that_chooses_what_was_not_offered_is_doubted(servers, visit):
    def talk(connection):
        connection.recv(4096)
        connection.sendall(servers.server_flight(0x0303, 0x0005))
        connection.recv(4096)

    with servers.listening(talk) as port:
        seen = visit(port)
    assert "TLS_RSA_WITH_RC4_128_SHA" in seen.weak_cipher_suites
    assert seen.doubts
    assert seen.certificate is None


def test_a_server_that_stalls_after_its_hello_shows_no_certificate_and_is_doubted(servers, visit):
    flight = servers.server_flight(0x0303, 0xC02F)

    def talk(connection):
        asked = servers.peeked(connection)
        connection.recv(len(asked.raw))
        if asked.version == "TLSv1.2" and 0xC02F in asked.suites:
            connection.sendall(b"\x16\x03\x03" + (len(flight) - 9).to_bytes(2, "big") + flight[5:-4])
            silent(connection)
        connection.sendall(servers.alert(40))

    with servers.listening(talk) as port:
        seen = visit(port, seconds=0.3)
    assert seen.protocols == ("TLSv1.2",)
    assert (seen.certificate, seen.client_authentication) == (None, None)
    assert "certificate" in doubted(seen)


@pytest.mark.parametrize("der", [b"\x30\x03\x02\x01\x00", b"", b"x" * 500])
def test_a_certificate_that_can_not_be_read_is_doubted(servers, visit, der):
    with servers.listening(servers.old_server("TLSv1.2", (0xC02F,), der=der)) as port:
        seen = visit(port)
    assert seen.certificate is None
    assert not der or "certificate" in doubted(seen)


def test_a_server_that_dies_after_the_first_word_still_spoke_it_and_the_rest_is_doubted(servers, pki, visit):
    old, count = servers.old_server("TLSv1", (0x0005,)), iter(range(10_000))

    def talk(connection):
        if next(count) < 2:  # the connection that reaches the port, and the first hello
            old(connection)

    with servers.listening(talk) as port:
        seen = visit(port)
    assert (seen.protocols, seen.forward_secrecy) == (("TLSv1",), False)
    assert seen.weak_cipher_suites == ("TLS_RSA_WITH_RC4_128_SHA",)
    assert {"protocols", "cipher_suites", "certificate"} <= doubted(seen)


def test_a_plain_request_without_any_answer_leaves_encrypted_in_doubt(servers, pki, visit):
    secured = servers.speaking(servers.context(pki.server()))

    def talk(connection):
        (silent if connection.recv(4, socket.MSG_PEEK) == b"HEAD" else secured)(connection)

    with servers.listening(talk) as port:
        seen = visit(port, ca=pki.ca, seconds=0.5)
    assert seen.plain_http is None
    assert {"encrypted", "plain_http"} <= doubted(seen)
