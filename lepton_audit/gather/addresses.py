"""The addresses of assets: secrets filled in, ports known."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from lepton_audit.declare.failures import Unopenable
from lepton_audit.facts.look import Request
from lepton_audit.facts.target import Asset
from lepton_audit.load.target import is_file

KNOWN_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "postgres": 5432, "tls": 443}
_ENVIRONMENT = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


def filled_uri(asset: Asset) -> str:
    """The uri with every ``${env:NAME}`` filled in. Raises Unopenable."""
    missing = [name for name in _ENVIRONMENT.findall(asset.uri) if name not in os.environ]
    if missing:
        because = f"asset {asset.name!r}: no environment variable {missing[0]}"
        raise Unopenable(because, next_step=f"Set {missing[0]} and run again.")
    return _ENVIRONMENT.sub(lambda match: os.environ[match[1]], asset.uri)


def ports_of(request: Request) -> tuple[int, ...] | None:
    """The TCP ports that the assets name, none for files alone; ``None`` where an address names none that is known."""
    uris = [
        _ENVIRONMENT.sub(lambda match: os.environ.get(match[1], ""), a.uri)
        for a in request.inputs.values()
        if not is_file(a.uri)
    ]
    ports = [_port(uri) for uri in uris if not uri.startswith("env:")]
    return None if None in ports else tuple(sorted({port for port in ports if port is not None}))


def _port(uri: str) -> int | None:
    address = urlsplit(uri)
    tail = address.netloc.rpartition("@")[2].rpartition(":")[2]
    return int(tail) if tail.isdigit() else KNOWN_PORTS.get(address.scheme.partition("+")[0])
