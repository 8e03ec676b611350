"""Whether chains are trusted, and what is demanded of clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lepton_encryption.tls.ask import Chosen
from lepton_encryption.tls.evidence import ClientAuthentication
from lepton_encryption.tls.hello import TLS13
from lepton_encryption.tls.questions import Questions
from lepton_encryption.tls.suites import suite_name
from lepton_encryption.tls.visit import VISITABLE, Visit, Way, visit
from lepton_encryption.tls.wire import CERTIFICATE_REQUEST

AUTHENTICATIONS = ("ALL:COMPLEMENTOFALL", "aRSA", "aECDSA", "aDSS")
REFUSING = frozenset({b"400", b"401", b"403", b"421", b"495", b"496"})
"""HTTP statuses with which a server may refuse, after the handshake, a client without a certificate."""
HEAD = b"HEAD / HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Trust:
    """What OpenSSL said of the chain under a leaf certificate."""

    trusted: bool
    because: str
    chain: tuple[bytes, ...] = ()
    """From the leaf to the anchor, as OpenSSL built it."""


def trusts(questions: Questions, server_name: str, ca: Path | None, versions: Iterable[int]) -> dict[bytes, Trust]:
    """Leaf -> verdict, for every leaf that a visit can bring to light; a leaf that is once refused stays so."""
    found: dict[bytes, Trust] = {}
    for way in _ways(versions):
        leaf, trust = _trust(questions, way, server_name, ca)
        if leaf is not None and trust is not None and not (leaf in found and trust.trusted):
            found[leaf] = trust
    return found


def _ways(versions: Iterable[int]) -> list[Way]:
    visitable = sorted(VISITABLE & set(versions), reverse=True)
    return [
        Way(version, authentication)
        for version in visitable
        for authentication in (AUTHENTICATIONS[:1] if version == TLS13 else AUTHENTICATIONS)
    ]


def _trust(questions: Questions, way: Way, server_name: str, ca: Path | None) -> tuple[bytes | None, Trust | None]:
    strict = _visit(questions, way, server_name, ca=ca, verify=True)
    if strict is None:
        return None, None
    if strict.untrusted is not None:
        leaf = strict.leaf or _leaf(questions, way, server_name)
        return leaf, Trust(trusted=False, because=strict.untrusted)
    return strict.leaf, Trust(trusted=True, because="ok", chain=strict.chain) if strict.went_on else None


def _leaf(questions: Questions, way: Way, server_name: str) -> bytes | None:
    lenient = _visit(questions, way, server_name, ca=None, verify=False)
    return lenient.leaf if lenient else None


def _visit(  # each is one side of a visit
    questions: Questions,
    way: Way,
    server_name: str,
    *,
    ca: Path | None,
    verify: bool,
    request: bytes | None = None,
) -> Visit | None:
    import ssl

    if not questions.left:
        return None
    questions.asked += 1
    try:
        context = way.context(ca=ca, verify=verify)
    except ssl.SSLError:  # this OpenSSL knows no such suites
        return None
    return visit(questions.peer, context, server_name, request)


def client_authentication(
    questions: Questions, server_name: str, *, http: bool, flights: dict[int, list[Chosen]]
) -> ClientAuthentication | None:
    """What the most lenient agreement demands of a client; ``None`` where that stayed open."""
    demands = [
        _demand(questions, version, server_name, http=http, flights=chosen)
        for version, chosen in sorted(flights.items())
    ]
    if "none" in demands:
        return "none"
    if not demands or None in demands:
        return None
    return "requested" if "requested" in demands else "required"


def _demand(
    questions: Questions, version: int, server_name: str, *, http: bool, flights: list[Chosen]
) -> ClientAuthentication | None:
    whole = [chosen for chosen in flights if chosen.complete and "PSK" not in suite_name(chosen.hello.suite)]
    if any(not _asks(chosen) for chosen in whole):
        return "none"
    if not whole or version not in VISITABLE:
        return None
    request = HEAD % server_name.encode("ascii", "replace").replace(b"?", b"-") if http else b""
    seen = _visit(questions, Way(version), server_name, ca=None, verify=False, request=request)
    return _demanded(seen, version) if seen else None


def _asks(chosen: Chosen) -> bool:
    return any(message.kind == CERTIFICATE_REQUEST for message in chosen.flight)


def _demanded(seen: Visit, version: int) -> ClientAuthentication | None:
    """Of a server that asks for a certificate and got none. In TLS 1.3 its alert comes after the client's end of the handshake."""
    if seen.went_on and seen.alerted:
        return "required"
    if seen.reply is not None:
        refused = seen.reply.startswith(b"HTTP/") and seen.reply[9:12] in REFUSING
        return None if refused else "requested"
    if seen.finished and seen.end == "silent" and version != TLS13:
        return "requested"
    return None
