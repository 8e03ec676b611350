"""encryption.at-rest: what is said of the declared key. Ground truth by hand."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lepton_encryption.at_rest.probe import AtRestSettings, at_rest
from lepton_openers.at_rest import artifact, key

from lepton_audit.testing.pinned import pinned

DRAWN = np.random.default_rng(21).bytes(32)
ROWS = b"".join(b"%d,Ada Lovelace,%d\n" % (number, number * 7919 % 1000) for number in range(100))


def gcm(secret: bytes) -> bytes:
    return bytes(12) + AESGCM(secret).encrypt(bytes(12), ROWS, None)


PATTERNED = {
    "one byte": bytes(32),
    "counting": bytes(range(32)),
    "counting down by three": bytes(-3 * number % 256 for number in range(32)),
    "a word, repeated": b"\x9f\x02\xd1\x77" * 8,
    "two bytes in disorder": bytes(DRAWN[number] % 2 for number in range(32)),
    "hex of counting": bytes(range(16)).hex().encode(),
    "hex of steps": b"00112233445566778899aabbccddeeff",
}


@pytest.mark.parametrize("secret", PATTERNED.values(), ids=PATTERNED)
def test_a_key_with_a_pattern_is_told_and_doubted(look_at, secret):
    seen = look_at(gcm(secret), secret=secret, cipher="aes-gcm")
    assert seen.key_patterned is True
    assert "answer" in {field for doubt in seen.doubts for field in doubt.fields}


@pytest.mark.parametrize("size", [16, 24, 32])
def test_no_drawn_key_is_taken_for_a_pattern(look_at, size):
    rng = np.random.default_rng(22)
    for _ in range(20):
        secret = rng.bytes(size)
        seen = look_at(gcm(secret), secret=secret, cipher="aes-gcm")
        assert (seen.key_patterned, seen.key_readable, seen.key_bits, seen.doubts) == (False, False, 8 * size, ())


def test_a_key_written_in_hexadecimal_and_used_as_text_has_half_its_bits(look_at):
    secret = DRAWN[:16].hex().encode()
    seen = look_at(gcm(secret), secret=secret, cipher="aes-gcm")
    assert (seen.key_bits, seen.key_readable, seen.key_patterned) == (128, False, False)
    short = DRAWN[:8].hex().encode()
    assert look_at(gcm(short), secret=short, cipher="aes-gcm").key_bits == 64


def test_digits_and_words_are_typed(look_at):
    for typed in (b"31415926535897932384626433832795", b"mysecretkey12345"):
        assert look_at(gcm(typed), secret=typed, cipher="aes-gcm").key_readable is True


def test_a_fernet_key_kept_as_its_text_is_a_drawn_one(look_at):
    text = base64.urlsafe_b64encode(DRAWN)
    seen = look_at(Fernet(text).encrypt(ROWS), secret=text, cipher="fernet")
    assert (seen.answer, seen.key_bits, seen.key_readable, seen.key_patterned) == ("proven", 256, False, False)
    typed = base64.urlsafe_b64encode(b"this is my very secret password!")
    assert look_at(Fernet(typed).encrypt(ROWS), secret=typed, cipher="fernet").key_readable is True


@pytest.mark.parametrize(
    ("mode", "exposed"), [(0o600, False), (0o400, False), (0o640, True), (0o644, True), (0o666, True)]
)
def test_a_key_file_that_others_may_touch_is_exposed(tmp_path, mode, exposed):
    (tmp_path / "stored").write_bytes(gcm(DRAWN))
    (tmp_path / "k").write_bytes(DRAWN)
    (tmp_path / "k").chmod(mode)
    opened = key.open(pinned("key", tmp_path / "k", scratch=tmp_path))
    stored = artifact.open(pinned("artifact", tmp_path / "stored", scratch=tmp_path))
    assert at_rest.look(stored, AtRestSettings(), opened).key_exposed is exposed


def test_a_key_from_the_environment_lies_in_no_file_that_others_read(tmp_path, monkeypatch):
    (tmp_path / "stored").write_bytes(gcm(DRAWN))
    monkeypatch.setenv("A_KEY", base64.b64encode(DRAWN).decode())
    opened = key.open(pinned("key", "env:A_KEY", scratch=tmp_path, options={"encoding": "base64"}))
    stored = artifact.open(pinned("artifact", tmp_path / "stored", scratch=tmp_path))
    assert at_rest.look(stored, AtRestSettings(), opened).key_exposed is False


def test_without_a_key_nothing_is_said_of_one(look_at):
    seen = look_at(gcm(DRAWN))
    assert (seen.key_bits, seen.key_readable, seen.key_patterned, seen.key_exposed) == (None,) * 4
