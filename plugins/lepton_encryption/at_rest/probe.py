"""`encryption.at-rest`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from lepton_audit import Artifact, Doubt, Key, LookRefused, Settings, probe
from lepton_encryption.at_rest.evidence import Answer, AtRest, FileAtRest, Verdict

if TYPE_CHECKING:
    from lepton_encryption.at_rest.sample import Sample

NONCE_REUSED = "shares its nonce with another file under the same key, which opens both (NIST SP 800-38D, section 8)"


class AtRestSettings(Settings):
    """How much of each file is looked at."""

    sample_bytes: Annotated[int, Field(strict=True, ge=65536)] = 8 << 20
    """Bytes of a file that are read without a key; of a larger file head, middle and tail."""
    proof_bytes: Annotated[int, Field(strict=True, ge=1)] = 64 << 20
    """Largest file whose decryption is tried; a larger one stays undetermined."""
    flips: Annotated[int, Field(strict=True, ge=16, le=4096)] = 64
    """Bits that are flipped in copies of a larger file, beside those at the edges of nonce, body and tag."""


@probe("encryption.at-rest", version=1, preload=("numpy", "scipy.special", "cryptography.fernet"))
def at_rest(artifact: Artifact, settings: AtRestSettings, key: Key | None = None) -> AtRest:
    """Every stored file is encrypted with an authenticated cipher: proven, refuted, or undetermined.

    What it does:
        With a declared key it decrypts a copy of each file in memory and then changes copies, bit by bit: only a cipher that refuses
        every change is proven. Without one, or where the key doesn't fit, it looks for what shows that a file is not so encrypted: a readable
        format, text, data that decompresses, repeated blocks (ECB), uneven bytes, formats known to lack authentication.
    Why it matters:
        Data and model parameters that lie in the clear are lost with the disk, the backup or the bucket. Encrypted without authentication,
        they can be changed by who can't read them, and decryption doesn't notice.
    Source:
        NIST SP 800-38D (GCM), RFC 8439 (ChaCha20-Poly1305), Fernet specification, RFC 9580 (OpenPGP), age-encryption.org/v1;
        Pearson's chi-square test at p < 1e-6.
    Known limits:
        Entropy can't tell ciphertext from well compressed data, so without the right key the best answer is undetermined. Ciphers that
        bind associated data can't be tried. Of files larger than `sample_bytes` head, middle and tail are read; files larger
        than `proof_bytes` are not decrypted. A text header of up to 4 KiB before other bytes is not taken as readable content. Keys are not
        judged beyond their size and whether they were typed.
    """
    if not artifact.files:
        raise LookRefused("the artifact holds no file", next_step="Declare the place where the data lies.")
    material = key.material() if key else None
    items = _items(artifact, settings, material)
    count = Counter(item.answer for item in items)
    return AtRest(
        answer=_overall(count),
        authenticated=False if count["refuted"] else None if count["undetermined"] else True,
        files=len(items),
        proven=count["proven"],
        refuted=count["refuted"],
        undetermined=count["undetermined"],
        key_bits=None if material is None else len(material) * 8,
        key_readable=None if material is None else all(32 <= byte < 127 for byte in material),  # noqa: PLR2004  # printable ASCII
        items=items,
        doubts=_doubts(material),
    )


def _overall(count: Counter[Answer]) -> Answer:
    if count["refuted"]:
        return "refuted"
    return "undetermined" if count["undetermined"] else "proven"


def _items(artifact: Artifact, settings: AtRestSettings, key: bytes | None) -> tuple[FileAtRest, ...]:
    names = {path: _name(path, artifact.root) for path in artifact.files}
    looked = [
        (path, *_looked(path, names[path], artifact, settings, key)) for path in sorted(names, key=names.__getitem__)
    ]
    reused = {
        nonce for nonce, times in Counter(verdict.nonce for _, _, verdict in looked).items() if nonce and times > 1
    }
    return tuple(
        FileAtRest(
            path=names[path],
            answer="refuted" if verdict.nonce in reused else verdict.answer,
            because=NONCE_REUSED if verdict.nonce in reused else verdict.because,
            size=sample.size,
            looked_at=sample.size if verdict.answer == "proven" else sample.looked_at,
            tampers_refused=verdict.refused,
        )
        for path, sample, verdict in looked
    )


def _looked(
    path: Path, name: str, artifact: Artifact, settings: AtRestSettings, key: bytes | None
) -> tuple[Sample, Verdict]:
    from lepton_encryption.at_rest.look import proved, seen
    from lepton_encryption.at_rest.sample import sample

    taken = sample(path, name, settings.sample_bytes)
    if key is None or not taken.size:
        return taken, seen(taken)
    if taken.size > settings.proof_bytes:
        tried = Verdict("undetermined", "larger than `proof_bytes`, so its decryption was not tried")
    else:
        tried = proved(path, name, key, artifact.options.cipher, sample=taken, flips=settings.flips)
    if tried.answer != "undetermined":
        return taken, tried
    without = seen(taken)
    return taken, without if without.answer == "refuted" else Verdict(
        "undetermined", f"{tried.because}; {without.because}"
    )


def _name(path: Path, root: Path) -> str:
    relative = path.name if path == root else str(path.relative_to(root))
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


def _doubts(key: bytes | None) -> tuple[Doubt, ...]:
    """A key of one repeated byte proves nothing to anyone who tries such keys."""
    if key is None or len(set(key)) > 1:
        return ()
    return (
        Doubt(because="the declared key is one byte, repeated", fields=("answer", "authenticated", "proven", "items")),
    )
