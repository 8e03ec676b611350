"""What lies at rest, decrypted and tampered with here by hand."""

from __future__ import annotations

import stat

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lepton_audit.demo import vault


def cbc_plain(key, stored):
    decryptor = Cipher(algorithms.AES(key), modes.CBC(stored[:16])).decryptor()
    padded = decryptor.update(stored[16:]) + decryptor.finalize()
    assert 1 <= padded[-1] <= 16
    return padded[: -padded[-1]]


def flipped(stored, place):
    return stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :]


def test_the_published_records_open_with_the_key_that_stands_in_the_source(published):
    source = (published / "source/vault.py").read_text()
    assert repr(vault.PASSPHRASE).replace("'", '"') in source
    assert len(vault.PASSPHRASE) == 14
    stored = (published / "vault/records.bin").read_bytes()
    assert cbc_plain(vault.PASSPHRASE.ljust(16, b"\0"), stored).startswith(b"name,age,zip")


def test_nobody_notices_a_changed_bit_in_the_published_records(published):
    stored = (published / "vault/records.bin").read_bytes()
    before, after = (cbc_plain(vault.typed_key(), s) for s in (stored, flipped(stored, 40)))
    assert before != after


def test_a_changed_bit_in_the_hardened_records_or_parameters_is_refused(hardened):
    key = (hardened / "keys/parameters.key").read_bytes()
    records = Fernet((hardened / "keys/records.key").read_bytes())
    with pytest.raises(InvalidTag):
        vault.from_aes_gcm(key, flipped((hardened / "vault/scorer.bin").read_bytes(), 100))
    with pytest.raises(InvalidToken):
        records.decrypt(flipped((hardened / "vault/records.bin").read_bytes(), 100))
    assert records.decrypt((hardened / "vault/records.bin").read_bytes()).startswith(b"name,age,zip")


@pytest.mark.parametrize("path", ["keys/parameters.key", "keys/records.key", "certs/api.key", "handover/scorer.skops"])
def test_secrets_of_the_hardened_state_are_their_owners_alone(hardened, path):
    assert stat.S_IMODE((hardened / path).stat().st_mode) == 0o600


def test_the_published_parameters_are_a_pickle_beside_the_data(published):
    assert (published / "models/scorer.joblib").read_bytes().startswith(b"\x80")
