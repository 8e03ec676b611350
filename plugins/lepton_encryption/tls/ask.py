"""One question to a server, one typed answer."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lepton_encryption.tls.hello import TLS13, Hello, ssl2_hello
from lepton_encryption.tls.keys13 import CIPHERS, Decryption, Shares, their_share
from lepton_encryption.tls.wire import (
    ALERT,
    APPLICATION,
    DONE,
    FINISHED,
    HANDSHAKE,
    Alerted,
    Closed,
    Malformed,
    Message,
    Messages,
    Reader,
    ServerHello,
    Silence,
    Stream,
    check_alert,
    server_hello,
)


@dataclass(frozen=True)
class Peer:
    """The one address that may be connected to."""

    family: int
    address: tuple[str, int] | tuple[str, int, int, int]
    seconds: float
    """Time for connecting and the handshake together."""

    def connect(self) -> socket.socket:
        """A connection. Raises: OSError."""
        found = socket.socket(self.family, socket.SOCK_STREAM)
        try:
            found.settimeout(self.seconds)
            found.connect(self.address)
        except BaseException:
            found.close()
            raise
        return found


@dataclass(frozen=True)
class Chosen:
    """The server agreed to go on."""

    hello: ServerHello
    flight: tuple[Message, ...]
    """The messages after its ServerHello."""
    complete: bool
    """The flight came whole, so what isn't in it wasn't sent."""


@dataclass(frozen=True)
class Refusal:
    """The server said no."""

    alert: int | None
    """``None``: it closes the connection on this, again and again, and goes on answering other questions."""


@dataclass(frozen=True)
class NoAnswer:
    """The server said neither yes nor no."""

    because: Silence
    first: bytes = b""


Answer = Chosen | Refusal | NoAnswer
T = TypeVar("T")
HEAD_MAX = 8192
"""No honest head of an HTTP answer is longer."""


def ask(peer: Peer, hello: Hello, shares: Shares) -> Answer:
    """What the server makes of the hello. Never raises for what a server or a network does."""
    message = hello.record()

    def talk(stream: Stream) -> Chosen:
        stream.socket.sendall(message)
        return _chosen(stream, message[5:], shares)

    return _answer(peer, talk)


def _answer(peer: Peer, talk: Callable[[Stream], T]) -> T | Refusal | NoAnswer:  # noqa: PLR0911  # one return for each way in which a conversation ends
    deadline = time.monotonic() + peer.seconds
    try:
        connection = peer.connect()
    except OSError:
        return NoAnswer("unconnected")
    with connection:
        try:
            return talk(Stream(connection, deadline))
        except Alerted as alerted:
            return Refusal(alerted.description)
        except Closed:
            return NoAnswer("closed")
        except Malformed as malformed:
            return NoAnswer("rubbish", malformed.first)
        except TimeoutError:
            return NoAnswer("silent")
        except OSError:
            return NoAnswer("reset")


def _chosen(stream: Stream, sent: bytes, shares: Shares) -> Chosen:
    messages = Messages()
    first, rest = _first(stream, messages)
    if first.kind != 2:  # noqa: PLR2004  # ServerHello
        raise Malformed
    hello = server_hello(first.body)
    flight: list[Message] = []
    complete = False
    with contextlib.suppress(Alerted, Closed, Malformed, OSError, ValueError, KeyError):
        if hello.version == TLS13:
            decryption = _decryption(hello, sent + first.encoded(), shares)
            complete = decryption is not None and _read_encrypted(stream, decryption, flight)
        else:
            complete = _read_plain(stream, messages, rest, flight)
    return Chosen(hello, tuple(flight), complete)


def _first(stream: Stream, messages: Messages) -> tuple[Message, list[Message]]:
    """The first message, and what came in the same record."""
    while True:
        record = stream.record()
        if record.kind == ALERT:
            check_alert(record.body)
        elif record.kind == HANDSHAKE:
            if found := list(messages.add(record.body)):
                return found[0], found[1:]
        else:
            raise Malformed(record.header)


def _read_plain(stream: Stream, messages: Messages, found: list[Message], flight: list[Message]) -> bool:
    while True:
        flight += found
        if any(message.kind == DONE for message in found):
            return True
        record = stream.record()
        if record.kind == ALERT:
            check_alert(record.body)
            found = []
        elif record.kind == HANDSHAKE:
            found = list(messages.add(record.body))
        else:
            raise Malformed(record.header)


def _decryption(hello: ServerHello, transcript: bytes, shares: Shares) -> Decryption | None:
    if hello.retry or hello.suite not in CIPHERS or 51 not in hello.extensions:  # noqa: PLR2004  # key_share
        return None
    group, public = their_share(hello.extensions[51])
    return Decryption(hello.suite, shares.secret(group, public), transcript)


def _read_encrypted(stream: Stream, decryption: Decryption, flight: list[Message]) -> bool:
    messages = Messages()
    while True:
        record = stream.record()
        if record.kind == ALERT:
            check_alert(record.body)
        if record.kind != APPLICATION:
            continue
        kind, content = decryption.open(record)
        if kind != HANDSHAKE:
            raise Malformed(record.header)
        found = list(messages.add(content))
        flight += found
        if any(message.kind == FINISHED for message in found):
            return True


@dataclass(frozen=True)
class Ssl2Chosen:
    """The server speaks SSL 2.0."""

    suites: tuple[int, ...]


def ask_ssl2(peer: Peer, suites: tuple[int, ...]) -> Ssl2Chosen | Refusal | NoAnswer:
    """What the server makes of an SSL 2.0 hello."""

    def talk(stream: Stream) -> Ssl2Chosen:
        stream.socket.sendall(ssl2_hello(suites))
        header = stream.read(2)
        if header[0] & 0x80:
            return _ssl2_server_hello(stream.read(int.from_bytes(header, "big") & 0x7FFF))
        if header == b"\x15\x03":
            stream.read(3)
            raise Alerted(stream.read(2)[1])
        raise Malformed(header)

    return _answer(peer, talk)


def _ssl2_server_hello(body: bytes) -> Ssl2Chosen:
    """Source: draft-hickman-netscape-ssl-00, section 2.6 (SERVER-HELLO)."""
    reader = Reader(body)
    if reader.number(1) != 4:  # noqa: PLR2004  # SERVER-HELLO
        raise Malformed
    reader.take(2)
    if reader.number(2) != 2:  # noqa: PLR2004  # version 2
        raise Malformed
    certificate, ciphers, _ = reader.number(2), reader.number(2), reader.number(2)
    reader.take(certificate)
    listed = reader.take(ciphers)
    return Ssl2Chosen(tuple(int.from_bytes(listed[at : at + 3], "big") for at in range(0, len(listed), 3)))


def ask_plain(peer: Peer, host: str, *, method: bytes = b"HEAD", path: bytes = b"/") -> bytes | Refusal | NoAnswer:
    """What the port answers to an unencrypted HTTP request that changes nothing: a POST stops before its body."""
    name = host.encode("ascii", "replace").replace(b"?", b"-")
    body = b"Expect: 100-continue\r\nContent-Length: 2\r\n" if method == b"POST" else b""

    def talk(stream: Stream) -> bytes:
        line = method + b" " + path + b" HTTP/1.1\r\nHost: " + name
        stream.socket.sendall(line + b"\r\n" + body + b"Connection: close\r\n\r\n")
        head = stream.read(5)
        if head != b"HTTP/":
            raise Malformed(head)
        with contextlib.suppress(OSError, Closed, Malformed):
            while b"\r\n\r\n" not in head and len(head) < HEAD_MAX:
                head += stream.read(1)
            while head[9:12] == b"400" and len(head) < HEAD_MAX:  # its text tells for whom it was meant
                head += stream.read(1)
        return head

    return _answer(peer, talk)


def ask_http2(peer: Peer) -> bool | Refusal | NoAnswer:
    """Whether the port answers the preface of unencrypted HTTP/2 with a frame. Source: RFC 9113, sections 3.4 and 4.1."""

    def talk(stream: Stream) -> bool:
        stream.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        frame = stream.read(9)
        return frame[0] == 0 and frame[3] in (4, 7) and frame[5:] == bytes(4)  # SETTINGS or GOAWAY, of the connection

    return _answer(peer, talk)
