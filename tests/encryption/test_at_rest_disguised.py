"""encryption.at-rest: what once passed for encrypted, and what was refuted though it is. Ciphers and MACs by pyca and the standard library."""

from __future__ import annotations

import base64
import hmac

import numpy as np
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

from lepton_audit import LookRefused

RNG = np.random.default_rng(23)
KEY = RNG.bytes(32)
ROWS = b"".join(b"%d,Ada Lovelace,1815-12-10,%d\n" % (number, number * 7919 % 1000) for number in range(400))


def gcm(plain: bytes, nonce: bytes = bytes(range(12))) -> bytes:
    return nonce + AESGCM(KEY).encrypt(nonce, plain, None)


def folder_of(tmp_path, files):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_fernet_tokens_that_share_an_initial_vector_are_refuted(look_at, tmp_path):
    fernet = Fernet(base64.urlsafe_b64encode(KEY))
    tokens = {str(n): fernet._encrypt_from_parts(ROWS + b"%d" % n, 1_700_000_000 + n, bytes(16)) for n in range(3)}
    seen = look_at(folder_of(tmp_path, tokens), secret=KEY)
    assert (seen.answer, seen.refuted) == ("refuted", 3)
    (tmp_path / "folder" / "1").write_bytes(fernet.encrypt(ROWS))
    assert look_at(tmp_path / "folder", secret=KEY).refuted == 2


def test_a_copy_of_a_file_shares_its_nonce_and_gives_nothing_away(look_at, tmp_path):
    seen = look_at(folder_of(tmp_path, {"a": gcm(ROWS), "a.bak": gcm(ROWS)}), secret=KEY)
    assert (seen.answer, seen.proven) == ("proven", 2)


ARMOURED = base64.encodebytes(gcm(b"x" * 100))
HIDING = {
    "lines with colons": b"Patient1: Ada Lovelace diagnosis hiv\nPatient2: Charles Babbage\n\n" + ARMOURED,
    "a comment": b"Comment: Ada Lovelace, diagnosis hiv\n\n" + ARMOURED,
    "lines that begin like a checksum": b"\n" + ARMOURED + b"=Ada Lovelace, diagnosis hiv\n=AAAA\n",
    "a colon in the body": b"\n" + ARMOURED + b"Patient: Ada\n",
}


@pytest.mark.parametrize("inside", HIDING.values(), ids=HIDING)
def test_plain_text_in_an_armour_is_not_proven_encrypted(look_at, inside):
    stored = b"-----BEGIN PGP MESSAGE-----\n" + inside + b"-----END PGP MESSAGE-----\n"
    assert look_at(stored, secret=KEY, cipher="aes-gcm").answer != "proven"


def test_headers_that_no_standard_knows_are_readable_text(look_at):
    stored = b"-----BEGIN PGP MESSAGE-----\n" + HIDING["lines with colons"] + b"-----END PGP MESSAGE-----\n"
    assert look_at(stored).answer == "refuted"


@pytest.mark.parametrize("checksum", [b"", b"=aB3/\n"])
def test_an_armour_without_headers_is_proven_by_its_key(look_at, checksum):
    stored = b"-----BEGIN PGP MESSAGE-----\n\n" + ARMOURED + checksum + b"-----END PGP MESSAGE-----\n"
    assert look_at(stored, secret=KEY, cipher="aes-gcm").answer == "proven"


def encrypt_then_mac(plain: bytes, mode: str, number: int) -> bytes:
    vector = number.to_bytes(16, "big")
    padder = PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize() if mode == "aes-cbc" else plain
    made = modes.CBC(vector) if mode == "aes-cbc" else modes.CTR(vector)
    encryptor = Cipher(algorithms.AES(KEY), made).encryptor()
    sealed = vector + encryptor.update(padded) + encryptor.finalize()
    return sealed + hmac.digest(KEY, sealed, "sha256")


@pytest.mark.parametrize("mode", ["aes-cbc", "aes-ctr"])
@pytest.mark.parametrize("plain", [ROWS[:300], b"\x89PNG\r\n\x1a\n" + RNG.bytes(300)], ids=["text", "magic"])
def test_a_mac_after_the_ciphertext_is_no_proof_that_there_is_none(look_at, tmp_path, mode, plain):
    """Of 600 files, the last byte of two or three decrypts to a valid padding by chance."""
    files = {f"{number:03}": encrypt_then_mac(plain, mode, number) for number in range(600)}
    seen = look_at(folder_of(tmp_path, files), secret=KEY, cipher=mode)
    assert (seen.answer, seen.refuted) == ("undetermined", 0)


def test_a_mac_before_the_ciphertext_is_no_proof_that_there_is_none(look_at):
    sealed = encrypt_then_mac(ROWS, "aes-cbc", 5)[:-32]
    assert look_at(hmac.digest(KEY, sealed, "sha256") + sealed, secret=KEY, cipher="aes-cbc").answer == "undetermined"


def test_an_empty_file_is_counted_apart_and_hides_nothing(look_at, tmp_path):
    folder = folder_of(tmp_path, {"a": gcm(ROWS), ".gitkeep": b""})
    seen = look_at(folder, secret=KEY)
    assert (seen.answer, seen.files, seen.empty, seen.proven) == ("proven", 2, 1, 1)
    assert [item.path for item in seen.items] == ["a"]


def test_an_artifact_of_empty_files_is_refused(look_at, tmp_path):
    with pytest.raises(LookRefused):
        look_at(folder_of(tmp_path, {"a": b"", "b": b""}), secret=KEY)


def test_the_work_of_a_look_is_bounded_in_bytes(look_at, tmp_path):
    folder = folder_of(tmp_path, {name: gcm(RNG.bytes(100_000), name.encode() * 12) for name in "abc"})
    whole = look_at(folder, secret=KEY)
    least = look_at(folder, secret=KEY, work_bytes=10_000_000)
    assert (whole.proven, least.proven) == (3, 3)
    assert sum(i.tampers_refused for i in least.items) * 100_000 <= 10_000_000
    assert whole.items[0].tampers_refused > 60 > least.items[0].tampers_refused
    little = look_at(folder, secret=KEY, work_bytes=1_000_000)
    assert (little.answer, little.refuted) == ("undetermined", 0)
    assert "work_bytes" in little.items[-1].because
