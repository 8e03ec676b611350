"""One file, one verdict."""

from __future__ import annotations

from pathlib import Path

from lepton_encryption.at_rest.ciphers import CipherName, Opened, Refused, tampered, ways
from lepton_encryption.at_rest.containers import container, unwrapped
from lepton_encryption.at_rest.evidence import Verdict
from lepton_encryption.at_rest.plain import readable
from lepton_encryption.at_rest.sample import Sample, content, of_bytes
from lepton_encryption.at_rest.statistics import pattern

DEEPEST = 3
"""Layers of base64 or hexadecimal that are taken off."""
LOOKS_RANDOM = "nothing readable, compressed or patterned was seen; good compression looks the same as encryption"


def seen(sample: Sample, depth: int = 0) -> Verdict:
    """What can be said without a key: refuted, or undetermined."""
    if sample.size == 0:
        return Verdict("undetermined", "empty: there is nothing to see")
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
    inside = unwrapped(of_bytes(whole))
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
    if not way.authenticates and way.name == "aes-ctr" and seen(of_bytes(plain)).answer != "refuted":
        return Verdict("undetermined", "aes-ctr decrypts with any key, and what comes out can't be recognised")
    outcome = tampered(stored, way, flips)
    if outcome.accepted:
        tries = outcome.accepted + outcome.refused
        return Verdict("refuted", f"{way.name} accepts {outcome.accepted} of {tries} changed copies: not authenticated")
    because = f"{way.name}: decrypts, and refuses every changed copy"
    return Verdict("proven", because, outcome.refused, stored[: way.nonce])
