"""The border `register` of STYLE.md, rule 12: a plugin is imported and asked here, and whatever it does becomes a value."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import EntryPoint
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

import pluggy

from lepton_audit.declare import hooks
from lepton_audit.declare.kinds import AssetKind, kind_of
from lepton_audit.declare.opener import Opener
from lepton_audit.declare.probe import Probe
from lepton_audit.facts.fault import Fault
from lepton_audit.registry.plugins import Declared, Plugin
from lepton_audit.registry.sources import sources_of

D = TypeVar("D")
IMPORT_SECONDS = 10.0
"""A plugin that takes longer to import hangs."""
PATIENCE = 3
"""So many times it is told to stop; then the host ends, incomplete."""


class PluginHangs(BaseException):
    """Importing a plugin took too long. Not an Exception, so that no `except Exception` in the plugin stops it."""


class PluginForks(BaseException):
    """A plugin forked, or ended its process, while it was imported."""


class BadDeclaration(TypeError):
    """A hook returned something that isn't the declaration it promises."""


def declared(point: EntryPoint) -> Declared | Fault:
    """What the plugin declares, or why it can't."""
    pid, leave = os.getpid(), os._exit
    try:
        with _time_limit(IMPORT_SECONDS), _no_forks(), redirect_stdout(sys.stderr):
            return _ask(point)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a plugin never ends the host
        return _fault(point, error)
    finally:
        if os.getpid() != pid:
            leave(1)  # it forked all the same, past `os.fork`; the copy must not go on with the audit


def _ask(point: EntryPoint) -> Declared:
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    manager.register(point.load(), name=point.name)
    manager.check_pending()
    probes = _of_type(Probe, manager.hook.lepton_probes())
    openers = _of_type(Opener, manager.hook.lepton_openers())
    given = [[kind_of(kind) or kind for kind in kinds] for kinds in manager.hook.lepton_asset_kinds()]
    kinds = _of_type(AssetKind, given)
    functions = [
        *(probe.look for probe in probes),
        *(opener.open for opener in openers),
        *(kind.protocol for kind in kinds),
    ]
    sources = sources_of([point.module, *(function.__module__ for function in functions)])
    plugin = Plugin(*_origin(point), sources=sources)
    return Declared(plugin, probes, openers, kinds, _of_type(Path, manager.hook.lepton_policies()))


def _origin(point: EntryPoint) -> tuple[str, str, str, str]:
    dist = point.dist
    return (point.name, dist.name if dist else "?", dist.version if dist else "?", point.value)


def _of_type(wanted: type[D], answers: Iterable[Iterable[object]]) -> tuple[D, ...]:
    given = [item for answer in answers for item in answer]
    wrong = next((item for item in given if not isinstance(item, wanted)), None)
    if wrong is not None:
        raise BadDeclaration(f"a hook returned {type(wrong).__name__}, expected {wanted.__name__}")
    return tuple(item for item in given if isinstance(item, wanted))


def _fault(point: EntryPoint, error: BaseException) -> Fault:
    name, distribution, version, module = _origin(point)
    return Fault(
        kind="plugin",
        who=f"{name} ({distribution} {version})",
        because=f"the plugin can't be loaded from {module}: {type(error).__name__}: {_said(error)}",
        next_step=f"Mend or uninstall {distribution}; findings of its probes are errors until then.",
    )


def _said(error: BaseException) -> str:
    """The message on one line, of text that can be written down; even of an exception that can't say what it is."""
    try:
        text = " ".join(str(error).split())[:300]
    except Exception:  # noqa: BLE001  # the plugin's own `__str__`
        return "it can't say why"
    return text.encode("utf-8", "backslashreplace").decode()


@contextmanager
def _no_forks() -> Iterator[None]:
    """`os.fork` and `os._exit` raise inside the block: importing only defines."""

    def refuse(*_: object) -> NoReturn:
        raise PluginForks("importing a plugin must not fork or end the process")

    kept = os.fork, os._exit
    os.fork, os._exit = refuse, refuse  # type: ignore[assignment]  # for the time of the import
    try:
        yield
    finally:
        os.fork, os._exit = kept


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises PluginHangs inside the block when the time is over, and again; without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    leave, told = os._exit, 0

    def over(_signal: int, _frame: FrameType | None) -> None:
        nonlocal told
        told += 1
        if told > PATIENCE:
            print("a plugin hangs while it is imported, and can't be stopped; nothing was run", file=sys.stderr)  # noqa: T201
            leave(3)
        raise PluginHangs(f"it wasn't imported within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
