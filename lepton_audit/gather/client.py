"""The host's end of the fork server: starts it, sends it jobs, ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lepton_audit.gather.scratch import sweep

START_SECONDS = 60.0
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
PASSED = frozenset(
    [
        "HOME",
        "LANG",
        "LD_LIBRARY_PATH",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPATH",
        "PYTHONPYCACHEPREFIX",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TEMP",
        "TMP",
        "TMPDIR",
        "TZ",
        "VIRTUAL_ENV",
    ]
)
"""Variables that a look inherits; any other could change evidence without showing in the digest of the request."""


class ServerDied(Exception):
    """The fork server ended before it answered."""


class ForkServer:
    """A fork server process: started when first needed, started again when it died."""

    def __init__(self, preload: Sequence[str], variables: Sequence[str] = ()) -> None:
        self._preload = tuple(preload)
        self._variables = frozenset(variables)
        self._lock = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def submit(self, scratch: Path, fds: Sequence[int]) -> None:
        """The server forks a warden for the job in the folder. Raises ServerDied."""
        with self._lock:
            if self._closed:
                raise ServerDied("the audit was interrupted")
            line = self._running()
            try:
                socket.send_fds(line, [os.fsencode(scratch)], list(fds))
            except OSError as error:
                self._stop()
                raise ServerDied("the fork server ended") from error

    def close(self) -> None:
        """The server is gone for good, and every look with it."""
        with self._lock:
            self._closed = True
            self._stop()

    def _running(self) -> socket.socket:
        if self._process is None or self._process.poll() is not None or self._line is None:
            self._stop()
            try:
                self._start(self._preload)
            except ServerDied:
                self._start(())  # a module to preload may have ended it; the look that needs the module will say so
        if self._line is None:
            raise ServerDied("the fork server didn't start")
        return self._line

    def _start(self, preload: Sequence[str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [
            sys.executable,
            "-P",
            "-W",
            "ignore",
            "-m",
            "lepton_audit.gather.server",
            str(theirs.fileno()),
            *preload,
        ]
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=self._environment(),
            start_new_session=True,
        )
        theirs.close()
        ours.settimeout(START_SECONDS)
        self._line = ours
        try:
            if ours.recv(16) != b"ready":
                raise ServerDied("the fork server ended before it was ready")
        except OSError as error:
            raise ServerDied("the fork server didn't get ready") from error
        finally:
            ours.settimeout(None)

    def _environment(self) -> dict[str, str]:
        """What a look may know of the host's environment: where software lies, and the secrets that the target names."""
        passed = {
            name: value
            for name, value in os.environ.items()
            if name in PASSED | self._variables or name.startswith("LC_")
        }
        return passed | ONE_THREAD | {"PYTHONHASHSEED": "0"}

    def _stop(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = self._line = None


@contextmanager
def fork_server(preload: Sequence[str], variables: Sequence[str] = ()) -> Iterator[ForkServer]:
    """A fork server for the block, gone after it; what a killed audit left behind is swept away first."""
    sweep()
    server = ForkServer(preload, variables)
    try:
        yield server
    finally:
        server.close()
