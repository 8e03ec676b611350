"""One service of the demo, in a process of its own: ``python -m lepton_audit.demo.serving FOLDER STATE SERVICE DESCRIPTOR``.

It serves on the listening socket that it inherits, says ``ready`` on its output, and ends when its input ends: no service outlives
the process that started it, however that died.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lepton_audit.demo.system import State

PATIENCE = 10.0  # seconds that a client may stay silent
OLD_SUITES = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:AES128-SHA:AES256-SHA:@SECLEVEL=0"
STRONG_SUITES = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"


class LoopbackServer(ThreadingHTTPServer):
    """An HTTP server on an inherited socket; each handshake happens in the thread of its own connection."""

    daemon_threads = True

    def __init__(
        self, listening: socket.socket, context: ssl.SSLContext | None, handler: Any
    ) -> None:  # a handler class
        super().__init__(listening.getsockname()[:2], handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.context = context

    def finish_request(self, request: Any, client_address: Any) -> None:  # as socketserver declares it
        """The request is answered, over TLS where the service has a certificate."""
        request.settimeout(PATIENCE)
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # as socketserver declares it
        """Broken connections are silent: clients that break off are what a TLS audit is made of."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def context(folder: Path, state: State, service: str) -> ssl.SSLContext | None:
    """How the service encrypts: not at all, as one shouldn't, or as one should."""
    if (state, service) == ("published", "api"):
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if state == "published":
        made.set_ciphers(OLD_SUITES)
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    else:
        made.set_ciphers(STRONG_SUITES)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(folder / f"certs/{service}.pem", folder / f"certs/{service}.key")
    return made


def handler_class(folder: Path, state: State, service: str) -> type[BaseHTTPRequestHandler]:
    """What the service answers."""
    if service == "api":
        from lepton_audit.demo.prediction import prediction_handler

        return prediction_handler(folder, state)
    from lepton_audit.demo.exchange import exchange_handler

    return exchange_handler(folder)


def end_with_parent() -> None:
    """The process ends when its standard input does."""
    sys.stdin.buffer.read()
    os._exit(0)


def main(folder: Path, state: State, service: str, descriptor: int) -> None:
    """The service answers until its parent ends or stops it."""
    warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 is the flaw
    threading.Thread(target=end_with_parent, daemon=True).start()
    listening = socket.socket(fileno=descriptor)
    server = LoopbackServer(listening, context(folder, state, service), handler_class(folder, state, service))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), "published" if sys.argv[2] == "published" else "hardened", sys.argv[3], int(sys.argv[4]))
