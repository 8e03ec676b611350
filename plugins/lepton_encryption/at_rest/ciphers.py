"""Decrypts copies in memory with the declared key, changes them bit by bit, and sees what is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from lepton_encryption.at_rest.work import flips_every_bit

CipherName = Literal["fernet", "aes-gcm", "aes-cbc", "aes-ctr", "chacha20-poly1305"]
NONCES = {"aes-gcm": (12, 16), "chacha20-poly1305": (12,)}
TAG = 16


class Refused(Exception):
    """The cipher didn't accept the bytes under this key."""


@dataclass(frozen=True)
class Opened:
    """A way in which the declared key decrypts the bytes."""

    name: str
    decrypt: Callable[[bytes], bytes]
    """Raises: Refused."""
    authenticates: bool
    """Success shows that the key is right."""
    nonce: slice
    """Where nonce or IV stand."""
    edges: tuple[int, ...]
    """Where nonce, body and tag begin."""


def ways(content: bytes, key: bytes, declared: CipherName | None) -> Iterator[Opened]:
    """Every way that the declaration allows, or every authenticated one where nothing is declared."""
    if declared in (None, "fernet") and (fernet := _fernet(key)):
        yield Opened("Fernet", fernet, authenticates=True, nonce=slice(9, 25), edges=(0, 1, 9, 25, len(content) - 32))
    for name, sizes in NONCES.items():
        if declared in (None, name) and len(key) in ((16, 24, 32) if name == "aes-gcm" else (32,)):
            for size in sizes:
                yield _sealed(name, key, size, content, tag_first=False)
                yield _sealed(name, key, size, content, tag_first=True)
    if declared in ("aes-cbc", "aes-ctr") and len(key) in (16, 24, 32):
        yield Opened(declared, _unsealed(declared, key), authenticates=False, nonce=slice(16), edges=(0, 16))


def _sealed(name: str, key: bytes, nonce: int, content: bytes, *, tag_first: bool) -> Opened:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

    cipher = AESGCM(key) if name == "aes-gcm" else ChaCha20Poly1305(key)

    def decrypt(sealed: bytes) -> bytes:
        if len(sealed) < nonce + TAG:
            raise Refused
        rest = memoryview(sealed)[nonce:]
        try:
            return cipher.decrypt(sealed[:nonce], bytes(rest[TAG:]) + bytes(rest[:TAG]) if tag_first else rest, None)
        except InvalidTag:
            raise Refused from None

    edge = nonce + TAG if tag_first else len(content) - TAG
    return Opened(name, decrypt, authenticates=True, nonce=slice(nonce), edges=(0, nonce, edge))


def _unsealed(name: str, key: bytes) -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    def decrypt(sealed: bytes) -> bytes:
        cbc = name == "aes-cbc"
        if len(sealed) < 17 or (cbc and len(sealed) % 16):  # noqa: PLR2004  # an IV and more
            raise Refused
        mode = modes.CBC(sealed[:16]) if cbc else modes.CTR(sealed[:16])
        decryptor = Cipher(algorithms.AES(key), mode).decryptor()
        plain = decryptor.update(sealed[16:]) + decryptor.finalize()
        if not cbc:
            return plain
        unpadder = PKCS7(128).unpadder()
        try:
            return unpadder.update(plain) + unpadder.finalize()
        except ValueError:
            raise Refused from None

    return decrypt


def _fernet(key: bytes) -> Callable[[bytes], bytes] | None:
    """Takes a token's bytes, so that a change is a change of the token and not of how base64 is written."""
    from cryptography.fernet import Fernet, InvalidToken

    try:
        cipher = Fernet(base64.urlsafe_b64encode(key) if len(key) == 32 else key.strip())  # noqa: PLR2004  # 256 bits
    except ValueError:
        return None

    def decrypt(token: bytes) -> bytes:
        try:
            return cipher.decrypt(base64.urlsafe_b64encode(token))
        except (InvalidToken, ValueError):
            raise Refused from None

    return decrypt


@dataclass(frozen=True)
class Tampered:
    """How changed copies fared."""

    refused: int
    accepted: int


def tampered(content: bytes, way: Opened, flips: int) -> Tampered:
    """Decrypts copies with one bit flipped, one byte cut off or one added. The copies live in memory."""
    refused = accepted = 0
    for copy in _copies(content, way.edges, flips):
        try:
            way.decrypt(copy)
        except Refused:
            refused += 1
        else:
            accepted += 1
    return Tampered(refused, accepted)


def _copies(content: bytes, edges: tuple[int, ...], flips: int) -> Iterator[bytes]:
    for place, bit in _places(len(content), edges, flips):
        copy = bytearray(content)
        copy[place] ^= 1 << bit
        yield bytes(copy)
    yield content[:-1]
    yield content[:-TAG]
    yield content + b"\x00"


def _places(size: int, edges: tuple[int, ...], flips: int) -> list[tuple[int, int]]:
    """Every bit of a short copy; else both sides of each edge and places evenly spread, each with another bit."""
    if flips_every_bit(size, flips):
        return [(place, bit) for place in range(size) for bit in range(8)]
    beside = {place for edge in edges for place in (edge - 1, edge) if 0 <= place < size}
    spread = {size * step // flips for step in range(flips)}
    return [(place, number % 8) for number, place in enumerate(sorted(beside | spread | {size - 1}))]
