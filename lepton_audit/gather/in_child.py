"""Looks in child processes: what goes wrong in one is a value, and the audit goes on."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lepton_audit.facts.look import Confinement, FailureKind, GatherFailed, Request
from lepton_audit.gather.addresses import ports_of
from lepton_audit.gather.client import ForkServer, ServerDied
from lepton_audit.gather.confine import writable_assets
from lepton_audit.gather.interface import Asked, Limits
from lepton_audit.gather.looking import ANSWER
from lepton_audit.gather.scratch import scratch_folder
from lepton_audit.gather.server import JOB
from lepton_audit.gather.warden import OUTPUT
from lepton_audit.registry import Registry

GRACE_SECONDS = 10.0
"""After a look's time the warden has so long to say how it ended."""
MAX_ANSWER = 64 * 2**20


@dataclass(frozen=True)
class Answer:
    """What a look wrote down, as it came: not yet checked against the probe's evidence model."""

    values: Mapping[str, Any]
    state: str | None
    last: bool
    seconds: float
    confinement: Confinement | None


@dataclass
class _Course:
    """What is known of a look while it runs."""

    confinement: Confinement | None = None
    warden: int | None = None
    end: str | None = None
    status: int = 0
    heard: bytes = field(default=b"", repr=False)


def look_in_child(
    asked: Asked, registry: Registry, server: ForkServer, limits: Limits, *, debug: bool = False
) -> Answer | GatherFailed:
    """What the look answered, or why it failed. Never raises for what a plugin or target does."""
    started = time.monotonic()
    with scratch_folder() as scratch:
        seconds = _seconds(asked.request, registry, limits)
        _write_job(asked, scratch, seconds, limits)
        try:
            course = _run(asked, server, scratch, seconds)
        except ServerDied as error:
            return GatherFailed(
                request=asked.request.digest, kind="crash", because=str(error), next_step="Run again with `--debug`."
            )
        if debug:
            _show_output(scratch)
        return _outcome(asked.request, course, scratch, time.monotonic() - started, seconds)


def _seconds(request: Request, registry: Registry, limits: Limits) -> float:
    allowed = registry.probes[request.probe].seconds
    return limits.seconds or (allowed.quick if request.effort == "quick" else allowed.full)


def _write_job(asked: Asked, scratch: Path, seconds: float, limits: Limits) -> None:
    job = {
        "request": asked.request.model_dump(mode="json"),
        "state": asked.state,
        "seconds": seconds,
        "memory": limits.memory,
        "processes": limits.processes,
        "file_size": limits.file_size,
        "writable": [str(scratch), *map(str, writable_assets(asked.request))],
        "ports": ports_of(asked.request),
    }
    (scratch / JOB).write_text(json.dumps(job), encoding="utf-8")


def _run(asked: Asked, server: ForkServer, scratch: Path, seconds: float) -> _Course:
    with ExitStack() as stack:
        control, their_control = map(stack.enter_context, socket.socketpair())
        talk, their_talk = map(stack.enter_context, socket.socketpair())
        server.submit(scratch, [their_control.fileno(), their_talk.fileno()])
        their_control.close()
        their_talk.close()
        course = _Course()
        try:
            _follow(asked, scratch, course, (control, talk), time.monotonic() + seconds + GRACE_SECONDS)
        finally:
            _end(course)
        return course


def _follow(
    asked: Asked, scratch: Path, course: _Course, lines: tuple[socket.socket, socket.socket], deadline: float
) -> None:
    """Reads what the warden and the look say until the warden ends or the time is over."""
    control, talk = lines
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(talk, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if key.fileobj is control and not _hear(control, course):
                    return
                if key.fileobj is talk and not _reply(talk, asked, scratch):
                    selector.unregister(talk)


def _hear(control: socket.socket, course: _Course) -> bool:
    """One more message of the warden; false at the end."""
    chunk = control.recv(65536)
    course.heard += chunk
    *lines, course.heard = course.heard.split(b"\n")
    for line in lines:
        said = json.loads(line)
        course.warden = said.get("warden", course.warden)
        course.status = said.get("status", course.status)
        if "end" in said:
            course.end, course.status = said["end"], course.status or said["ended"]
        if "confinement" in said:
            course.confinement = Confinement.model_validate_json(json.dumps(said["confinement"]), strict=True)
    return bool(chunk) and course.end is None


def _reply(talk: socket.socket, asked: Asked, scratch: Path) -> bool:
    """Whether a refinable probe shall go on; false when the look hung up."""
    with suppress(OSError):
        if talk.recv(1):
            answer = _read(scratch)
            enough = "values" in answer and asked.enough(answer["values"])
            talk.sendall(b"-" if enough else b"+")
            return True
    return False


def _end(course: _Course) -> None:
    """A warden that didn't end by itself is killed; the kernel then kills its look."""
    if course.end is None and course.warden is not None:
        with suppress(ProcessLookupError):
            os.kill(course.warden, signal.SIGKILL)


def _read(scratch: Path) -> dict[str, Any]:
    """The answer in the folder; empty where there is none that can be read."""
    file = scratch / ANSWER
    with suppress(OSError, ValueError):
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= MAX_ANSWER:
            answer = json.loads(file.read_text(encoding="utf-8"))
            return answer if isinstance(answer, dict) else {}
    return {}


def _outcome(request: Request, course: _Course, scratch: Path, seconds: float, allowed: float) -> Answer | GatherFailed:
    answer = _read(scratch)
    ended = course.end or "timeout"
    refined = ended == "timeout" and answer.get("state") is not None
    if ended != "exit" and not refined:
        return _failed(request, _why(ended, allowed), seconds)
    if "failed" in answer:
        return _failed(request, answer["failed"], seconds)
    if "values" not in answer or not isinstance(answer["values"], dict):
        return _failed(
            request, {"kind": "silent", "because": f"the look ended without an answer ({_status(course)})"}, seconds
        )
    last = bool(answer.get("last")) and not refined
    return Answer(answer["values"], answer.get("state"), last, seconds, course.confinement)


def _why(ended: str, allowed: float) -> dict[str, str]:
    reasons: dict[str, tuple[FailureKind, str]] = {
        "timeout": ("timeout", f"no answer within {allowed:g} s; the look and all that it started were killed"),
        "memory": ("memory", "it used more memory than allowed, and was killed"),
        "processes": ("crash", "it started more processes than allowed, and was killed"),
    }
    kind, because = reasons[ended]
    return {"kind": kind, "because": because}


def _failed(request: Request, why: Mapping[str, str], seconds: float) -> GatherFailed:
    said = {name: str(why.get(name, ""))[:2000] for name in ("because", "next_step")}
    return GatherFailed(request=request.digest, kind=why["kind"], seconds=seconds, **said)


def _status(course: _Course) -> str:
    if os.WIFSIGNALED(course.status):
        return f"signal {signal.Signals(os.WTERMSIG(course.status)).name}"
    return f"exit status {os.WEXITSTATUS(course.status)}"


def _show_output(scratch: Path) -> None:
    with suppress(OSError), (scratch / OUTPUT).open("rb") as output:
        shutil.copyfileobj(output, sys.stderr.buffer)
