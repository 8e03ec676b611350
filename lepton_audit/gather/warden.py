"""Between the fork server and a look: starts the look confined, watches it, ends it with all that it started, says how it ended."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, NoReturn

import psutil

from lepton_audit.gather import kernel
from lepton_audit.gather.confine import confine, namespaces
from lepton_audit.gather.messages import End, Fence, Message, say

WATCH_SECONDS = 0.05
OUTPUT = "output.txt"


def warden(fence: Fence, scratch: Path, control: socket.socket, look: Callable[[], None]) -> NoReturn:
    """Doesn't return: this process is the look's warden, and ends with it."""
    os.setsid()
    kernel.die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    kernel.adopt_orphans()
    pid_namespace, net_namespace = namespaces(fence)
    say(control, Message(warden=os.getpid()))
    child = os.fork()
    if child == 0:
        if pid_namespace:
            _become_init(control)
        _become_look(fence, scratch, control, look, (pid_namespace, net_namespace))
    end, status = _watch(child, fence)
    _clear(child, pid_namespace=pid_namespace)
    say(control, Message(end=end, status=status))
    os._exit(0)


def _become_init(control: socket.socket) -> None:
    """The first process of a PID namespace, which can't signal itself, forks the look and waits for it. Only the look returns."""
    kernel.die_with_parent(signal.SIGKILL)
    look = os.fork()
    if look == 0:
        return
    try:
        while (ended := os.wait())[0] != look:
            pass  # an orphan of the look
        say(control, Message(status=ended[1]))
    finally:
        os._exit(0)


def _become_look(
    fence: Fence, scratch: Path, control: socket.socket, look: Callable[[], None], isolated: tuple[bool, bool]
) -> NoReturn:
    """Confined before any code of a plugin or target runs; whatever happens, the process ends here."""
    try:
        kernel.die_with_parent(signal.SIGKILL)
        os.setsid()
        _redirect(scratch)
        confinement = confine(fence, pid_namespace=isolated[0], net_namespace=isolated[1])
        say(control, Message(confinement=confinement))
        control.close()
        look()
    finally:
        os._exit(0)  # an answer in its file tells success; the status of the process tells nothing


def _redirect(scratch: Path) -> None:
    """What the look prints goes to a file of its own; it reads nothing."""
    os.environ.update(
        {name: str(scratch) for name in ("HOME", "TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "JOBLIB_TEMP_FOLDER")}
    )
    os.chdir(scratch)
    output = os.open(scratch / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, number in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, number)


def _watch(child: int, fence: Fence) -> tuple[End, int]:
    """How the look ended; at a limit it is killed."""
    deadline = time.monotonic() + fence.seconds
    handle = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
    while True:
        if handle is not None:
            select.select([handle], [], [], WATCH_SECONDS)
        else:
            time.sleep(WATCH_SECONDS)
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "exit", status
        over = "timeout" if time.monotonic() > deadline else _excess(child, fence)
        if over:
            _kill_group(child)
            return over, os.waitpid(child, 0)[1]


def _excess(child: int, fence: Fence) -> Literal["memory", "processes"] | None:
    with suppress(psutil.Error):
        look = psutil.Process(child)
        family = [look, *look.children(recursive=True)]
        if len(family) > fence.processes:
            return "processes"
        if sum(_resident(process) for process in family) > fence.memory:
            return "memory"
    return None


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _kill_group(leader: int) -> None:
    """The whole group, then the leader by itself: before its `setsid` it has no group of its own."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(leader, signal.SIGKILL)


def _clear(child: int, *, pid_namespace: bool) -> None:
    """Nothing that the look started lives on. The end of a PID namespace's first process ends all in it."""
    _kill_group(child)
    if pid_namespace:
        return
    while left := psutil.Process().children(recursive=True):
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=1)
