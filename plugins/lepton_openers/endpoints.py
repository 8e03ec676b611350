"""The opener of network endpoints. It parses the address; only probes connect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from lepton_audit import Opener, PinnedAsset, Unopenable, opener

PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Address:
    """A network address that answers."""

    name: str
    scheme: str
    host: str
    port: int
    ca: Path | None
    server_name: str
    path: str = "/"
    """Path and query, as a request names them."""


@opener("endpoint", formats=("https", "http", "tls"), schemes=("https", "http", "tls"))
def endpoint(asset: PinnedAsset) -> Address:
    """Where to connect, whose signature to trust, which name to expect.

    Raises: Unopenable for an address without host or port, with a user or password in it, or a `ca` file that holds no certificate.
    """
    parts = _parts(asset)
    if parts.username is not None or parts.password is not None:
        raise _bad(asset, "the address holds a user name or a password", "Take the credential out of the uri.")
    host, port = parts.hostname, _port(asset, parts)
    if not host or not port:
        raise _bad(
            asset, "the address names no host, or no port", "Write it as https://host:port, http:// or tls://host:port."
        )
    name = asset.options.server_name or host
    query = f"?{parts.query}" if parts.query else ""
    return Address(asset.name, parts.scheme, host, port, _authority(asset), name, (parts.path or "/") + query)


def _parts(asset: PinnedAsset) -> SplitResult:
    try:
        parts = urlsplit(asset.uri)
    except ValueError:
        raise _bad(asset, "the address can't be parsed", "Write it as https://host:port.") from None
    if parts.scheme not in ("https", "http", "tls"):
        raise _bad(asset, f"the scheme {parts.scheme!r} is not known here", "Use https://, http:// or tls://.")
    return parts


def _port(asset: PinnedAsset, parts: SplitResult) -> int | None:
    try:
        return PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        raise _bad(asset, "the port is not a number from 1 to 65535", "Correct the uri.") from None


def _authority(asset: PinnedAsset) -> Path | None:
    """The declared authority's file, which OpenSSL was able to load."""
    ca = asset.files.get("ca")
    if ca is None:
        return None
    import ssl

    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=ca)
    except (OSError, ssl.SSLError):
        context = None
    if context is None or not context.cert_store_stats()["x509"]:
        raise _bad(asset, "the file of the certificate authority holds no PEM certificate", "Correct the option `ca`.")
    return ca


def _bad(asset: PinnedAsset, because: str, next_step: str) -> Unopenable:
    return Unopenable(f"endpoint {asset.name!r}: {because}", next_step=next_step)


OPENERS: tuple[Opener, ...] = (endpoint,)
