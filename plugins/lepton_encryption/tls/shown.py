"""What a server showed in its handshakes: certificates and groups."""

from __future__ import annotations

from collections.abc import Iterable

from lepton_encryption.tls import certificates as certs
from lepton_encryption.tls.ask import Chosen
from lepton_encryption.tls.evidence import Certificate, DhGroup
from lepton_encryption.tls.hello import TLS13
from lepton_encryption.tls.suites import suite_name
from lepton_encryption.tls.trust import Trust
from lepton_encryption.tls.wire import CERTIFICATE, SERVER_KEY_EXCHANGE, STATUS, Malformed, Reader, certificates


def chains(flights: Iterable[Chosen]) -> dict[certs.Chain, bool]:
    """Every chain shown -> whether an OCSP answer came with it each time."""
    found: dict[certs.Chain, bool] = {}
    for chosen in flights:
        tls13 = chosen.hello.version == TLS13
        for message in chosen.flight:
            if message.kind == CERTIFICATE:
                chain = certs.Chain(_listed(message.body, tls13=tls13))
                stapled = _stapled13(message.body) if tls13 else any(m.kind == STATUS for m in chosen.flight)
                found[chain] = stapled and found.get(chain, True)
    return found


def _listed(body: bytes, *, tls13: bool) -> tuple[bytes, ...]:
    try:
        return certificates(body, tls13=tls13)
    except Malformed:
        return ()


def _stapled13(body: bytes) -> bool:
    """The first entry carries status_request. Source: RFC 8446, section 4.4.2.1."""
    try:
        reader = Reader(body)
        reader.vector(1)
        entries = Reader(reader.vector(3))
        entries.vector(3)
        extensions = Reader(entries.vector(2))
        kinds = []
        while extensions.left:
            kinds.append(extensions.number(2))
            extensions.vector(2)
    except Malformed:
        return False
    return 5 in kinds  # noqa: PLR2004  # status_request


def certificate(chain: certs.Chain, trust: Trust | None, server_name: str, *, stapled: bool) -> Certificate:
    """What one chain says. Raises: ValueError for one that can't be read."""
    parsed = chain.parsed()
    if not parsed:
        raise ValueError("an empty chain")
    verified = certs.Chain(trust.chain).parsed() if trust else []
    leaf, keys = parsed[0], [certs.public_key(one) for one in (*parsed, *verified)]
    signed = [one for at, one in enumerate(parsed) if at == 0 or not certs.is_self_signed(one)]
    return Certificate(
        trusted=trust.trusted if trust else None,
        verification=trust.because if trust else "not determined",
        host_matches=certs.matches(leaf, server_name),
        days_left=min(map(certs.days_left, verified or parsed)),
        not_before=leaf.not_valid_before_utc.isoformat(),
        not_after=leaf.not_valid_after_utc.isoformat(),
        lifetime_days=(leaf.not_valid_after_utc - leaf.not_valid_before_utc).total_seconds() / 86400,
        key_type=keys[0].type,
        key_bits=keys[0].bits,
        security_bits=keys[0].security_bits,
        chain_security_bits=min(key.security_bits for key in keys),
        signature_hash=min(map(certs.signature_hash, signed), key=certs.hash_rank),
        self_signed=certs.is_self_signed(leaf),
        chain_length=len(parsed),
        must_staple=certs.must_staple(leaf),
        stapled=stapled,
        sha256=certs.fingerprint(chain.ders[0]),
    )


def weakest(shown: tuple[Certificate, ...]) -> Certificate | None:
    """The weakest value of every field, so that no certificate hides behind a better one."""
    if len(shown) < 2:  # noqa: PLR2004  # one is its own weakest
        return shown[0] if shown else None
    key = min(shown, key=lambda one: (one.security_bits, one.sha256))
    least_trusted = min(shown, key=lambda one: {False: 0, None: 1, True: 2}[one.trusted])
    return key.model_copy(
        update={
            "trusted": least_trusted.trusted,
            "verification": least_trusted.verification,
            "host_matches": all(one.host_matches for one in shown),
            "days_left": min(one.days_left for one in shown if one.days_left is not None),
            "not_before": max(one.not_before for one in shown),
            "not_after": min(one.not_after for one in shown),
            "lifetime_days": max(one.lifetime_days for one in shown),
            "chain_security_bits": min(one.chain_security_bits for one in shown),
            "signature_hash": min((one.signature_hash for one in shown), key=certs.hash_rank),
            "self_signed": any(one.self_signed for one in shown),
            "chain_length": min(one.chain_length for one in shown),
            "must_staple": any(one.must_staple for one in shown),
            "stapled": all(one.stapled for one in shown),
            "sha256": ",".join(one.sha256 for one in shown),
        }
    )


def dh_groups(flights: Iterable[Chosen]) -> tuple[DhGroup, ...]:
    """The primes in the ServerKeyExchange of DHE suites, smallest first. Source: RFC 5246, section 7.4.3."""
    sizes = {
        _prime_bits(message.body)
        for chosen in flights
        if _is_finite(suite_name(chosen.hello.suite))
        for message in chosen.flight
        if message.kind == SERVER_KEY_EXCHANGE
    }
    return tuple(DhGroup(bits=size) for size in sorted(sizes))


def _is_finite(suite: str) -> bool:
    exchange = suite.partition("_WITH_")[0]
    return "PSK" not in exchange and ("_DHE_" in exchange + "_" or "_DH_anon" in exchange)


def _prime_bits(body: bytes) -> int:
    """Zero for a group that can't be read: no limit passes it."""
    try:
        return int.from_bytes(Reader(body).vector(2), "big").bit_length()
    except Malformed:
        return 0
