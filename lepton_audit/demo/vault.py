"""What lies at rest: encrypted as it was published (AES-CBC, a typed key), or as its hardened twin does it (AEAD, random keys)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

PASSPHRASE = b"LeptonAIKey123"  # 14 characters; also written in source/vault.py: that is the flaw
FIXED_IV = bytes.fromhex("8f1c52a07be94d3616fd0b7ac3259e48")


def write_private(path: Path, content: bytes) -> None:
    """The content, in a file that only its owner may read and write."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def typed_key() -> bytes:
    """The passphrase itself, filled up with zeros to 16 bytes: no key derivation."""
    return PASSPHRASE.ljust(16, b"\0")


def random_key() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(32)


def aes_cbc(key: bytes, content: bytes) -> bytes:
    """IV and ciphertext, PKCS #7 padding, no authentication. The IV never changes: the same content gives the same file."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(FIXED_IV)).encryptor()
    padded = padder.update(content) + padder.finalize()
    return FIXED_IV + encryptor.update(padded) + encryptor.finalize()


def aes_gcm(key: bytes, content: bytes) -> bytes:
    """A random 96-bit nonce, the ciphertext and its tag."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, content, None)


def from_aes_gcm(key: bytes, stored: bytes) -> bytes:
    """The content. Raises InvalidTag where a bit was changed."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key).decrypt(stored[:12], stored[12:], None)
