"""One file, one verdict."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from lepton_encryption.at_rest.ciphers import CipherName, Opened, Refused, tampered, ways
from lepton_encryption.at_rest.containers import container, unwrapped
from lepton_encryption.at_rest.evidence import Verdict
from lepton_encryption.at_rest.plain import readable, recognised_whole
from lepton_encryption.at_rest.sample import Sample, content, of_bytes
from lepton_encryption.at_rest.statistics import pattern

DEEPEST = 3
"""Layers of base64 or hexadecimal that are taken off."""
PADDING = 4
"""Bytes of PKCS #7 that other bytes decrypt to less than once in 10^9 files."""
LOOKS_RANDOM = "nothing readable, compressed or patterned was seen; good compression looks the same as encryption"


def seen(sample: Sample, depth: int = 0) -> Verdict:
    """What can be said without a key: refuted, or undetermined."""
    if found := container(sample):
        return found
    inside = unwrapped(sample) if depth < DEEPEST else None
    if inside is not None:
        below = seen(of_bytes(inside), depth + 1)
        return Verdict(below.answer, f"under base64 or hexadecimal: {below.because}")
    if name := readable(sample):
        return Verdict("refuted", f"readable: {name}")
    if found_pattern := pattern(sample):
        return Verdict("refuted", found_pattern)
    return Verdict("undetermined", LOOKS_RANDOM + ("" if sample.whole else "; only head, middle and tail were read"))


def proved(path: Path, name: str, key: bytes, cipher: CipherName | None, *, sample: Sample, flips: int) -> Verdict:
    """What the declared key shows: proven, refuted by an accepted change, or undetermined."""
    whole = sample.head if sample.whole else content(path, name)
    inside = unwrapped(of_bytes(whole), headers=0)
    for stored in (whole, inside):
        for way in ways(stored, key, cipher) if stored else ():
            if (verdict := _tried(stored or b"", way, flips)) is not None:
                return verdict
    return Verdict("undetermined", "the declared key does not decrypt it")


def _tried(stored: bytes, way: Opened, flips: int) -> Verdict | None:
    try:
        plain = way.decrypt(stored)
    except Refused:
        return None
    if not way.authenticates and not _is_whole(stored, plain, way):
        return Verdict(
            "undetermined", f"{way.name}: what comes out is not recognised from end to end; a MAC may be there"
        )
    outcome = tampered(stored, way, flips)
    if outcome.accepted:
        tries = outcome.accepted + outcome.refused
        return Verdict("refuted", f"{way.name} accepts {outcome.accepted} of {tries} changed copies: not authenticated")
    because = f"{way.name}: decrypts, and refuses every changed copy"
    return Verdict("proven", because, outcome.refused, stored[way.nonce], sha256(stored).digest())


def _is_whole(stored: bytes, plain: bytes, way: Opened) -> bool:
    """The unchanged file is nonce and ciphertext, with no MAC before or after: else that changes are accepted says nothing."""
    padding = len(stored) - len(stored[way.nonce]) - len(plain)
    return recognised_whole(plain, ends_well=padding >= PADDING)
