"""What the engine's own processes tell each other about a look."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Literal

from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.look import Confinement, Request

JOB = "job.json"
End = Literal["exit", "timeout", "memory", "processes"]


class Fence(Frozen):
    """What a look may reach."""

    seconds: float
    memory: int
    processes: int
    file_size: int
    writable: tuple[Path, ...]
    ports: tuple[int, ...] | None
    """TCP ports of the assets; empty: no network at all; ``None``: unknown, so it can't be fenced."""
    names: bool = False
    """An asset's host is a name, so that a resolver must be asked."""


class Job(Frozen):
    """What the fork server reads in the scratch folder before it forks a warden."""

    request: Request
    state: str | None
    fence: Fence


class Message(Frozen):
    """One line of the control socket: a warden says what it learns."""

    warden: int | None = None
    """Its process, which ends the look when it ends."""
    confinement: Confinement | None = None
    status: int | None = None
    """Wait status of the look's first process."""
    end: End | None = None
    """The look is over; nothing follows."""


def say(control: socket.socket, message: Message) -> None:
    """The message was sent, if anybody still listens."""
    with suppress(OSError):
        control.sendall(message.model_dump_json(exclude_none=True).encode() + b"\n")
