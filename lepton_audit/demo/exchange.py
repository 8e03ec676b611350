"""The gateway over which partners fetch the released table."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path


def exchange_handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    """``GET /release`` gives the released table, as it lies in the folder."""
    (table,) = (folder / "data").glob("patients.*")
    content = table.read_bytes()

    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm, wbufsize = True, -1  # one packet an answer, at once
        server_version, sys_version = "lepton-gateway", ""

        def do_GET(self) -> None:
            found = self.path == "/release"
            body = content if found else b""
            self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as http.server declares it
            """Nothing is logged: a request may hold personal values."""

    return Exchange
