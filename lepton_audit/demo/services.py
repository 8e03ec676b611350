"""The services of the demo, each a process of its own on a loopback port that the system chose."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lepton_audit.demo.system import SERVICES, State, write_target

PATIENCE = 30.0  # seconds until a service must be ready
GRACE = 3.0  # seconds until a service that was asked to end is killed


class NotStarted(RuntimeError):
    """A service of the demo didn't come up."""

    def __init__(self, service: str, because: str) -> None:
        super().__init__(f"the demo's service {service!r} didn't start: {because}")
        self.service = service


@contextlib.contextmanager
def running(folder: Path, state: State) -> Iterator[Path]:
    """The built system's services run, and target.yaml, whose path is given, names their ports. They are stopped whatever happens.

    Each service also ends by itself when this process dies: its standard input ends then.
    Raises: NotStarted.
    """
    with contextlib.ExitStack() as stack:
        ports, processes = {}, {}
        for service in SERVICES:
            with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
                ports[service] = listening.getsockname()[1]
                processes[service] = stack.enter_context(
                    _process(folder.resolve(), state, service, listening=listening)
                )
        for service, process in processes.items():
            _wait_until_ready(service, process)
        yield write_target(folder, state, ports)


@contextlib.contextmanager
def _process(
    folder: Path, state: State, service: str, *, listening: socket.socket
) -> Iterator[subprocess.Popen[bytes]]:
    """A session of its own, so that Ctrl-C reaches only us, and we stop it; it inherits nothing but the listening socket."""
    descriptor = listening.fileno()
    process = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "lepton_audit.demo.serving", str(folder), state, service, str(descriptor)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[descriptor],
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    with process:
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _wait_until_ready(service: str, process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None  # noqa: S101  # for mypy: it was opened as a pipe
    if not select.select([process.stdout], [], [], PATIENCE)[0]:
        raise NotStarted(service, f"it said nothing for {PATIENCE:.0f} s")
    if process.stdout.readline() != b"ready\n":
        raise NotStarted(service, f"it ended with status {process.wait(GRACE)}; what it said stands above")
