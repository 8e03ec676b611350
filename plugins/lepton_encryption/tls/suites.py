"""The cipher suites that a server can be asked for, and which of them are weak, each with its source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SSL2_SUITES = {
    0x010080: "SSL_CK_RC4_128_WITH_MD5",
    0x020080: "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
    0x030080: "SSL_CK_RC2_128_CBC_WITH_MD5",
    0x040080: "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5",
    0x050080: "SSL_CK_IDEA_128_CBC_WITH_MD5",
    0x060040: "SSL_CK_DES_64_CBC_WITH_MD5",
    0x0700C0: "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
}
"""Source: draft-hickman-netscape-ssl-00, section C.4."""


@dataclass(frozen=True)
class Weakness:
    """A reason why a cipher suite must not be used, and who says so."""

    pattern: re.Pattern[str]
    because: str
    source: str


WEAKNESSES = (
    Weakness(re.compile(r"_NULL_|^TLS_SHA(256|384)_SHA"), "does not encrypt", "RFC 9325, section 4.1"),
    Weakness(re.compile(r"EXPORT"), "export grade: 40 or 56 bits", "RFC 9325, section 4.1"),
    Weakness(re.compile(r"_anon_"), "nobody is authenticated", "RFC 5246, appendix F.1.1.1"),
    Weakness(re.compile(r"_RC4_"), "RC4", "RFC 7465"),
    Weakness(re.compile(r"_DES_|_DES40_"), "DES: 56 bits or fewer", "RFC 5469"),
    Weakness(
        re.compile(r"_3DES_|_DES_192_EDE3_"), "3DES: a block of 64 bits", "CVE-2016-2183; NIST SP 800-131A Rev. 2"
    ),
    Weakness(re.compile(r"_IDEA_|_RC2_|_28147_"), "a block of 64 bits", "RFC 5469; CVE-2016-2183"),
    Weakness(re.compile(r"_MD5$|_MD5_"), "MD5", "RFC 6151"),
    Weakness(re.compile(r"^SSL_CK_"), "SSL 2.0", "RFC 6176"),
)


@cache
def registered() -> dict[int, str]:
    """Code -> name, in the registry's order.

    Source: IANA, TLS Cipher Suites; 0x0060-0x0066, 0xCC13-0xCC15, 0xFEFE-0xFFE1 from drafts that were deployed.
    """
    lines = Path(__file__).with_name("cipher_suites.csv").read_text(encoding="ascii").split()[1:]
    return {int(code, 16): name for code, name in (line.split(",") for line in lines)}


def suite_name(code: int) -> str:
    """The suite's registered name, or its code."""
    return SSL2_SUITES.get(code) or registered().get(code, f"0x{code:04X}")


def for_tls13(name: str) -> bool:
    """A suite of TLS 1.3 names no key exchange. Source: RFC 8446, B.4; RFC 9150; RFC 8998; RFC 9367 (MGM)."""
    return "_WITH_" not in name or "_MGM_" in name


def suites_to_ask(version: int) -> tuple[int, ...]:
    """Every suite that could be agreed on in the protocol version. Most old suites are asked for in every old version."""
    return tuple(code for code, name in registered().items() if for_tls13(name) == (version == 0x0304))  # noqa: PLR2004  # TLS 1.3


def weaknesses(name: str) -> tuple[Weakness, ...]:
    """Every reason why the suite is weak; empty for one that isn't. A code that nobody registered has no known merit."""
    if name.startswith("0x"):
        return (Weakness(re.compile(""), "not a registered cipher suite", "IANA, TLS Cipher Suites"),)
    return tuple(weakness for weakness in WEAKNESSES if weakness.pattern.search(name))


def has_forward_secrecy(name: str) -> bool:
    """The keys of a session can't be had from the server's long-term key. Source: RFC 9325, section 7.3."""
    exchange = name.partition("_WITH_")[0]
    return not name.startswith("0x") and (for_tls13(name) or re.search(r"DHE|_anon|ECCPWD", exchange) is not None)


def is_cbc(name: str) -> bool:
    """MAC-then-encrypt in CBC mode: open to padding oracles where an implementation leaks time. Source: RFC 7457, section 2.4."""
    return "_CBC_" in name
