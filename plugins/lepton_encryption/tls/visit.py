"""A whole handshake through the standard library, without a client certificate, and a first request after it."""

from __future__ import annotations

import contextlib
import ssl
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lepton_encryption.tls.ask import Peer
from lepton_encryption.tls.hello import TLS10, TLS11, TLS12, TLS13, sent_name
from lepton_encryption.tls.wire import CERTIFICATE, HANDSHAKE, Closed, Malformed, Messages, Stream, certificates

_VERSIONS = {
    TLS10: ssl.TLSVersion.TLSv1,
    TLS11: ssl.TLSVersion.TLSv1_1,
    TLS12: ssl.TLSVersion.TLSv1_2,
    TLS13: ssl.TLSVersion.TLSv1_3,
}
VISITABLE = frozenset(_VERSIONS)
"""The versions that the standard library can still speak."""


@dataclass(frozen=True)
class Way:
    """A protocol version and, in the older ones, a kind of authentication."""

    version: int
    authentication: str = "ALL:COMPLEMENTOFALL"

    def context(self, *, ca: Path | None, verify: bool) -> ssl.SSLContext:
        """Here trust alone decides: weak keys, old protocols and the host's name are seen elsewhere. Raises: ssl.SSLError."""
        made = ssl.create_default_context(cafile=ca)
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT  # private authorities often lack keyUsage
        made.check_hostname = False
        made.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
        made.set_ciphers(f"{self.authentication}:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old protocols are what we ask for
            made.minimum_version = made.maximum_version = _VERSIONS[self.version]
        return made


@dataclass(frozen=True)
class Visit:
    """What a visit came to."""

    finished: bool = False
    """The handshake ended well, for the client."""
    went_on: bool = False
    """The client accepted the server's certificate and sent its own part."""
    leaf: bytes | None = None
    chain: tuple[bytes, ...] = ()
    """From the leaf to the anchor, in DER, where OpenSSL verified it."""
    untrusted: str | None = None
    """Why OpenSSL refused the chain."""
    alerted: bool = False
    """The server ended it with an alert."""
    reply: bytes | None = None
    """What the server said to the first request."""
    end: Literal["open", "closed", "silent", "failed"] = "open"


def visit(peer: Peer, context: ssl.SSLContext, server_name: str, request: bytes | None = None) -> Visit:
    """Shakes hands; with a request (an empty one says nothing) it waits for what the server says to it.

    Never raises for what a server or a network does.
    """
    try:
        connection = peer.connect()
    except OSError:
        return Visit(end="failed")
    with connection:
        return _Visitor(Stream(connection, time.monotonic() + peer.seconds), context, server_name).visit(request)


class _Visitor:
    def __init__(self, stream: Stream, context: ssl.SSLContext, server_name: str) -> None:
        self._stream = stream
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = sent_name(server_name)
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name.decode() if name else None)
        self._old = context.maximum_version != ssl.TLSVersion.TLSv1_3
        self._sent: list[bytes] = []
        self._got = b""

    def visit(self, request: bytes | None) -> Visit:
        try:
            self._shake()
        except ssl.SSLCertVerificationError as error:
            self._flush_last()
            return Visit(leaf=self._seen_leaf(), untrusted=error.verify_message)
        except (ssl.SSLError, OSError, Malformed, Closed) as error:
            return Visit(went_on=self._went_on(), leaf=self._seen_leaf(), alerted=_is_alert(error), end=_end(error))
        leaf = self._tls.getpeercert(binary_form=True)
        if request is None:
            return Visit(finished=True, went_on=True, leaf=leaf, chain=self._chain())
        try:
            return Visit(finished=True, went_on=True, leaf=leaf, reply=self._reply(request))
        except (ssl.SSLError, OSError, Malformed, Closed) as error:
            return Visit(finished=True, went_on=True, leaf=leaf, alerted=_is_alert(error), end=_end(error))

    def _shake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._exchange()
            else:
                self._flush()
                return

    def _chain(self) -> tuple[bytes, ...]:
        """Python 3.13 made this method public."""
        public = getattr(self._tls, "get_verified_chain", None)
        if public is not None:
            return tuple(public())
        own = self._tls._sslobj.get_verified_chain() or ()  # type: ignore[attr-defined]  # noqa: SLF001
        return tuple(ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in own)

    def _reply(self, request: bytes) -> bytes:
        if request:
            self._tls.write(request)
        while True:
            try:
                found = self._tls.read(4096)
            except ssl.SSLWantReadError:
                self._exchange()
            except ssl.SSLZeroReturnError:
                raise Closed from None
            else:
                if not found:
                    raise Closed
                return found

    def _exchange(self) -> None:
        self._flush()
        left = self._stream.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._stream.socket.settimeout(left)
        piece = self._stream.socket.recv(65536)
        if not piece:
            raise Closed
        self._got += piece
        self._in.write(piece)

    def _flush(self) -> None:
        if self._out.pending:
            self._sent.append(self._out.read())
            with contextlib.suppress(
                BrokenPipeError, ConnectionResetError
            ):  # what was said before it may still be read
                self._stream.socket.sendall(self._sent[-1])

    def _flush_last(self) -> None:
        with contextlib.suppress(OSError):
            self._flush()

    def _went_on(self) -> bool:
        """Before TLS 1.3 the client's second flight starts with a handshake message, its farewell with an alert."""
        return self._old and len(self._sent) > 1 and self._sent[1][:1] == bytes([HANDSHAKE])

    def _seen_leaf(self) -> bytes | None:
        """The certificate that the server sent in the clear."""
        messages, at = Messages(), 0
        with contextlib.suppress(Malformed):
            while at + 5 <= len(self._got) and self._got[at] == HANDSHAKE:
                size = int.from_bytes(self._got[at + 3 : at + 5], "big")
                for message in messages.add(self._got[at + 5 : at + 5 + size]):
                    if message.kind == CERTIFICATE:
                        return next(iter(certificates(message.body, tls13=False)), None)
                at += 5 + size
        return None


def _is_alert(error: Exception) -> bool:
    return isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")


def _end(error: Exception) -> Literal["closed", "silent", "failed"]:
    if isinstance(error, TimeoutError):
        return "silent"
    return "closed" if isinstance(error, Closed | ConnectionError) else "failed"
