"""Looks in child processes: what goes wrong in one is a value, and the audit goes on."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import PydanticSerializationError

from lepton_audit.facts.look import Confinement, FailureKind, GatherFailed, Request
from lepton_audit.gather.addresses import needs_names, ports_of
from lepton_audit.gather.answer import MAX_ANSWER, Answered, Refused, read_answer
from lepton_audit.gather.client import ForkServer, ServerDied
from lepton_audit.gather.confine import writable_assets
from lepton_audit.gather.course import Course, run
from lepton_audit.gather.interface import Asked, Limits
from lepton_audit.gather.messages import JOB, End, Fence, Job
from lepton_audit.gather.scratch import regular_content, scratch_folder
from lepton_audit.gather.warden import OUTPUT
from lepton_audit.registry import Registry

GRACE_SECONDS = 10.0
"""After a look's time the warden has so long to say how it ended."""
LONGEST_SECONDS = 10 * 86400.0


@dataclass(frozen=True)
class Testimony:
    """What a look answered, and under which limits."""

    said: Answered
    seconds: float
    confinement: Confinement | None


def look_in_child(
    asked: Asked, registry: Registry, server: ForkServer, limits: Limits, *, debug: bool = False
) -> Testimony | GatherFailed:
    """What the look answered, or why it failed. Never raises for what a plugin or target does."""
    started = time.monotonic()
    request = asked.request
    with scratch_folder() as scratch:
        seconds = seconds_allowed(request, registry, limits)
        course = Course(asked, registry.probes[request.probe], scratch)
        try:
            (scratch / JOB).write_bytes(_job(asked, scratch, seconds, limits))
            run(course, server, seconds + GRACE_SECONDS)
        except PydanticSerializationError:
            because = "a path of the target or of the temporary folder isn't Unicode text"
            return _failed(course, "unopenable", because, seconds=0.0, next_step="Rename the folder.")
        except ServerDied as error:
            return _failed(course, "crash", str(error), seconds=0.0, next_step="Run again with `--debug`.")
        if debug:
            _show_output(scratch)
        return _outcome(course, time.monotonic() - started, seconds)


def seconds_allowed(request: Request, registry: Registry, limits: Limits) -> float:
    """Seconds that the look may take: of the run's limits, else of its probe; always finite."""
    allowed = registry.probes[request.probe].seconds
    seconds = limits.seconds or (allowed.quick if request.effort == "quick" else allowed.full)
    return min(seconds, LONGEST_SECONDS) if math.isfinite(seconds) else LONGEST_SECONDS


def _job(asked: Asked, scratch: Path, seconds: float, limits: Limits) -> bytes:
    fence = Fence(
        seconds=seconds,
        memory=limits.memory,
        processes=limits.processes,
        file_size=limits.file_size,
        writable=(scratch, *writable_assets(asked.request)),
        ports=ports_of(asked.request),
        names=needs_names(asked.request),
    )
    return Job(request=asked.request, state=asked.state, fence=fence).model_dump_json().encode()


def _outcome(course: Course, seconds: float, allowed: float) -> Testimony | GatherFailed:
    """A refinable probe that ran out of time keeps what it said last; one that vanished between two answers keeps nothing."""
    answer = read_answer(course.scratch)
    ended = course.end or "timeout"
    refined = ended == "timeout" and isinstance(answer, Answered) and answer.state is not None
    if ended != "exit" and not refined:
        return _failed(course, *_why(ended, allowed), seconds=seconds)
    if answer is None:
        because = f"the look ended without an answer ({_status(course)})"
        return _failed(course, "silent", because, seconds=seconds)
    if isinstance(answer, Refused):
        return _failed(course, answer.failed, answer.because, seconds=seconds, next_step=answer.next_step)
    if ended == "exit" and not answer.last and not course.stopped:
        because = f"the look ended before its last answer ({_status(course)})"
        return _failed(course, "crash", because, seconds=seconds)
    said = answer.model_copy(update={"last": False}) if refined else answer
    return Testimony(said, seconds, course.confinement)


def _why(ended: End, allowed: float) -> tuple[FailureKind, str]:
    reasons: dict[End, tuple[FailureKind, str]] = {
        "timeout": ("timeout", f"no answer within {allowed:g} s; the look and all that it started were killed"),
        "memory": ("memory", "it used more memory than allowed, and was killed"),
        "processes": ("crash", "it started more processes than allowed, and was killed"),
    }
    return reasons[ended]


def _failed(course: Course, kind: FailureKind, because: str, *, seconds: float, next_step: str = "") -> GatherFailed:
    request = course.asked.request.digest
    return GatherFailed(request=request, kind=kind, because=because, next_step=next_step, seconds=seconds)


def _status(course: Course) -> str:
    if not os.WIFSIGNALED(course.status):
        return f"exit status {os.WEXITSTATUS(course.status)}"
    number = os.WTERMSIG(course.status)
    known = number in set(signal.Signals)
    return f"signal {signal.Signals(number).name if known else number}"


def _show_output(scratch: Path) -> None:
    sys.stderr.buffer.write(regular_content(scratch / OUTPUT, MAX_ANSWER) or b"")
    sys.stderr.buffer.flush()
