"""encryption.tls: what a port serves in plain beside TLS, and how strong keys are exchanged and anchored."""

from __future__ import annotations

import contextlib
import socket

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
AWAY = b"HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n"
NGINX = b"HTTP/1.1 400 Bad Request\r\n\r\n<center>The plain HTTP request was sent to HTTPS port</center>"
GO = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
GOAWAY = b"\0\0\x08\x07\0\0\0\0\0" + bytes(7) + b"\1"
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"


def beside(servers, pki, reply):
    secured = servers.speaking(servers.context(pki.server()))

    def talk(connection):
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            secured(connection)
        else:
            with contextlib.suppress(OSError):
                connection.sendall(reply(connection.recv(4096)))

    return talk


PLAIN = {
    "POST served, all else 400": (lambda asked: OK if asked.startswith(b"POST") else BAD, True),
    "POST served, all else sent away": (lambda asked: OK if asked.startswith(b"POST") else AWAY, True),
    "GET served, HEAD sent away": (lambda asked: OK if asked.startswith(b"GET") else AWAY, True),
    "HTTP/2": (lambda asked: SETTINGS if asked.startswith(b"PRI") else GOAWAY, True),
    "an error that says nothing": (lambda _: BAD, None),
    "upgrade": (lambda _: b"HTTP/1.1 426 Upgrade Required\r\n\r\n", None),
    "all sent away": (lambda _: AWAY, False),
    "nginx's error": (lambda _: NGINX, False),
    "Go's error": (lambda _: GO, False),
}


@pytest.mark.parametrize(("reply", "served"), PLAIN.values(), ids=PLAIN)
def test_a_plain_service_beside_tls_is_found_or_doubted(servers, pki, visit, reply, served):
    with servers.listening(beside(servers, pki, reply)) as port:
        seen = visit(port, ca=pki.ca)
    assert (seen.plain_http, seen.encrypted) == (served, served is not True)
    doubted = {field for doubt in seen.doubts for field in doubt.fields}
    assert ("encrypted" in doubted) is (served is None)


def test_the_declared_path_is_asked_and_no_body_is_ever_sent(servers, pki, visit):
    asked = []
    with servers.listening(beside(servers, pki, lambda request: asked.append(request) or AWAY)) as port:
        visit(port, ca=pki.ca, path="/v1/predict?x=1")
    lines = {request.partition(b"\r\n")[0] for request in asked}
    assert {b"GET /v1/predict?x=1 HTTP/1.1", b"POST /v1/predict?x=1 HTTP/1.1"} <= lines
    assert all(request.endswith(b"\r\n\r\n") for request in asked if b" HTTP/1.1\r\n" in request)


def test_the_weakest_key_exchange_is_a_number_with_and_without_finite_groups(servers, pki, visit):
    with servers.listening(servers.speaking(servers.context(pki.server()))) as port:
        assert visit(port, ca=pki.ca).weakest_key_exchange_bits == 128


def test_a_weak_anchor_that_is_not_sent_is_seen(servers, visit, tmp_path):
    weak = servers.Pki(tmp_path, root_key=servers.rsa_key(1024))
    with servers.listening(servers.speaking(servers.context(weak.server()))) as port:
        shown = visit(port, ca=weak.ca).certificate
    assert (shown.trusted, shown.security_bits, shown.chain_security_bits) == (True, 128, 80)


def test_the_chain_lasts_as_long_as_its_first_certificate_to_expire(servers, pki, visit):
    key = servers.ec_key(5)
    middle = pki.certificate(key, subject="middle", ca=True, san=None, days=(-1, 2))
    leaf = pki.certificate(servers.ec_key(), signed_by=(middle, key))
    with servers.listening(servers.speaking(servers.context(pki.files(servers.ec_key(), leaf, middle)))) as port:
        shown = visit(port, ca=pki.ca).certificate
    assert shown.trusted
    assert shown.days_left < 2.1
