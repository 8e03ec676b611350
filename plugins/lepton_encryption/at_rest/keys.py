"""What a key's bytes say of how it was made. A drawn key says nothing; one that says something can be guessed."""

from __future__ import annotations

import base64
import itertools
import re
from dataclasses import dataclass

_HEX = re.compile(rb"[0-9]*(?:[a-f][0-9a-f]*|[A-F][0-9A-F]*)")
"""In one case and with a letter: 32 drawn hexadecimal digits are all decimal less than once in three million keys."""


@dataclass(frozen=True)
class KeySeen:
    """What is known of a key, without a byte of it."""

    bits: int
    """Bits that whoever drew it may have drawn."""
    readable: bool
    patterned: bool


def key_seen(material: bytes) -> KeySeen:
    """Of a key that is used as its own text (a Fernet key, hexadecimal digits), what that text stands for is looked at."""
    drawn = _drawn(material)
    readable = all(32 <= byte < 127 for byte in drawn)  # noqa: PLR2004  # printable ASCII
    return KeySeen(len(drawn) * 8, readable, _patterned(drawn))


def _drawn(material: bytes) -> bytes:
    text = material.strip()
    if len(text) == 44 and text.endswith(b"="):  # noqa: PLR2004  # 32 bytes in base64
        try:
            return base64.b64decode(text.translate(bytes.maketrans(b"-_", b"+/")), validate=True)
        except ValueError:
            return material
    return bytes.fromhex(text.decode()) if len(text) % 2 == 0 and _HEX.fullmatch(text) else material


def _patterned(key: bytes) -> bool:
    """A sequence with one step, a repetition, or half as many different bytes as bytes: in none of 10^9 drawn keys of 128 bits."""
    steps = {(after - before) % 256 for before, after in itertools.pairwise(key)}
    repeated = any(key[period:] == key[:-period] for period in range(1, len(key) // 2 + 1))
    return len(steps) < 2 or repeated or len(set(key)) * 2 <= len(key)  # noqa: PLR2004  # one step throughout
