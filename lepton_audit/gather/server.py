"""The fork server: a process that has imported what is slow to import, and forks a warden for each look.

Run by `client` as ``python -m lepton_audit.gather.server FD``. It ends when its parent closes the socket, or dies.
"""

from __future__ import annotations

import importlib
import os
import random
import signal
import socket
import sys
from pathlib import Path

from lepton_audit.gather.looking import look
from lepton_audit.gather.messages import JOB, Job
from lepton_audit.gather.warden import warden
from lepton_audit.registry import Registry, load_registry


def serve(line: socket.socket, preload: list[str]) -> None:
    """Forks a warden for every message until the line closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    registry = load_registry()
    _import(preload)
    line.sendall(b"ready")
    while True:
        message, fds, _, _ = socket.recv_fds(line, 4096, 2)
        if not message:
            return
        control, talk = (socket.socket(fileno=fd) for fd in fds)
        if os.fork() == 0:
            try:
                line.close()
                _look(Path(os.fsdecode(message)), control, talk, registry)
            finally:
                os._exit(1)
        control.close()
        talk.close()


def _import(preload: list[str]) -> None:
    """Modules that can't be imported are left to the look that needs them, which then says so."""
    for name in preload:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  # the border `look`, ahead of time
            print(f"{name} can't be imported ahead of time: {type(error).__name__}", file=sys.stderr)  # noqa: T201  # for --debug


def _look(scratch: Path, control: socket.socket, talk: socket.socket, registry: Registry) -> None:
    job = Job.model_validate_json((scratch / JOB).read_bytes(), strict=True)
    random.seed(0)
    warden(job.fence, scratch, control, lambda: look(job.request, job.state, registry, scratch, talk))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
