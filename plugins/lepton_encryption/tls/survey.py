"""Which protocols and cipher suites a server agrees to, by offering all and taking away what it chose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lepton_encryption.tls.ask import Answer, Chosen, NoAnswer, Refusal, Ssl2Chosen
from lepton_encryption.tls.hello import (
    EC_SIGNATURES,
    EDWARDS_SIGNATURES,
    NAMES,
    RSA_SIGNATURES,
    SSL2,
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    Hello,
    Shape,
)
from lepton_encryption.tls.questions import PROTOCOL_VERSION, Questions, is_clear_refusal
from lepton_encryption.tls.suites import SSL2_SUITES, suites_to_ask

FEW = 64
"""Suites in a hello that stays below 256 bytes: some old servers can't read a longer one."""
WORDS = {
    "closed": "closed the connection",
    "reset": "reset the connection",
    "silent": "said nothing in time",
    "rubbish": "answered with something else",
    "unconnected": "took no connection",
    "unasked": "was not asked: the handshakes or the time for this look were used up",
}


@dataclass
class Spoken:
    """What is known of one protocol version."""

    version: int
    suites: set[int] = field(default_factory=set)
    unclear: list[str] = field(default_factory=list)
    """Why a refusal may be none; empty where every refusal was clear."""

    @property
    def name(self) -> str:
        """As the evidence writes it."""
        return NAMES[self.version]


@dataclass(frozen=True)
class _Run:
    chosen: tuple[Chosen, ...]
    end: Answer


def survey(questions: Questions, server_name: str) -> tuple[Spoken, ...]:
    """Each protocol version from SSL 2.0 to TLS 1.3, and what was agreed on in it."""
    spoken = {version: Spoken(version) for version in NAMES}
    _ssl2(questions, spoken[SSL2])
    for version in (TLS13, TLS12, TLS11, TLS10, SSL3):
        for run in _runs(questions, version, server_name):
            _note(spoken, version, run)
    return tuple(spoken.values())


def _ssl2(questions: Questions, spoken: Spoken) -> None:
    answer = questions.ssl2(tuple(SSL2_SUITES))
    if isinstance(answer, Ssl2Chosen):
        spoken.suites.update(answer.suites or SSL2_SUITES)
    elif isinstance(answer, NoAnswer):
        spoken.unclear.append(_reason(answer))


def _runs(questions: Questions, version: int, server_name: str) -> Iterator[_Run]:
    """One run with everything; then what is left in a plain hello; then, if nothing was agreed on, in short ones."""
    every, found = suites_to_ask(version), set[int]()
    shapes: tuple[Shape, Shape] = ("plain", "full") if version == SSL3 else ("full", "plain")
    for shape in shapes:
        run = _run(questions, version, tuple(code for code in every if code not in found), server_name, shape)
        yield run
        found.update(chosen.hello.suite for chosen in run.chosen)
        if _says_protocol(run.end):
            return
        if _is_silent(run.end):
            break
    if not found and len(every) > FEW:
        yield from _short_runs(questions, version, every, server_name)


def _short_runs(questions: Questions, version: int, every: tuple[int, ...], server_name: str) -> Iterator[_Run]:
    """Until the server says nothing at all: then no answer is clear any more, and waiting for the rest would eat the budget."""
    for at in range(0, len(every), FEW):
        run = _run(questions, version, every[at : at + FEW], server_name, "plain")
        yield run
        if _is_silent(run.end):
            return


def _is_silent(answer: Answer) -> bool:
    return isinstance(answer, NoAnswer) and answer.because in ("silent", "unasked")


def _run(questions: Questions, version: int, suites: tuple[int, ...], server_name: str, shape: Shape) -> _Run:
    left, chosen = list(suites), list[Chosen]()
    while left:
        answer = questions.firm(Hello(version, tuple(left), server_name, shape))
        if not isinstance(answer, Chosen) or answer.hello.version != version or answer.hello.suite not in left:
            return _Run(tuple(chosen), answer)
        chosen.append(answer)
        left.remove(answer.hello.suite)
    return _Run(tuple(chosen), Refusal(None))


def _says_protocol(answer: Answer) -> bool:
    return isinstance(answer, Refusal) and answer.alert == PROTOCOL_VERSION


def _note(spoken: dict[int, Spoken], version: int, run: _Run) -> None:
    for chosen in run.chosen:
        spoken[version].suites.add(chosen.hello.suite)
    end = run.end
    if isinstance(end, Chosen):
        if end.hello.version in spoken:
            spoken[end.hello.version].suites.add(end.hello.suite)
        if end.hello.version >= version:
            spoken[version].unclear.append("chose what was not offered")
    elif not is_clear_refusal(end):
        spoken[version].unclear.append(_reason(end))


def _reason(answer: Refusal | NoAnswer) -> str:
    if isinstance(answer, Refusal):
        return f"sent alert {answer.alert}, which doesn't say what it refused"
    return WORDS[answer.because]


def ask_for_other_certificates(questions: Questions, spoken: Iterable[Spoken], server_name: str) -> list[str]:
    """A server may hold several certificates: each kind of signature alone brings each to light. Gives why one may be unseen."""
    unclear = []
    for version in (one.version for one in spoken if one.suites and one.version >= TLS12):
        for signatures in (RSA_SIGNATURES, EC_SIGNATURES, EDWARDS_SIGNATURES):
            answer = questions.firm(Hello(version, suites_to_ask(version), server_name, signatures=signatures))
            if isinstance(answer, NoAnswer):
                unclear.append(f"{NAMES[version]}: the server {_reason(answer)}")
    return unclear


def note_agreements(questions: Questions, spoken: tuple[Spoken, ...]) -> tuple[str, ...]:
    """Adds whatever was agreed on in any handshake of the look, and gives why some of it can't be named."""
    by_version = {one.version: one for one in spoken}
    unknown = set()
    for agreement in questions.agreed:
        hello = agreement.chosen.hello
        if hello.version in by_version:
            by_version[hello.version].suites.add(hello.suite)
        else:
            unknown.add(f"the server chose the unknown version {hello.version:#06x}")
    return tuple(sorted(unknown))
