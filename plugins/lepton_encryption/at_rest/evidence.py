"""What `encryption.at-rest` testifies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lepton_audit import Count, Evidence, EvidencePart, measure, part

Answer = Literal["proven", "refuted", "undetermined"]


@dataclass(frozen=True)
class Verdict:
    """What is known of one file, and why."""

    answer: Answer
    because: str
    refused: int = 0
    """Changed copies that the cipher refused."""
    nonce: bytes = b""
    """Of a proven file: no other content under the same key may have it."""
    content: bytes = b""
    """Of a proven file: a digest, which tells a copy from another content."""


class FileAtRest(EvidencePart):
    """One file."""

    path: str = measure("Path inside the artifact.", unit="path", strength="proven")
    answer: Answer = measure(
        "Encrypted with an authenticated cipher: proven, refuted or undetermined.", unit="answer", strength="proven"
    )
    because: str = measure("What was seen.", unit="text", strength="proven")
    size: Count = measure("Size.", unit="bytes", strength="proven")
    looked_at: Count = measure("Bytes that the tests looked at.", unit="bytes", strength="proven")
    tampers_refused: Count = measure("Changed copies that decryption refused.", unit="copies", strength="proven")


class AtRest(Evidence):
    """Whether stored data is encrypted with an authenticated cipher."""

    answer: Answer = measure(
        "Refuted if any file is, proven only if every file is, else undetermined.", unit="answer", strength="proven"
    )
    authenticated: bool | None = measure(
        "Every file refuses every change that was tried; false if one is refuted.", unit="boolean", strength="proven"
    )
    files: Count = measure("Regular files.", unit="files", strength="proven")
    empty: Count = measure("Files without a byte; they hold nothing to protect.", unit="files", strength="proven")
    proven: Count = measure(
        "Files that decrypt with the declared key and refuse every changed copy.", unit="files", strength="proven"
    )
    refuted: Count = measure(
        "Files that are readable, compressed, patterned, or accept a changed copy.", unit="files", strength="proven"
    )
    undetermined: Count = measure("Files of which neither is shown.", unit="files", strength="proven")
    key_bits: Count | None = measure(
        "Size of the declared key, of one written in hexadecimal or base64 without the writing; null without one.",
        unit="bits",
        strength="proven",
    )
    key_readable: bool | None = measure(
        "The key's bytes are all printable: it was typed, not drawn; null without a key.",
        unit="boolean",
        strength="proven",
    )
    key_patterned: bool | None = measure(
        "The key is a sequence, a repetition, or has few different bytes; null without a key.",
        unit="boolean",
        strength="proven",
    )
    key_exposed: bool | None = measure(
        "Others than its owner may read or change the key's file; null without a key, or where its place is not known.",
        unit="boolean",
        strength="proven",
    )
    items: tuple[FileAtRest, ...] = part("Each file that is not empty, by path.")
