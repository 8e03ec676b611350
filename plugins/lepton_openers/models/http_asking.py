"""Asks a server over HTTP, within bounds of time, size and patience; goes nowhere but to the address that the target names."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lepton_audit import Unopenable, Unreachable

if TYPE_CHECKING:
    import ssl

    import httpx

CONNECT, READ, WHOLE = 5.0, 30.0, 120.0
"""Seconds for a connection, for the next bytes, and for one whole answer."""
MOST_ANSWER = 1 << 26
"""Bytes of one answer."""
TRIES, LONGEST_WAIT, FIRST_WAIT = 5, 10.0, 0.1
"""How often one question is asked of a server that says it is busy, and the seconds between."""
BUSY = (429, 503)


@dataclass(frozen=True)
class Answer:
    """What a server said: its status, and the value in the JSON of its body (``None`` where the status isn't 200)."""

    status: int
    value: object


class Asking:
    """A connection that is kept alive. Proxies, netrc and certificates of the environment are left aside; redirects aren't followed."""

    def __init__(self, *, ca: Path | None) -> None:
        import httpx

        self._client = httpx.Client(
            verify=_trust(ca),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(READ, connect=CONNECT),
            limits=httpx.Limits(
                max_connections=1, keepalive_expiry=WHOLE
            ),  # an attack may think for a while between questions
            headers={"accept": "application/json", "accept-encoding": "identity"},
        )

    def close(self) -> None:
        """The connection is closed."""
        self._client.close()

    def ask(self, url: httpx.URL, body: object = None) -> Answer:
        """The answer to a GET, or to a POST of a JSON body. Raises: Unreachable, also if the server stays busy; Unopenable if it is no JSON."""
        for attempt in range(TRIES):
            status, content, wait = self._once(url, body)
            if status not in BUSY:
                return Answer(status, _parsed(content) if status == 200 else None)  # noqa: PLR2004  # OK
            if attempt + 1 < TRIES:
                time.sleep(_patience(wait, attempt))
        raise Unreachable(f"the server was busy {TRIES} times (HTTP {status})", next_step="Ask again when it isn't.")

    def _once(self, url: httpx.URL, body: object) -> tuple[int, bytes, str]:
        import httpx

        with _transport():
            try:
                return self._exchanged(url, body)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                return self._exchanged(url, body)  # a connection that was kept alive may have died since

    def _exchanged(self, url: httpx.URL, body: object) -> tuple[int, bytes, str]:
        method = "GET" if body is None else "POST"
        until = time.monotonic() + WHOLE
        with self._client.stream(method, url, json=body) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise Unopenable(
                    "the server answers in an encoding that wasn't asked for", next_step="Turn compression off."
                )
            pieces, size = [], 0
            for piece in response.iter_raw():
                pieces.append(piece)
                size += len(piece)
                if size > MOST_ANSWER:
                    raise Unreachable(
                        f"the server's answer is larger than {MOST_ANSWER} bytes", next_step="Check what it serves."
                    )
                if time.monotonic() > until:
                    raise Unreachable(
                        f"the server's answer took more than {WHOLE:.0f} s", next_step="Check the server's load."
                    )
            return response.status_code, b"".join(pieces), response.headers.get("retry-after", "")


def _trust(ca: Path | None) -> ssl.SSLContext:
    import ssl

    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise Unopenable("the file of `ca` holds no certificate", next_step="Point `ca` to a PEM file.") from error


@contextmanager
def _transport() -> Iterator[None]:
    """What goes wrong on the way is an Unreachable that doesn't quote the address: it may hold a password."""
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise Unreachable(f"the server didn't answer within {READ:.0f} s", next_step="Check that it runs.") from error
    except httpx.TransportError as error:
        tls = "CERTIFICATE_VERIFY_FAILED" in str(error)
        because = (
            "the server's certificate can't be verified" if tls else f"the connection failed ({type(error).__name__})"
        )
        next_step = (
            "Name its certificate authority under `ca`." if tls else "Check that the server runs at this address."
        )
        raise Unreachable(because, next_step=next_step) from error
    except httpx.InvalidURL as error:
        raise Unopenable("the asset's uri is no address", next_step="Write it as https://host:port.") from error


def _patience(wait: str, attempt: int) -> float:
    """Seconds until the next try. Raises: Unreachable if the server wants more than is bearable."""
    seconds = float(wait) if wait.isascii() and wait.isdigit() else FIRST_WAIT * 2**attempt
    if seconds > LONGEST_WAIT:
        raise Unreachable(f"the server wants to be left alone for {seconds:.0f} s", next_step="Ask again then.")
    return seconds


def _parsed(content: bytes) -> object:
    try:
        found: object = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Unopenable(
            "the server's answer is no JSON", next_step="Check `format` and the uri: is this the prediction server?"
        ) from error
    return found


def _no_number(name: str) -> object:
    raise ValueError(name)
