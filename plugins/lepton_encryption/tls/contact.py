"""The first words with a port: does it speak TLS, plain HTTP, or nothing that we know."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

from lepton_audit import LookRefused, Unreachable
from lepton_encryption.tls.ask import Answer, Chosen, NoAnswer, Peer, Refusal, Ssl2Chosen, ask_http2, ask_plain
from lepton_encryption.tls.hello import SSL3, TLS10, TLS11, TLS12, TLS13, Hello, Shape
from lepton_encryption.tls.questions import Questions
from lepton_encryption.tls.suites import SSL2_SUITES, suites_to_ask

UNRECOGNIZED_NAME = 112
PATIENCE = 2
"""Hellos that a server may leave without any answer before it counts as silent."""
SAYS_NOTHING = frozenset({400, 426})
"""Bad request, upgrade required: of this request alone; another may be served."""
MEANT_FOR_TLS = (
    b"plain http request was sent to https port",
    b"client sent an http request to an https server",
    b"speaking plain http to an ssl-enabled server port",
    b"this combination of host and port requires tls",
)
"""What nginx, Go, Apache and Tomcat say, in lower case, on a port that serves nothing but TLS."""


@dataclass(frozen=True)
class Contact:
    """Which languages the port speaks."""

    tls: bool
    plain_http: bool | None
    """``None`` where plain requests got no answer, or one that leaves open whether others are served."""


def reach(host: str, port: int, *, seconds: float, connecting: float) -> Peer:
    """The first of the declared host's addresses that takes a connection; no other is ever used.

    Raises: Unreachable.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("the host's name has no address", next_step="Correct the uri, or the resolver.") from error
    deadline, because = time.monotonic() + connecting, "no address"
    for family, _, _, _, address in found:
        peer = Peer(family, address, max(0.1, min(seconds, deadline - time.monotonic())))  # type: ignore[arg-type]  # of AF_INET, AF_INET6
        try:
            peer.connect().close()
        except OSError as error:
            because = "it said nothing in time" if isinstance(error, TimeoutError) else str(error.strerror)
        else:
            return Peer(family, peer.address, seconds)
    raise Unreachable(f"no connection to port {port}: {because}", next_step="Start the service, or correct the uri.")


def first_words(questions: Questions, server_name: str, host: str, path: str = "/") -> Contact:
    """Finds a hello that the server answers, and keeps it as the control.

    Raises: Unreachable for a port that says nothing, LookRefused for one that says something else.
    """
    answers: list[Answer] = []
    for hello in _openings(server_name):
        answer = questions.once(hello)
        answers.append(answer)
        if sum(isinstance(a, NoAnswer) and a.because == "silent" for a in answers) == PATIENCE:
            break
        if isinstance(answer, Chosen):
            questions.control = hello
            return Contact(tls=True, plain_http=_serves_plain(questions.peer, host, path))
    if isinstance(questions.ssl2(tuple(SSL2_SUITES)), Ssl2Chosen):
        return Contact(tls=True, plain_http=_serves_plain(questions.peer, host, path))
    if not any(isinstance(answer, Refusal) for answer in answers) and _answers_http(questions.peer, host):
        return Contact(tls=False, plain_http=True)
    raise _no_language(answers)


def _openings(server_name: str) -> tuple[Hello, ...]:
    old = suites_to_ask(TLS12)
    both = (*suites_to_ask(TLS13), *old)
    shapes: tuple[tuple[int, Shape], ...] = ((TLS10, "plain"), (TLS12, "full"), (SSL3, "plain"))
    return (
        Hello(TLS13, both, server_name, older=(TLS12, TLS11, TLS10)),
        *(Hello(version, old, server_name, shape) for version, shape in shapes),
        Hello(TLS13, suites_to_ask(TLS13), server_name, "plain"),
    )


def _answers_http(peer: Peer, host: str) -> bool:
    answer = ask_plain(peer, host)
    return isinstance(answer, bytes) and answer.startswith(b"HTTP/")


def _serves_plain(peer: Peer, host: str, path: str) -> bool | None:
    """Beside TLS, the port serves unencrypted requests: more than the way to https."""
    asked = path.encode("ascii", "replace")
    answers = [ask_plain(peer, host), ask_plain(peer, host, method=b"GET", path=asked)]
    if any(_is_http(answer) for answer in answers):
        answers.append(ask_plain(peer, host, method=b"POST", path=asked))
    served = [*map(_served, answers), _served_http2(peer)]
    if True in served:
        return True
    return None if None in served else False


def _served_http2(peer: Peer) -> bool | None:
    answer = ask_http2(peer)
    if isinstance(answer, bool):
        return answer
    return None if isinstance(answer, NoAnswer) and answer.because in ("silent", "unconnected") else False


def _is_http(answer: bytes | Refusal | NoAnswer) -> bool:
    return isinstance(answer, bytes) and answer.startswith(b"HTTP/")


def _served(answer: bytes | Refusal | NoAnswer) -> bool | None:
    if isinstance(answer, NoAnswer) and answer.because in ("silent", "unconnected"):
        return None
    if not isinstance(answer, bytes):
        return False
    status, said = answer[9:12], answer.lower()
    code = int(status) if status.isdigit() else 0
    if code in range(300, 400):
        return b"location: https://" not in said
    if code == 400 and any(words in said for words in MEANT_FOR_TLS):  # noqa: PLR2004  # bad request
        return False
    return None if code in SAYS_NOTHING else True


def _no_language(answers: list[Answer]) -> Unreachable | LookRefused:
    if any(isinstance(answer, Refusal) and answer.alert == UNRECOGNIZED_NAME for answer in answers):
        return LookRefused("the server doesn't know the name it was asked for", next_step="Set `server_name`.")
    if any(isinstance(answer, Refusal) for answer in answers):
        alerts = sorted({answer.alert or 0 for answer in answers if isinstance(answer, Refusal)})
        return LookRefused(
            f"the server refused every handshake (alerts {alerts})",
            next_step="Check the service by hand: it may want another server_name, or offer nothing at all.",
        )
    kinds = {answer.because for answer in answers if isinstance(answer, NoAnswer)}
    if "rubbish" in kinds:
        return LookRefused(
            "the port speaks neither TLS nor HTTP", next_step="STARTTLS is out of scope; name a port that speaks TLS."
        )
    said = " and ".join(sorted(kinds))
    return Unreachable(
        f"the port takes connections, but gives no answer ({said})",
        next_step="Check the service; it may want another server_name.",
    )
