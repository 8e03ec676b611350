"""Encrypted formats that show what they are. None proves, without its key, that what follows is encrypted."""

from __future__ import annotations

import base64
import binascii
import re

from lepton_encryption.at_rest.evidence import Verdict
from lepton_encryption.at_rest.openpgp import openpgp
from lepton_encryption.at_rest.sample import Sample

NO_KEY = "without its key nothing shows that what follows is authentic ciphertext"
_AGE = re.compile(
    rb"age-encryption\.org/v1\n(?:-> [\x21-\x7e]+(?: [\x21-\x7e]+)*\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)+--- [A-Za-z0-9+/]{43}\n"
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_ARMOUR = re.compile(rb"-----BEGIN (PGP MESSAGE|AGE ENCRYPTED FILE)-----\r?\n(.*?)\r?\n-----END \1-----", re.DOTALL)
_HEADER = re.compile(rb"(?:Version|Comment|MessageID|Hash|Charset): .{0,100}")
_CHECKSUM = re.compile(rb"=[A-Za-z0-9+/]{4}")
HEADERS = 5
"""Header lines of an armour, one of each kind."""
_VAULT = re.compile(rb"\$ANSIBLE_VAULT;1\.[12];AES256(?:;[^\r\n]*)?\r?\n[0-9a-f\s]+")
_PEM = re.compile(rb"-----BEGIN (?:ENCRYPTED PRIVATE KEY-----|[A-Z ]*PRIVATE KEY-----\r?\nProc-Type: 4,ENCRYPTED)")
_JWE = re.compile(rb"eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+")
_MAYBE = ((b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "RAR"), (b"PARE", "Parquet with an encrypted footer"))


def container(sample: Sample) -> Verdict | None:
    """What the file shows itself to be, or ``None``."""
    for recognised in (_salted, _luks, _age, openpgp, _zip, _pdf, _office, _maybe, _textual, _fernet):
        if found := recognised(sample):
            return found
    return None


def unwrapped(sample: Sample, *, headers: int = HEADERS) -> bytes | None:
    """The bytes under base64, hexadecimal or armour (with at most so many headers), where the whole file is nothing else."""
    if not sample.whole:
        return None
    text = sample.head.strip()
    if found := _ARMOUR.fullmatch(text):
        return _body(found[2], headers)
    compact = b"".join(text.split())
    if len(compact) < 24:  # noqa: PLR2004  # shorter than a nonce and a tag can't be
        return None
    if _HEX.fullmatch(compact):
        return binascii.unhexlify(compact)
    return _of_base64(compact) if _BASE64.fullmatch(compact) else None


def _body(armoured: bytes, headers: int) -> bytes | None:
    """What an armour carries: any other header than the standard's, or any other line, could be plain text. Source: RFC 9580, section 6.2."""
    lines = [line.strip() for line in armoured.splitlines()]
    count = next((at for at, line in enumerate(lines) if not _HEADER.fullmatch(line)), 0)
    body = [line for line in lines[count:] if line]
    if body and _CHECKSUM.fullmatch(body[-1]):
        body.pop()
    if count > headers or not all(map(_BASE64.fullmatch, body)):
        return None
    return _of_base64(b"".join(body))


def _of_base64(text: bytes) -> bytes | None:
    padded = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(padded + b"=" * (-len(padded) % 4), validate=True)
    except ValueError:
        return None


def _undetermined(name: str, because: str = NO_KEY) -> Verdict:
    return Verdict("undetermined", f"{name}: {because}")


def _salted(sample: Sample) -> Verdict | None:
    if not sample.head.startswith(b"Salted__"):
        return None
    return Verdict("refuted", "`openssl enc`: a key derived from a password, and no authentication: changes go unseen")


def _luks(sample: Sample) -> Verdict | None:
    if sample.head[:6] != b"LUKS\xba\xbe" or sample.head[6:8] not in (b"\x00\x01", b"\x00\x02"):
        return None
    return _undetermined("LUKS header", "disk encryption is not authenticated unless dm-integrity stands under it")


def _age(sample: Sample) -> Verdict | None:
    """Header, then a nonce of 16 bytes and at least one chunk with its tag. Source: age-encryption.org/v1, C2SP."""
    found = _AGE.match(sample.head)
    return _undetermined("age") if found and sample.size >= found.end() + 32 else None


def _zip(sample: Sample) -> Verdict | None:
    """Flag bit 0 of the first entry; compression method 99 is AES. Source: APPNOTE 4.4.4; WinZip AE-2."""
    if sample.head[:4] != b"PK\x03\x04":
        return Verdict("refuted", "readable: zip") if sample.head[:4] == b"PK\x05\x06" else None
    if not sample.head[6:7] or not sample.head[6] & 1:
        return Verdict("refuted", "readable: zip")
    if sample.head[8:10] == b"\x63\x00":
        return _undetermined("zip with AES")
    return Verdict("refuted", "zip with its old cipher: broken (Biham, Kocher 1994), and not authenticated")


def _pdf(sample: Sample) -> Verdict | None:
    if not sample.head.startswith(b"%PDF-"):
        return None
    if any(b"/Encrypt" in window for window in sample.windows):
        return _undetermined("PDF that names an encryption")
    return Verdict("refuted", "readable: PDF")


def _office(sample: Sample) -> Verdict | None:
    if not sample.head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return None
    if any("EncryptedPackage".encode("utf-16-le") in window for window in sample.windows):
        return _undetermined("encrypted Office document")
    return Verdict("refuted", "readable: Office document")


def _maybe(sample: Sample) -> Verdict | None:
    name = next((name for magic, name in _MAYBE if sample.head.startswith(magic)), None)
    return _undetermined(name, "may be encrypted inside, or not") if name else None


def _textual(sample: Sample) -> Verdict | None:
    if not sample.whole:
        return None
    text = sample.head.strip()
    if _VAULT.fullmatch(text):
        return _undetermined("Ansible vault")
    if _PEM.match(text):
        return _undetermined("encrypted private key in PEM")
    return _undetermined("JWE") if _JWE.fullmatch(text) else None


def _fernet(sample: Sample) -> Verdict | None:
    """Version 0x80, a time of this century, IV, blocks, HMAC. Source: Fernet specification."""
    if not sample.whole:
        return None
    token = unwrapped(sample) or b""
    is_token = len(token) >= 73 and (len(token) - 57) % 16 == 0 and token[0] == 0x80  # noqa: PLR2004  # 1 + 8 + 16 + 16 n + 32 bytes
    if not is_token or not 10**9 < int.from_bytes(token[1:9], "big") < 2**32:
        return None
    return _undetermined("Fernet token")
