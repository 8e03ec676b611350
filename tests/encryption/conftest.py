"""Shared by the tests of encryption: artifacts, keys, certificates and servers, all real."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import socket
import ssl
import struct
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lepton_encryption.at_rest.evidence import AtRest
from lepton_encryption.at_rest.probe import AtRestSettings, at_rest
from lepton_encryption.tls.evidence import TlsEvidence
from lepton_encryption.tls.probe import TlsSettings, tls
from lepton_openers.at_rest import artifact, key
from lepton_openers.endpoints import endpoint

from lepton_audit.testing.pinned import pinned


@pytest.fixture
def look_at(tmp_path: Path) -> Callable[..., AtRest]:
    """Looks at a path (or at bytes, in a file of their own) through the real openers."""

    def look(
        stored: Path | bytes, *, secret: bytes | None = None, cipher: str | None = None, **settings: Any
    ) -> AtRest:
        path = stored if isinstance(stored, Path) else tmp_path / "stored.bin"
        if isinstance(stored, bytes):
            path.write_bytes(stored)
        opened = artifact.open(pinned("artifact", path, scratch=tmp_path, options={"cipher": cipher}))
        return at_rest.look(opened, AtRestSettings(**settings), _key(secret, tmp_path))

    return look


def _key(secret: bytes | None, folder: Path) -> Any:
    if secret is None:
        return None
    (folder / "secret.key").write_bytes(base64.b64encode(secret))
    return key.open(pinned("key", folder / "secret.key", scratch=folder, options={"encoding": "base64"}))


@pytest.fixture
def visit(tmp_path: Path) -> Callable[..., TlsEvidence]:
    """Looks at a port of loopback through the real opener."""

    def look(
        port: int,
        *,
        ca: Path | None = None,
        scheme: str = "https",
        server_name: str | None = None,
        path: str = "",
        **settings: Any,
    ):
        options = {"ca": str(ca) if ca else None, "server_name": server_name}
        opened = endpoint.open(
            pinned("endpoint", f"{scheme}://127.0.0.1:{port}{path}", scratch=tmp_path, options=options)
        )
        return tls.look(opened, TlsSettings(**{"seconds": 2.0, "total_seconds": 20.0, **settings}))

    return look


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    """One per size and number: making them takes time."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Pki:
    """An authority of the tests."""

    folder: Path
    root: x509.Certificate = field(init=False)
    root_key: Any = field(default_factory=lambda: ec_key(1))

    def __post_init__(self) -> None:
        self.root = self.certificate(self.root_key, subject="root", signed_by=(None, self.root_key), ca=True, san=None)
        self.ca.write_bytes(self.root.public_bytes(Encoding.PEM))

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def certificate(
        self, own: Any, *, subject: str = "server", signed_by: Any = None, ca: bool = False, days: tuple[float, float] = (-1, 90),
        san: tuple[str, ...] | None = ("127.0.0.1", "localhost"), hash_: Any = None, extra: Any = None,
    ) -> x509.Certificate:  # fmt: skip
        issuer, signing = signed_by or (self.root, self.root_key)
        now = datetime.now(UTC).replace(microsecond=0)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer.subject if issuer else name)
        builder = builder.public_key(own.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now + timedelta(days[0])).not_valid_after(now + timedelta(days[1]))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if san:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general(entry) for entry in san]), critical=False
            )
        if extra:
            builder = builder.add_extension(extra, critical=False)
        chosen = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hash_ or hashes.SHA256()
        return builder.sign(signing, chosen)

    def files(self, own: Any, *chain: x509.Certificate) -> Path:
        """One PEM file with key and chain."""
        path = self.folder / f"{abs(hash((id(own), chain))):x}.pem"
        pem = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(pem + b"".join(one.public_bytes(Encoding.PEM) for one in chain))
        return path

    def server(self, own: Any = None, **options: Any) -> Path:
        own = own or ec_key()
        return self.files(own, self.certificate(own, **options))


def _general(entry: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(entry))
    return x509.DNSName(entry)


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)


def context(
    *pems: Path, ciphers: str = "ECDHE+AESGCM", versions: tuple[str, str] = ("TLSv1_2", "TLSv1_3")
) -> ssl.SSLContext:
    """A hardened server's context, unless told otherwise."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version, made.maximum_version = (ssl.TLSVersion[name] for name in versions)
    for pem in pems:
        made.load_cert_chain(pem)
    return made


Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def listening(talk: Talk) -> Iterator[int]:
    """A server on loopback, one thread a connection; gives its port, and stops at the end."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    listener.settimeout(0.2)
    stopped, threads = threading.Event(), []

    def serve() -> None:
        while not stopped.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                connection.settimeout(5)
                thread = threading.Thread(target=_talk, args=(talk, connection), daemon=True)
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=serve)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        accepting.join()
        listener.close()
        for thread in threads:
            thread.join(6)


def _talk(talk: Talk, connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError, ValueError):
        talk(connection)


def speaking(made: ssl.SSLContext, reply: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") -> Talk:
    """A TLS server of Python's that answers each request."""

    def talk(connection: socket.socket) -> None:
        with made.wrap_socket(connection, server_side=True) as secured:
            if secured.recv(4096):
                secured.sendall(reply)

    return talk


def reset(connection: socket.socket) -> None:
    """Ends it with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass(frozen=True)
class Asked:
    """What a raw ClientHello asks for, as the tests read it."""

    raw: bytes
    version: str
    suites: tuple[int, ...]


def peeked(connection: socket.socket) -> Asked:
    """The ClientHello that waits on the connection, left where it is."""
    for _ in range(200):
        data = connection.recv(65536, socket.MSG_PEEK)
        if data[:1] != b"\x16":
            return Asked(data, "SSLv2" if data[:1] >= b"\x80" else "none", ())
        if len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5], "big"):
            break
        time.sleep(0.01)
    else:
        raise ValueError
    version = {b"\x03\x00": "SSLv3", b"\x03\x01": "TLSv1", b"\x03\x02": "TLSv1.1", b"\x03\x03": "TLSv1.2"}[data[9:11]]
    at = 44 + data[43]
    size = int.from_bytes(data[at : at + 2], "big")
    suites = struct.unpack(f">{size // 2}H", data[at + 2 : at + 2 + size])
    return Asked(data, "TLSv1.3" if 0x1301 in suites else version, suites)


def server_flight(
    version: int, suite: int, *, compression: int = 0, extensions: bytes = b"", der: bytes = b""
) -> bytes:
    """ServerHello, Certificate if given, ServerHelloDone; each as an old server writes it."""
    hello = version.to_bytes(2, "big") + bytes(32) + b"\x00" + suite.to_bytes(2, "big") + bytes([compression])
    hello += len(extensions).to_bytes(2, "big") + extensions if extensions else b""
    entry = len(der).to_bytes(3, "big") + der
    shown = b"\x0b" + _sized(_sized(entry)) if der else b""
    messages = b"\x02" + _sized(hello) + shown + b"\x0e" + _sized(b"")
    return b"\x16" + version.to_bytes(2, "big") + len(messages).to_bytes(2, "big") + messages


def _sized(body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + body


def alert(description: int) -> bytes:
    return b"\x15\x03\x01\x00\x02\x02" + bytes([description])


def old_server(version: str, suites: tuple[int, ...], **flight: Any) -> Talk:
    """Speaks one protocol version and these suites, and refuses the rest with an alert."""
    code = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303}[version]
    order = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]

    def talk(connection: socket.socket) -> None:
        asked = peeked(connection)
        connection.recv(len(asked.raw))
        common = [suite for suite in suites if suite in asked.suites]
        if asked.version not in order or order.index(asked.version) < order.index(version):
            connection.sendall(alert(70))
        else:
            connection.sendall(server_flight(code, common[0], **flight) if common else alert(40))
        connection.recv(4096)

    return talk


def gate(open_: Talk, *, shut: Callable[[Asked], bytes | str | None]) -> Talk:
    """Hands a connection on, unless ``shut`` names what happens to it: bytes to send, 'close', 'reset', 'silent'."""

    def talk(connection: socket.socket) -> None:
        asked = peeked(connection)
        fate = shut(asked)
        if fate is None:
            open_(connection)
            return
        connection.recv(len(asked.raw))
        if isinstance(fate, bytes):
            connection.sendall(fate)
            connection.recv(4096)
        elif fate == "reset":
            reset(connection)
        elif fate == "silent":
            connection.recv(4096)

    return talk


@pytest.fixture
def servers() -> SimpleNamespace:
    """All of the above, for tests: pytest's importlib mode lets them import nothing from here."""
    return SimpleNamespace(**globals())
