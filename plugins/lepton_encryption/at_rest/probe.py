"""`encryption.at-rest`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from lepton_audit import Artifact, Doubt, Key, LookRefused, Seconds, Settings, probe
from lepton_encryption.at_rest.evidence import Answer, AtRest, FileAtRest, Verdict

if TYPE_CHECKING:
    from lepton_encryption.at_rest.keys import KeySeen
    from lepton_encryption.at_rest.sample import Sample
    from lepton_encryption.at_rest.work import Work

NONCE_REUSED = "shares its nonce or initial vector with another content under the same key (NIST SP 800-38D, section 8; SP 800-38A, appendix C)"
WORK_SPENT = "not decrypted: the work of this look, `work_bytes`, is spent"


class AtRestSettings(Settings):
    """How much of each file is looked at."""

    sample_bytes: Annotated[int, Field(strict=True, ge=65536)] = 8 << 20
    """Bytes of a file that are read without a key; of a larger file head, middle and tail."""
    proof_bytes: Annotated[int, Field(strict=True, ge=1)] = 64 << 20
    """Largest file whose decryption is tried; a larger one stays undetermined."""
    flips: Annotated[int, Field(strict=True, ge=16, le=4096)] = 64
    """Bits that are flipped in copies of a larger file, beside those at the edges of nonce, body and tag."""
    work_bytes: Annotated[int, Field(strict=True, ge=1)] = 8 << 30
    """Bytes that all decryptions of a look may come to: first fewer bits are flipped, then later files stay undetermined."""


@probe(
    "encryption.at-rest",
    version=2,
    seconds=Seconds(quick=240.0, full=3600.0),
    preload=("numpy", "scipy.special", "cryptography.fernet"),
)
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
        than `proof_bytes` are not decrypted. A text header of up to 4 KiB before other bytes is not taken as readable content. A key that
        was derived from a password looks like a drawn one. Nonces are compared within one artifact: two artifacts under one key are not
        compared with each other, so declare files that share a key as one folder. AES-CBC or AES-CTR with a MAC beside it can't be
        proven, and is refuted only where what comes out makes sense from end to end. Names of files are not looked at.
    """
    if not artifact.files:
        raise LookRefused("the artifact holds no file", next_step="Declare the place where the data lies.")
    from lepton_encryption.at_rest.keys import key_seen

    material = key.material() if key else None
    kept = None if material is None else key_seen(material)
    items = _items(artifact, settings, material)
    if not items:
        raise LookRefused("every file of the artifact is empty", next_step="Declare the place where the data lies.")
    count = Counter(item.answer for item in items)
    return AtRest(
        answer=_overall(count),
        authenticated=False if count["refuted"] else None if count["undetermined"] else True,
        files=len(artifact.files),
        empty=len(artifact.files) - len(items),
        proven=count["proven"],
        refuted=count["refuted"],
        undetermined=count["undetermined"],
        key_bits=kept and kept.bits,
        key_readable=kept and kept.readable,
        key_patterned=kept and kept.patterned,
        key_exposed=getattr(key, "exposed", None),
        items=items,
        doubts=_doubts(kept),
    )


def _overall(count: Counter[Answer]) -> Answer:
    if count["refuted"]:
        return "refuted"
    return "undetermined" if count["undetermined"] else "proven"


def _items(artifact: Artifact, settings: AtRestSettings, key: bytes | None) -> tuple[FileAtRest, ...]:
    """Each file that isn't empty, by path."""
    from lepton_encryption.at_rest.sample import size
    from lepton_encryption.at_rest.work import planned_work

    names = {path: _name(path, artifact.root) for path in artifact.files}
    sizes = {path: size(path, names[path]) for path in names}
    filled = sorted((path for path in sizes if sizes[path]), key=names.__getitem__)
    tried = [sizes[path] for path in filled if sizes[path] <= settings.proof_bytes]
    work = planned_work(tried, most=settings.work_bytes, flips=settings.flips)
    looked = [(names[path], *_looked(path, names[path], artifact, settings, key=key, work=work)) for path in filled]
    reused = _reused(verdict for _, _, verdict in looked)
    return tuple(_item(name, sample, verdict, reused) for name, sample, verdict in looked)


def _reused(verdicts: Iterable[Verdict]) -> set[bytes]:
    """Nonces with which more than one content is encrypted; a mere copy of a file gives nothing away."""
    contents: dict[bytes, set[bytes]] = {}
    for verdict in verdicts:
        contents.setdefault(verdict.nonce, set()).add(verdict.content)
    return {nonce for nonce, different in contents.items() if nonce and len(different) > 1}


def _item(name: str, sample: Sample, verdict: Verdict, reused: set[bytes]) -> FileAtRest:
    return FileAtRest(
        path=name,
        answer="refuted" if verdict.nonce in reused else verdict.answer,
        because=NONCE_REUSED if verdict.nonce in reused else verdict.because,
        size=sample.size,
        looked_at=sample.size if verdict.answer == "proven" else sample.looked_at,
        tampers_refused=verdict.refused,
    )


def _looked(
    path: Path, name: str, artifact: Artifact, settings: AtRestSettings, *, key: bytes | None, work: Work
) -> tuple[Sample, Verdict]:
    from lepton_encryption.at_rest.look import proved, seen
    from lepton_encryption.at_rest.sample import sample

    taken = sample(path, name, settings.sample_bytes)
    if key is None:
        return taken, seen(taken)
    if taken.size > settings.proof_bytes:
        tried = Verdict("undetermined", "larger than `proof_bytes`, so its decryption was not tried")
    elif not work.affords(taken.size):
        tried = Verdict("undetermined", WORK_SPENT)
    else:
        tried = proved(path, name, key, artifact.options.cipher, sample=taken, flips=work.flips)
    if tried.answer != "undetermined":
        return taken, tried
    without = seen(taken)
    return taken, without if without.answer == "refuted" else Verdict(
        "undetermined", f"{tried.because}; {without.because}"
    )


def _name(path: Path, root: Path) -> str:
    relative = path.name if path == root else str(path.relative_to(root))
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


def _doubts(key: KeySeen | None) -> tuple[Doubt, ...]:
    """A key with a pattern proves nothing to anyone who tries such keys."""
    if key is None or not key.patterned:
        return ()
    fields = ("answer", "authenticated", "proven", "items")
    return (Doubt(because="the declared key is a sequence, a repetition, or of few different bytes", fields=fields),)
