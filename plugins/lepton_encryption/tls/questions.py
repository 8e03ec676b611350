"""Asks within a budget, and takes silence for what it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from lepton_encryption.tls.ask import Answer, Chosen, NoAnswer, Peer, Refusal, Ssl2Chosen, ask, ask_ssl2
from lepton_encryption.tls.hello import Hello
from lepton_encryption.tls.keys13 import Shares

CLEAR_ALERTS = frozenset({40, 70, 71})
"""handshake_failure, protocol_version, insufficient_security: the alerts that speak of what was offered, not of how. Source: RFC 5246, section 7.2.2."""
PROTOCOL_VERSION = 70


@dataclass(frozen=True)
class Agreement:
    """A hello, and what the server chose from it."""

    asked: Hello
    chosen: Chosen


@dataclass
class Questions:
    """Every handshake of a look goes through here, so that they are counted and end in time."""

    peer: Peer
    shares: Shares
    most: int
    deadline: float
    control: Hello | None = None
    """A hello that this server is known to answer."""
    asked: int = 0
    agreed: list[Agreement] = field(default_factory=list)
    """Every handshake in which the server agreed."""

    @property
    def left(self) -> bool:
        """The budget of handshakes and of time isn't spent."""
        return self.asked < self.most and time.monotonic() < self.deadline

    def once(self, hello: Hello) -> Answer:
        """One handshake, one answer."""
        if not self.left:
            return NoAnswer("unasked")
        self.asked += 1
        answer = ask(self.peer, replace(hello, shares=self.shares.public), self.shares)
        if isinstance(answer, Chosen):
            self.agreed.append(Agreement(hello, answer))
        return answer

    def firm(self, hello: Hello) -> Answer:
        """As `once`, but a lost connection is tried again; a server that closes on this twice, and answers others, said no."""
        answer = self.once(hello)
        if not isinstance(answer, NoAnswer) or answer.because == "silent":
            return answer
        again = self.once(hello)
        if _closed(answer) and _closed(again) and self.still_answers():
            return Refusal(None)
        return again

    def ssl2(self, suites: tuple[int, ...]) -> Ssl2Chosen | Refusal | NoAnswer:
        """As `firm`, for SSL 2.0. A reset is no doubt here: to who speaks TLS only, the hello is no record at all."""
        if not self.left:
            return NoAnswer("unasked")
        self.asked += 1
        answer = ask_ssl2(self.peer, suites)
        if isinstance(answer, NoAnswer) and answer.because in ("closed", "reset", "rubbish") and self.still_answers():
            return Refusal(None)
        return answer

    def still_answers(self) -> bool:
        """The server goes on answering what it answered before."""
        return self.control is not None and isinstance(self.once(self.control), Chosen)


def _closed(answer: Answer) -> bool:
    return isinstance(answer, NoAnswer) and answer.because == "closed"


def is_clear_refusal(answer: Answer) -> bool:
    """The server said no to what was offered."""
    return isinstance(answer, Refusal) and (answer.alert is None or answer.alert in CLEAR_ALERTS)
