"""encryption.at-rest: what is proven, what is refuted, what stays open. Ciphers by pyca, gpg and openssl; random bytes by numpy."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.padding import PKCS7

from lepton_audit import LookRefused

RNG = np.random.default_rng(7)
KEY = RNG.bytes(32)
ROWS = b"".join(b"%d,Ada Lovelace,1815-12-10,%d\n" % (number, number * 7919 % 1000) for number in range(4000))
RANDOM = RNG.bytes(1 << 20)


def gcm(plain: bytes, nonce: bytes = bytes(range(12)), key: bytes = KEY) -> bytes:
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def block_cipher(plain: bytes, mode: modes.Mode, *, front: bytes = b"", pad: bool = True, key: bytes = KEY) -> bytes:
    padder = PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize() if pad else plain
    encryptor = Cipher(algorithms.AES(key), mode).encryptor()
    return front + encryptor.update(padded) + encryptor.finalize()


def ecb(plain: bytes) -> bytes:
    return block_cipher(plain, modes.ECB())  # noqa: S305  # the planted defect


def sqlite_file() -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute("create table patients (name text)")
    database.commit()
    return database.serialize()


def zip_file() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("model/weights.bin", RNG.bytes(4096))
    return out.getvalue()


def npy_file() -> bytes:
    out = io.BytesIO()
    np.save(out, RNG.normal(size=(200, 4)))
    return out.getvalue()


def parquet_file(folder: Path) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"age": list(range(100))}), folder / "t.parquet")
    return (folder / "t.parquet").read_bytes()


def xored(plain: bytes, key: bytes) -> bytes:
    return bytes(np.resize(np.frombuffer(key, np.uint8), len(plain)) ^ np.frombuffer(plain, np.uint8))


REFUTED = {
    "csv": ROWS,
    "short text": b"name,age\nAda,36\n",
    "utf-8 text": "Größe;Straße;Führerschein;Überweisung\n".encode() * 3,
    "utf-16 text": ("Ada Lovelace; London; 1815\n" * 20).encode("utf-16"),
    "json": json.dumps({"weights": [0.5] * 40}).encode(),
    "pickle": pickle.dumps({"coef": [0.25] * 50}),
    "short pickle": pickle.dumps([1, 2, 3]),
    "sqlite": sqlite_file(),
    "zip": zip_file(),
    "numpy": npy_file(),
    "gzip": gzip.compress(ROWS),
    "zlib": zlib.compress(ROWS),
    "short zlib": zlib.compress(b"Ada"),
    "raw deflate": zlib.compress(ROWS)[2:-4],
    "bzip2": bz2.compress(ROWS),
    "xz": lzma.compress(ROWS),
    "lzma alone": lzma.compress(ROWS, format=lzma.FORMAT_ALONE),
    "float weights": RNG.normal(size=20000).astype("<f4").tobytes(),
    "zeros": bytes(4096),
    "base64 of text": base64.b64encode(ROWS),
    "hex of text": ROWS.hex().encode(),
    "aes-ecb of csv": ecb(ROWS),
    "single-byte xor": xored(ROWS, b"\xa7"),
    "repeated 16-byte xor": xored(ROWS * 2, RNG.bytes(16)),
    "repeated 31-byte xor": xored(ROWS * 2, RNG.bytes(31)),
    "only the head encrypted": RANDOM[:65536] + ROWS,
    "text in a random sea": RANDOM[:200000] + ROWS[:200] + RANDOM[200000:400000],
    "binary rows in a random sea": RANDOM[:262144] + np.arange(4096, dtype="<i8").tobytes() + RANDOM[262144:500000],
    "openssl enc": b"Salted__" + RNG.bytes(5000),
    "openssl enc in base64": base64.b64encode(b"Salted__" + RNG.bytes(504)),
    "counting bytes": bytes(range(256)) * 64,
    "openpgp without integrity": b"\x8c\x0d" + b"\x04\x09\x03\x08" + RNG.bytes(9) + b"\xc9\xbe" + RNG.bytes(190),
}


@pytest.mark.parametrize("stored", REFUTED.values(), ids=REFUTED)
def test_data_that_is_not_well_encrypted_is_refuted(look_at, stored):
    seen = look_at(stored)
    assert (seen.answer, seen.authenticated) == ("refuted", False)


@pytest.mark.parametrize("stored", REFUTED.values(), ids=REFUTED)
def test_a_key_that_does_not_fit_makes_nothing_look_encrypted(look_at, stored):
    assert look_at(stored, secret=KEY).answer == "refuted"


def test_a_parquet_file_is_refuted(look_at, tmp_path):
    assert look_at(parquet_file(tmp_path)).answer == "refuted"


@pytest.mark.parametrize("size", [1, 15, 16, 100, 1000, 5000, 65536, 1 << 20])
def test_random_bytes_are_undetermined_without_a_key(look_at, size):
    assert look_at(RANDOM[:size]).answer == "undetermined"


@pytest.mark.slow
def test_two_thousand_random_files_are_never_refuted(tmp_path, look_at):
    rng, folder = np.random.default_rng(11), tmp_path / "random"
    folder.mkdir()
    for number in range(2000):
        (folder / f"{number}").write_bytes(rng.bytes(int(rng.integers(1, 40000))))
    assert look_at(folder).refuted == 0


PROVEN = {
    "aes-256-gcm": (gcm(ROWS), KEY, "aes-gcm"),
    "aes-128-gcm": (gcm(ROWS, key=KEY[:16]), KEY[:16], "aes-gcm"),
    "aes-gcm, undeclared": (gcm(ROWS), KEY, None),
    "aes-gcm, nonce of 16 bytes": (gcm(ROWS, bytes(range(16))), KEY, "aes-gcm"),
    "aes-gcm, tag first": ((s := gcm(ROWS))[:12] + s[-16:] + s[12:-16], KEY, "aes-gcm"),
    "aes-gcm, one byte": (gcm(b"x"), KEY, "aes-gcm"),
    "aes-gcm in base64": (base64.b64encode(gcm(ROWS)), KEY, "aes-gcm"),
    "chacha20-poly1305": (
        bytes(12) + ChaCha20Poly1305(KEY).encrypt(bytes(12), ROWS, None),
        KEY,
        "chacha20-poly1305",
    ),
    "fernet": (Fernet(base64.urlsafe_b64encode(KEY)).encrypt(ROWS), KEY, "fernet"),
    "fernet, undeclared": (Fernet(base64.urlsafe_b64encode(KEY)).encrypt(ROWS), KEY, None),
    "fernet, key as text": (
        Fernet(base64.urlsafe_b64encode(KEY)).encrypt(ROWS),
        base64.urlsafe_b64encode(KEY),
        "fernet",
    ),
}


@pytest.mark.parametrize(("stored", "key", "cipher"), PROVEN.values(), ids=PROVEN)
def test_an_authenticated_cipher_is_proven_with_its_key(look_at, stored, key, cipher):
    seen = look_at(stored, secret=key, cipher=cipher)
    assert (seen.answer, seen.authenticated, seen.proven) == ("proven", True, 1)
    assert seen.items[0].tampers_refused > 50


@pytest.mark.parametrize(("stored", "key", "cipher"), PROVEN.values(), ids=PROVEN)
def test_the_wrong_key_proves_nothing(look_at, stored, key, cipher):
    wrong = bytes(byte ^ 1 for byte in KEY)
    seen = look_at(stored, secret=wrong, cipher=cipher)
    assert seen.answer == "undetermined"
    assert "does not decrypt" in seen.items[0].because


@pytest.mark.parametrize(("stored", "key", "cipher"), PROVEN.values(), ids=PROVEN)
def test_one_changed_bit_in_the_stored_file_is_not_proven(look_at, stored, key, cipher):
    changed = bytearray(stored)
    changed[len(changed) // 2] ^= 1
    assert look_at(bytes(changed), secret=key, cipher=cipher).answer != "proven"


def test_a_cipher_that_is_not_the_declared_one_is_not_proven(look_at):
    assert look_at(gcm(ROWS), secret=KEY, cipher="chacha20-poly1305").answer == "undetermined"


UNAUTHENTICATED = {
    "aes-cbc": (block_cipher(ROWS, modes.CBC(bytes(16)), front=bytes(16)), "aes-cbc"),
    "aes-ctr": (block_cipher(ROWS, modes.CTR(bytes(16)), front=bytes(16), pad=False), "aes-ctr"),
}


@pytest.mark.parametrize(("stored", "cipher"), UNAUTHENTICATED.values(), ids=UNAUTHENTICATED)
def test_a_cipher_that_accepts_changes_is_refuted(look_at, stored, cipher):
    seen = look_at(stored, secret=KEY, cipher=cipher)
    assert (seen.answer, seen.authenticated) == ("refuted", False)
    assert "accepts" in seen.items[0].because


@pytest.mark.parametrize(("stored", "cipher"), UNAUTHENTICATED.values(), ids=UNAUTHENTICATED)
def test_an_unauthenticated_cipher_without_its_key_is_undetermined(look_at, stored, cipher):
    assert look_at(stored, cipher=cipher).answer == "undetermined"


def test_what_decrypts_to_nothing_known_is_not_said_to_lack_a_mac(look_at):
    stored = block_cipher(RANDOM[:4096], modes.CBC(bytes(16)), front=bytes(16))
    assert look_at(stored, secret=KEY, cipher="aes-cbc").answer == "undetermined"


def test_ctr_with_the_wrong_key_is_undetermined(look_at):
    assert look_at(UNAUTHENTICATED["aes-ctr"][0], secret=KEY[::-1], cipher="aes-ctr").answer == "undetermined"


def folder_of(tmp_path: Path, **files: bytes) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_folder_is_proven_only_if_every_file_is(look_at, tmp_path):
    folder = folder_of(tmp_path, a=gcm(ROWS, b"a" * 12), b=gcm(ROWS, b"b" * 12))
    assert look_at(folder, secret=KEY).answer == "proven"
    (folder / "c").write_bytes(RANDOM[:500])
    seen = look_at(folder, secret=KEY)
    assert (seen.answer, seen.authenticated, seen.proven, seen.undetermined) == ("undetermined", None, 2, 1)
    (folder / ".hidden.csv").write_bytes(ROWS)
    seen = look_at(folder, secret=KEY)
    assert (seen.answer, seen.refuted) == ("refuted", 1)
    assert [item.path for item in seen.items] == [".hidden.csv", "a", "b", "c"]


def test_files_that_share_a_nonce_are_refuted(look_at, tmp_path):
    seen = look_at(folder_of(tmp_path, a=gcm(ROWS), b=gcm(ROWS[:99])), secret=KEY)
    assert (seen.answer, seen.refuted) == ("refuted", 2)


def test_an_empty_folder_is_refused(look_at, tmp_path):
    (tmp_path / "empty" / "below").mkdir(parents=True)
    with pytest.raises(LookRefused):
        look_at(tmp_path / "empty")


def test_a_file_too_large_to_decrypt_is_undetermined_and_says_so(look_at):
    seen = look_at(gcm(ROWS), secret=KEY, proof_bytes=1000)
    assert seen.answer == "undetermined"
    assert "proof_bytes" in seen.items[0].because


def test_a_large_file_is_read_at_head_middle_and_tail(look_at):
    for place in (0, 520_000, len(RANDOM) - 5000):
        stored = bytearray(RANDOM)
        stored[place : place + 5000] = ROWS[:5000]
        seen = look_at(bytes(stored), sample_bytes=65536)
        assert seen.answer == "refuted"
        assert seen.items[0].looked_at < 200_000
    assert "only head, middle and tail" in look_at(RANDOM, sample_bytes=65536).items[0].because


def test_a_typed_key_is_told_from_a_drawn_one(look_at):
    typed = b"mysecretkey12345"
    seen = look_at(gcm(ROWS, key=typed), secret=typed, cipher="aes-gcm")
    assert (seen.answer, seen.key_bits, seen.key_readable) == ("proven", 128, True)
    assert look_at(gcm(ROWS), secret=KEY).key_readable is False


def test_a_key_of_one_repeated_byte_is_doubted(look_at):
    seen = look_at(gcm(ROWS, key=bytes(32)), secret=bytes(32))
    assert seen.doubts
    assert "answer" in seen.doubts[0].fields


def test_the_look_leaves_the_file_as_it_was_and_says_the_same_twice(look_at, tmp_path):
    first = look_at(gcm(ROWS), secret=KEY)
    stored = tmp_path / "stored.bin"
    before = (stored.read_bytes(), stored.stat().st_mtime_ns)
    assert look_at(stored, secret=KEY) == first
    assert (stored.read_bytes(), stored.stat().st_mtime_ns) == before


def test_no_key_and_no_content_enter_the_evidence(look_at):
    text = look_at(gcm(ROWS), secret=KEY).model_dump_json() + look_at(ROWS).model_dump_json()
    assert "Lovelace" not in text
    assert not {KEY.hex(), base64.b64encode(KEY).decode()} & {text}
    assert KEY.hex()[:16] not in text
