"""What is wrong with a uri: an address that leads nowhere, or a secret that stands in it. Messages never repeat the uri."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus, urlsplit

_ENVIRONMENT = re.compile(r"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}")
_LOGIN = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?P<user>[^/?#:]*)(?P<password>:[^/?#]*)?@")
_SLASHED = re.compile(r"://[^/?#@]*:[^@]*@")
_HOSTED = frozenset({"http", "https", "tls"})
_NAMED_USERS = frozenset(
    {"clickhouse", "mariadb", "mssql", "mysql", "oracle", "postgres", "postgresql", "sftp", "ssh", "trino"}
)
"""Schemes whose user is an account's name; elsewhere a user without a password is a token."""
_SECRET_WORDS = (
    "accesskey", "apikey", "authorization", "bearer", "credential", "credentials", "passphrase", "passwd", "password", "secret",
    "signature", "token",
)  # fmt: skip
_SECRET_LAST_WORDS = frozenset({"auth", "jwt", "key", "pass", "pat", "pwd", "sas", "sig"})


def leads_nowhere(uri: str, *, endpoint: bool) -> bool:
    """The uri is an address that no program could connect to, whatever ``${env:NAME}`` stands for."""
    text = _ENVIRONMENT.sub("1", uri).replace("[1]", "[::1]")
    try:
        parts = urlsplit(text)
        hosted = parts.scheme in _HOSTED
        if endpoint or hosted:
            _ = parts.port  # raises for what is no port
        return not text.isprintable() or (hosted and not parts.hostname)
    except ValueError:
        return True


def holds_secret(uri: str) -> bool:
    """A password, a token or a key stands in the uri itself, and not as ``${env:NAME}``."""
    text = _ENVIRONMENT.sub("", uri)
    login = _LOGIN.search(text)
    if login and len(login["password"] or "") > 1:
        return True
    if login and login["user"] and login["scheme"].lower().partition("+")[0] not in _NAMED_USERS:
        return True
    slashed = _SLASHED.search(text) is not None and leads_nowhere(text, endpoint=True)
    return slashed or any(value and _hints_at_secret(name) for name, value in _parameters(text))


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    """What stands after `?`, `#`, `&` and `;`, as name and value."""
    for piece in re.split(r"[?#&;]", text)[1:]:
        name, _, value = piece.partition("=")
        yield unquote_plus(name), value


def _hints_at_secret(name: str) -> bool:
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return any(word.endswith(_SECRET_WORDS) for word in words) or "".join(words[-1:]) in _SECRET_LAST_WORDS
