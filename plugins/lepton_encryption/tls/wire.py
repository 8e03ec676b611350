"""Records and handshake messages, as they come from a server that nobody vouches for.

Source: RFC 5246, sections 6.2 and 7.4; RFC 8446, sections 4 and 5.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

ALERT, HANDSHAKE, APPLICATION = 21, 22, 23
CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, DONE, STATUS, FINISHED = 11, 12, 13, 14, 22, 20
RECORD_MAX = 16384 + 2048
MESSAGE_MAX = 1 << 18
"""No honest server sends a longer handshake message."""
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""Random of a HelloRetryRequest. Source: RFC 8446, section 4.1.3."""

Silence = Literal["closed", "reset", "silent", "rubbish", "unconnected", "unasked"]


class Malformed(Exception):
    """The server sent what the protocol doesn't allow."""

    def __init__(self, first: bytes = b"") -> None:
        super().__init__("malformed")
        self.first = first


class Alerted(Exception):
    """The server sent an alert."""

    def __init__(self, description: int) -> None:
        super().__init__(description)
        self.description = description


class Closed(Exception):
    """The server closed the connection."""


@dataclass(frozen=True)
class Message:
    """A handshake message."""

    kind: int
    body: bytes

    def encoded(self) -> bytes:
        """With its header, as the transcript needs it."""
        return bytes([self.kind]) + len(self.body).to_bytes(3, "big") + self.body


@dataclass(frozen=True)
class Record:
    """A record, with its header as authenticated data."""

    kind: int
    header: bytes
    body: bytes


@dataclass
class Stream:
    """Bytes from a socket until a deadline."""

    socket: socket.socket
    deadline: float

    def read(self, size: int) -> bytes:
        """Exactly that many bytes. Raises: TimeoutError, ConnectionError, Closed; Malformed for a piece of it."""
        got = b""
        while len(got) < size:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            piece = self.socket.recv(size - len(got))
            if not piece:
                if got:
                    raise Malformed(got)
                raise Closed
            got += piece
        return got

    def record(self) -> Record:
        """The next record. Raises: as `read`; Malformed for what is none."""
        header = self.read(5)
        length = int.from_bytes(header[3:], "big")
        if not 20 <= header[0] <= 24 or header[1] != 3 or not 0 < length <= RECORD_MAX:  # noqa: PLR2004  # content types; SSL 3 and later
            raise Malformed(header)
        return Record(header[0], header, self.read(length))


@dataclass
class Messages:
    """Reassembles handshake messages that records carry in pieces."""

    _pending: bytes = field(default=b"")

    def add(self, piece: bytes) -> Iterator[Message]:
        """Every message that is now whole. Raises: Malformed for one that is absurdly long."""
        self._pending += piece
        while len(self._pending) >= 4:  # noqa: PLR2004  # a message's header
            length = int.from_bytes(self._pending[1:4], "big")
            if length > MESSAGE_MAX:
                raise Malformed(self._pending[:4])
            if len(self._pending) < 4 + length:
                return
            message = Message(self._pending[0], self._pending[4 : 4 + length])
            self._pending = self._pending[4 + length :]
            yield message


def check_alert(body: bytes) -> None:
    """Nothing, for a warning that a handshake survives. Raises: Alerted, or Closed for a farewell."""
    if len(body) != 2:  # noqa: PLR2004  # level and description
        raise Malformed(body)
    level, description = body
    if description == 0:
        raise Closed
    if level != 1:
        raise Alerted(description)


@dataclass(frozen=True)
class ServerHello:
    """What a server chose."""

    version: int
    suite: int
    compression: int
    extensions: dict[int, bytes]
    retry: bool


def server_hello(body: bytes) -> ServerHello:
    """The message, parsed. Raises: Malformed."""
    reader = Reader(body)
    legacy, random = reader.number(2), reader.take(32)
    reader.vector(1)
    suite, compression = reader.number(2), reader.number(1)
    extensions = dict(_extensions(Reader(reader.vector(2)))) if reader.left else {}
    version = int.from_bytes(extensions[43], "big") if 43 in extensions else legacy  # noqa: PLR2004  # supported_versions
    return ServerHello(version, suite, compression, extensions, random == RETRY)


def _extensions(reader: Reader) -> Iterator[tuple[int, bytes]]:
    while reader.left:
        kind = reader.number(2)
        yield kind, reader.vector(2)


@dataclass
class Reader:
    """Takes a message apart. Raises: Malformed past its end."""

    body: bytes
    at: int = 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self.body) - self.at

    def take(self, size: int) -> bytes:
        """The next bytes."""
        if size > self.left:
            raise Malformed
        self.at += size
        return self.body[self.at - size : self.at]

    def number(self, width: int) -> int:
        """The next unsigned integer."""
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        """The next length-prefixed bytes."""
        return self.take(self.number(width))


def certificates(body: bytes, *, tls13: bool) -> tuple[bytes, ...]:
    """The DER certificates of a Certificate message, the server's own first. Raises: Malformed."""
    reader = Reader(body)
    if tls13:
        reader.vector(1)
    listed, found = Reader(reader.vector(3)), []
    while listed.left:
        found.append(listed.vector(3))
        if tls13:
            listed.vector(2)
    return tuple(found)
