"""encryption.at-rest: encrypted formats that show what they are. Ground truth: gpg, openssl, pyca, and the formats' specifications."""

from __future__ import annotations

import base64
import shutil
import subprocess

import numpy as np
import pytest
from cryptography.fernet import Fernet

RNG = np.random.default_rng(8)
KEY = RNG.bytes(32)
RANDOM = RNG.bytes(10_000)
ROWS = b"".join(b"%d,Ada Lovelace,1815-12-10,%d\n" % (number, number * 7919 % 1000) for number in range(400))
AGE = (
    b"age-encryption.org/v1\n-> X25519 " + base64.b64encode(KEY).rstrip(b"=") + b"\n"
    + base64.b64encode(KEY).rstrip(b"=") + b"\n--- " + base64.b64encode(KEY).rstrip(b"=") + b"\n"
)  # fmt: skip
RECOGNISED = {
    "age": (AGE + RANDOM[:300], "age"),
    "age, armoured": (
        b"-----BEGIN AGE ENCRYPTED FILE-----\n"
        + base64.encodebytes(AGE + RANDOM[:300])
        + b"-----END AGE ENCRYPTED FILE-----\n",
        "age",
    ),
    "luks": (b"LUKS\xba\xbe\x00\x02" + RANDOM[:9000], "LUKS"),
    "fernet": (Fernet(base64.urlsafe_b64encode(KEY)).encrypt(b"Ada"), "Fernet"),
    "ansible vault": (b"$ANSIBLE_VAULT;1.1;AES256\n" + RANDOM[:80].hex().encode() + b"\n", "vault"),
    "openpgp with integrity": (b"\x8c\x0d\x04\x09\x03\x08" + RANDOM[:9] + b"\xd2\xbe\x01" + RANDOM[:189], "OpenPGP"),
}


@pytest.mark.parametrize(("stored", "word"), RECOGNISED.values(), ids=RECOGNISED)
def test_a_recognised_format_without_its_key_is_undetermined(look_at, stored, word):
    seen = look_at(stored)
    assert seen.answer == "undetermined"
    assert word in seen.items[0].because


@pytest.mark.parametrize(
    "spoiled", [AGE[:-1] + b" \n" + RANDOM[:300], AGE + RANDOM[:8], AGE.replace(b"-> ", b"=> ") + RANDOM[:99]]
)
def test_what_only_begins_like_age_is_not_taken_for_age(look_at, spoiled):
    assert not look_at(spoiled).items[0].because.startswith("age")


@pytest.mark.skipif(not shutil.which("gpg"), reason="no gpg on this machine")
@pytest.mark.parametrize("options", [[], ["--armor"]])
def test_a_message_of_real_gpg_is_recognised(look_at, tmp_path, options):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    command = ["gpg", "--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "p", "-c", *options]
    sealed = subprocess.run([*command, "-o", "-"], input=ROWS, capture_output=True, check=True).stdout
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    seen = look_at(sealed)
    assert seen.answer == "undetermined"
    assert "OpenPGP" in seen.items[0].because


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
def test_a_file_of_real_openssl_enc_is_refuted(look_at):
    command = ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-pass", "pass:x"]
    assert look_at(subprocess.run(command, input=ROWS, capture_output=True, check=True).stdout).answer == "refuted"
