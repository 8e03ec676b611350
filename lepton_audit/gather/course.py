"""The course of one look, followed from the host: what its warden and the look itself say while it runs."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from lepton_audit.declare.probe import Probe
from lepton_audit.facts.look import Confinement
from lepton_audit.gather.answer import Answered, evidence_of, read_answer
from lepton_audit.gather.client import ForkServer
from lepton_audit.gather.doubts import with_known_doubts
from lepton_audit.gather.interface import Asked
from lepton_audit.gather.messages import End, Message


@dataclass
class Course:
    """What is known of a look while it runs."""

    asked: Asked
    probe: Probe
    scratch: Path
    confinement: Confinement | None = None
    warden: int | None = None
    end: End | None = None
    status: int = 0
    stopped: bool = False
    """The engine told a refinable probe that it has seen enough."""
    heard: bytes = field(default=b"", repr=False)


def run(course: Course, server: ForkServer, seconds: float) -> None:
    """The look has run, and is over. Raises ServerDied."""
    with _socketpair() as (control, their_control), _socketpair() as (talk, their_talk):
        server.submit(course.scratch, [their_control.fileno(), their_talk.fileno()])
        their_control.close()
        their_talk.close()
        try:
            _follow(course, control, talk, deadline=time.monotonic() + seconds)
        finally:
            _end(course)


@contextmanager
def _socketpair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def _follow(course: Course, control: socket.socket, talk: socket.socket, *, deadline: float) -> None:
    """Reads what the warden and the look say until the warden ends or the time is over."""
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(talk, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if key.fileobj is control and not _hear(control, course):
                    return
                if key.fileobj is talk and not _reply(talk, course):
                    selector.unregister(talk)


def _hear(control: socket.socket, course: Course) -> bool:
    """One more message of the warden; false at the end."""
    chunk = control.recv(65536)
    course.heard += chunk
    *lines, course.heard = course.heard.split(b"\n")
    for message in (Message.model_validate_json(line, strict=True) for line in lines):
        course.warden = message.warden or course.warden
        course.confinement = message.confinement or course.confinement
        course.status = course.status or message.status or 0  # a look in a PID namespace speaks through its init first
        course.end = message.end or course.end
    return bool(chunk) and course.end is None


def _reply(talk: socket.socket, course: Course) -> bool:
    """Whether a refinable probe shall go on; false when the look hung up, or doesn't listen."""
    with suppress(OSError):
        if talk.recv(1):
            course.stopped = not _goes_on(course)
            return talk.send(b"-" if course.stopped else b"+", socket.MSG_DONTWAIT) == 1
    return False


def _goes_on(course: Course) -> bool:
    answer = read_answer(course.scratch)
    if not isinstance(answer, Answered):
        return True
    try:
        evidence = with_known_doubts(evidence_of(answer, course.probe))
    except ValidationError:
        return False  # nothing sharper can come of it; what it is will be said at its end
    return not course.asked.enough(evidence.model_dump(mode="json"))


def _end(course: Course) -> None:
    """A warden that didn't end by itself is killed; the kernel then kills its look."""
    if course.end is None and course.warden is not None:
        with suppress(ProcessLookupError):
            os.kill(course.warden, signal.SIGKILL)
