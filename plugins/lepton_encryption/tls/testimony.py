"""From handshakes to evidence."""

from __future__ import annotations

from collections.abc import Iterable

from lepton_audit import Doubt, Endpoint, LookRefused
from lepton_encryption.tls import shown
from lepton_encryption.tls.ask import Chosen
from lepton_encryption.tls.certificates import Chain
from lepton_encryption.tls.evidence import Certificate, ProtocolSuites, TlsEvidence, WeakSuite
from lepton_encryption.tls.exchange import exchange_bits
from lepton_encryption.tls.hello import TLS10, TLS13
from lepton_encryption.tls.questions import Agreement, Questions
from lepton_encryption.tls.suites import has_forward_secrecy, is_cbc, suite_name, weaknesses
from lepton_encryption.tls.survey import Spoken, ask_for_other_certificates, note_agreements, survey
from lepton_encryption.tls.trust import client_authentication, trusts

SUITE_FIELDS = (
    "by_protocol",
    "cipher_suites",
    "weak_cipher_suites",
    "weaknesses",
    "cbc_cipher_suites",
    "forward_secrecy",
)
SHOWN_FIELDS = ("dh_groups", "weakest_key_exchange_bits", "certificate", "certificates")
RENEGOTIATION_INFO = 0xFF01
AGREED_FIELDS = ("compression", "secure_renegotiation", "extended_master_secret", "client_authentication")


def unencrypted(asked: int) -> TlsEvidence:
    """A port that speaks plain HTTP, and no TLS."""
    return TlsEvidence(
        encrypted=False, plain_http=True, protocols=None, cipher_suites=None, by_protocol=(), weak_cipher_suites=None,
        weaknesses=(), cbc_cipher_suites=None, forward_secrecy=None, dh_groups=(), weakest_key_exchange_bits=None, compression=None,
        secure_renegotiation=None, extended_master_secret=None, client_authentication=None, certificate=None,
        certificates=(), handshakes=asked,
        doubts=(Doubt(because="the port speaks no TLS", fields=("by_protocol", "weaknesses", "dh_groups", "certificates")),),
    )  # fmt: skip


def encrypted(questions: Questions, endpoint: Endpoint, *, plain_http: bool | None) -> TlsEvidence:
    """Everything that a TLS server agrees to and shows. Raises: LookRefused where nothing can be named."""
    spoken = survey(questions, endpoint.server_name)
    others = ask_for_other_certificates(questions, spoken, endpoint.server_name)
    unknown = note_agreements(questions, spoken)
    accepted = [one for one in spoken if one.suites]
    if not accepted:
        raise LookRefused("the server agreed to nothing that has a name", next_step="Check the service by hand.")
    suites = tuple(map(suite_name, sorted({code for one in accepted for code in one.suites})))
    certificates, unsure = _certificates(questions, endpoint, accepted, others)
    flights = [agreement.chosen for agreement in questions.agreed]
    return TlsEvidence(
        encrypted=not plain_http,
        plain_http=plain_http,
        protocols=tuple(one.name for one in accepted),
        cipher_suites=suites,
        by_protocol=_by_protocol(accepted),
        weak_cipher_suites=tuple(suite for suite in suites if weaknesses(suite)),
        weaknesses=_weak(suites),
        cbc_cipher_suites=tuple(suite for suite in suites if is_cbc(suite)),
        forward_secrecy=all(has_forward_secrecy(suite) for suite in suites),
        dh_groups=shown.dh_groups(flights),
        weakest_key_exchange_bits=exchange_bits(flights, certificates),
        compression=any(chosen.hello.compression for chosen in flights),
        secure_renegotiation=all(RENEGOTIATION_INFO in old.chosen.hello.extensions for old in _old(questions.agreed)),
        extended_master_secret=_extended_master_secret(questions.agreed),
        client_authentication=client_authentication(
            questions, endpoint.server_name, http=endpoint.scheme == "https", flights=_by_version(flights)
        ),
        certificate=shown.weakest(certificates),
        certificates=certificates,
        handshakes=questions.asked,
        doubts=(*_doubts(spoken, unknown), *_plain_doubts(plain_http), *unsure),
    )


def _certificates(
    questions: Questions, endpoint: Endpoint, accepted: list[Spoken], reasons: list[str]
) -> tuple[tuple[Certificate, ...], tuple[Doubt, ...]]:
    versions = [one.version for one in accepted]
    chains = shown.chains(agreement.chosen for agreement in questions.agreed)
    trusted = trusts(questions, endpoint.server_name, endpoint.ca, versions)
    leaves = {chain.ders[0] for chain in chains if chain.ders}
    chains |= {Chain((leaf,)): False for leaf in trusted if leaf not in leaves}
    found = []
    for chain, stapled in chains.items():
        trust = trusted.get(chain.ders[0]) if chain.ders else None
        try:
            found.append(shown.certificate(chain, trust, endpoint.server_name, stapled=stapled))
        except ValueError:
            reasons.append("a certificate could not be read")
    reasons += _unseen(questions.agreed, versions)
    if not questions.left:
        reasons.append("the handshakes or the time for this look were used up")
    doubts = tuple(Doubt(because=because, fields=SHOWN_FIELDS) for because in sorted(set(reasons)))
    return tuple(sorted(found, key=lambda one: (one.sha256, one.chain_length))), doubts


def _unseen(agreed: list[Agreement], versions: list[int]) -> list[str]:
    whole = {agreement.chosen.hello.version for agreement in agreed if agreement.chosen.complete}
    return [
        f"{version:#06x}: no handshake showed the server's whole first flight"
        for version in versions
        if version not in whole
    ]


def _by_protocol(accepted: Iterable[Spoken]) -> tuple[ProtocolSuites, ...]:
    return tuple(
        ProtocolSuites(protocol=one.name, cipher_suites=tuple(map(suite_name, sorted(one.suites)))) for one in accepted
    )


def _weak(suites: Iterable[str]) -> tuple[WeakSuite, ...]:
    return tuple(
        WeakSuite(suite=suite, because=found.because, source=found.source)
        for suite in suites
        for found in weaknesses(suite)
    )


def _old(agreed: Iterable[Agreement]) -> list[Agreement]:
    return [agreement for agreement in agreed if agreement.chosen.hello.version < TLS13]


def _extended_master_secret(agreed: Iterable[Agreement]) -> bool | None:
    """Only where a full hello offered it. TLS 1.3 has it built in."""
    old = _old(agreed)
    offered = [one for one in old if one.asked.shape == "full" and one.chosen.hello.version >= TLS10]
    if old and not offered:
        return None
    return all(23 in one.chosen.hello.extensions for one in offered)  # noqa: PLR2004  # extended_master_secret


def _by_version(flights: Iterable[Chosen]) -> dict[int, list[Chosen]]:
    found: dict[int, list[Chosen]] = {}
    for chosen in flights:
        found.setdefault(chosen.hello.version, []).append(chosen)
    return found


def _plain_doubts(plain_http: bool | None) -> tuple[Doubt, ...]:
    if plain_http is not None:
        return ()
    return (
        Doubt(
            because="plain HTTP requests got no answer, or one that leaves open whether others are served",
            fields=("encrypted", "plain_http"),
        ),
    )


def _doubts(spoken: Iterable[Spoken], unknown: tuple[str, ...]) -> tuple[Doubt, ...]:
    """One for each version whose refusal, or whose end of suites, wasn't clear."""
    strange = tuple(Doubt(because=because, fields=("protocols", *SUITE_FIELDS)) for because in unknown)
    return strange + tuple(
        Doubt(because=f"{one.name}: the server {'; '.join(sorted(set(one.unclear)))}", fields=_doubtful(one))
        for one in spoken
        if one.unclear
    )


def _doubtful(one: Spoken) -> tuple[str, ...]:
    return (*(() if one.suites else ("protocols",)), *SUITE_FIELDS, *SHOWN_FIELDS, *AGREED_FIELDS)
