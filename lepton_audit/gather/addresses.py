"""The addresses of assets: secrets filled in, ports known."""

from __future__ import annotations

import ipaddress
import os
import re
from urllib.parse import SplitResult, urlsplit

from lepton_audit.declare.failures import Unopenable
from lepton_audit.facts.look import Request
from lepton_audit.facts.target import Asset
from lepton_audit.load.target import is_file

KNOWN_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "postgres": 5432, "tls": 443}
MAX_PORT = 65535
_ENVIRONMENT = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_DIGITS = re.compile(r"[0-9]+")


def filled_uri(asset: Asset) -> str:
    """The uri with every ``${env:NAME}`` filled in. Raises Unopenable."""
    missing = [name for name in _ENVIRONMENT.findall(asset.uri) if name not in os.environ]
    if missing:
        because = f"asset {asset.name!r}: no environment variable {missing[0]}"
        raise Unopenable(because, next_step=f"Set {missing[0]} and run again.")
    return _ENVIRONMENT.sub(lambda match: os.environ[match[1]], asset.uri)


def ports_of(request: Request) -> tuple[int, ...] | None:
    """The TCP ports that the assets name, none for files alone; ``None`` where an address names none that is known."""
    ports = [_port(address) for address in _addresses(request)]
    return None if None in ports else tuple(sorted({port for port in ports if port is not None}))


def needs_names(request: Request) -> bool:
    """Some address of the assets has a host whose name must be looked up."""
    return any(not _is_number(address) for address in _addresses(request))


def _addresses(request: Request) -> list[SplitResult | None]:
    """Where the assets that are no files can be reached; ``None`` for an address that can't be read."""
    uris = [
        _ENVIRONMENT.sub(lambda match: os.environ.get(match[1], ""), asset.uri)
        for asset in request.inputs.values()
        if not is_file(asset.uri)
    ]
    return [_split(uri) for uri in uris if not uri.startswith("env:")]


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def _port(address: SplitResult | None) -> int | None:
    if address is None:
        return None
    tail = address.netloc.rpartition("@")[2].rpartition(":")[2]
    if not _DIGITS.fullmatch(tail):
        return KNOWN_PORTS.get(address.scheme.partition("+")[0])
    return int(tail) if len(tail) <= len(str(MAX_PORT)) and 0 < int(tail) <= MAX_PORT else None


def _is_number(address: SplitResult | None) -> bool:
    """The host is this machine, or an IP address."""
    host = address.hostname if address else None
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return False
    return True
