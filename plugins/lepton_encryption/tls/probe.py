"""`encryption.tls`."""

from __future__ import annotations

import time
from typing import Annotated

from pydantic import Field

from lepton_audit import Endpoint, Number, Seconds, Settings, probe
from lepton_encryption.tls.evidence import TlsEvidence


class TlsSettings(Settings):
    """How long and how often a server is asked."""

    seconds: Annotated[Number, Field(gt=0, le=60)] = 5.0
    """Seconds that one handshake may take."""
    total_seconds: Annotated[Number, Field(gt=0, le=3000)] = 40.0
    """Seconds after which nothing more is asked; what was left open is doubted."""
    handshakes: Annotated[int, Field(strict=True, ge=1, le=5000)] = 800
    """Handshakes after which nothing more is asked; what was left open is doubted."""


@probe("encryption.tls", version=2, seconds=Seconds(quick=60.0, full=120.0), preload=("ssl", "cryptography.x509"))
def tls(endpoint: Endpoint, settings: TlsSettings) -> TlsEvidence:
    """Protocols, cipher suites, certificates and client authentication, as the endpoint agreed to them in real handshakes.

    What it does:
        Sends ClientHello messages of its own making, from SSL 2.0 to TLS 1.3: each protocol version with every registered cipher
        suite, taking away the suite that the server chose until it refuses. Reads the certificates and demands of each answer, and visits
        the server through OpenSSL to learn whether the chain is trusted and whether a client without a certificate is refused.
    Why it matters:
        Who can read or change the traffic of an AI system holds its data, its model's answers and its credentials. One old protocol or
        one weak suite, left on beside good ones, is what an attacker in the middle forces both sides to use.
    Source:
        RFC 9325 (recommendations for TLS), RFC 8996 (TLS 1.0 and 1.1), RFC 7568 (SSL 3.0), RFC 6176 (SSL 2.0), RFC 7465 (RC4), RFC 9525
        (names), NIST SP 800-57 Part 1 Rev. 5, table 2 (strength of keys).
    Known limits:
        Looks at one address of the host, with one server name, from one place: another machine behind the same name may agree to
        more. A server that tells this probe from other clients can hide. Suites that need a shared secret (PSK, SRP, Kerberos) show only if
        the server agrees before it knows the secret. STARTTLS, revocation and renegotiation itself are not tested. A client certificate that
        the application demands after the handshake leaves client_authentication open. Beside TLS, plain HTTP is asked for by HEAD of the root,
        GET and (without its body) POST of the declared path, and HTTP/2's preface: what answers to other requests only isn't seen. Of the
        elliptic groups that a server accepts, the one that it prefers is seen. Keys with a small exponent and signatures over the key
        exchange are not judged.
    """
    from lepton_encryption.tls.contact import first_words, reach
    from lepton_encryption.tls.keys13 import new_shares
    from lepton_encryption.tls.questions import Questions
    from lepton_encryption.tls.testimony import encrypted, unencrypted

    peer = reach(endpoint.host, endpoint.port, seconds=settings.seconds, connecting=settings.seconds * 2)
    deadline = time.monotonic() + settings.total_seconds
    questions = Questions(peer, new_shares(), most=settings.handshakes, deadline=deadline)
    contact = first_words(questions, endpoint.server_name, endpoint.host, getattr(endpoint, "path", "/"))
    if not contact.tls:
        return unencrypted(questions.asked)
    return encrypted(questions, endpoint, plain_http=contact.plain_http)
