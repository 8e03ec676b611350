"""Finds plugins, one by one: a broken plugin is a Fault, never a crash, and the others stand.

Every plugin gets a PluginManager of its own, so one that raises loses only its own declarations. Order never matters: all is sorted.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import FrameType
from typing import TypeVar

import pluggy

from lepton_audit.declare import hooks
from lepton_audit.declare.assets import BUILT_IN_KINDS
from lepton_audit.declare.kinds import AssetKind, kind_of
from lepton_audit.declare.opener import Opener
from lepton_audit.declare.probe import Probe
from lepton_audit.facts.canonical import digest
from lepton_audit.facts.fault import Fault

D = TypeVar("D")
IMPORT_SECONDS = 10.0
"""A plugin that takes longer to import hangs."""


class PluginHangs(BaseException):
    """Importing a plugin took too long. Not an Exception, so that no `except Exception` in the plugin stops it."""


class BadDeclaration(TypeError):
    """A hook returned something that isn't the declaration it promises."""


@dataclass(frozen=True)
class Plugin:
    """A plugin: its entry point's name, its distribution, and where its source lies."""

    name: str
    distribution: str
    version: str
    module: str
    source: Path | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version})"


@dataclass(frozen=True)
class Declared:
    """All that one plugin declares."""

    plugin: Plugin
    probes: tuple[Probe, ...] = ()
    openers: tuple[Opener, ...] = ()
    kinds: tuple[AssetKind, ...] = ()
    policies: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Registry:
    """Every declaration by name, with its provider; and the faults of the plugins that broke."""

    plugins: tuple[Plugin, ...] = ()
    probes: dict[str, Probe] = field(default_factory=dict)
    openers: dict[str, Opener] = field(default_factory=dict)
    """What an opener claims ("table format csv", "table scheme postgresql") -> the opener."""
    kinds: dict[str, AssetKind] = field(default_factory=dict)
    policy_files: tuple[Path, ...] = ()
    providers: dict[str, Plugin] = field(default_factory=dict)
    """Probe id -> the plugin that brings it."""
    faults: tuple[Fault, ...] = ()

    def provider(self, probe: str) -> str:
        """The plugin that brings the probe, with the digest of its source."""
        plugin = self.providers[probe]
        return f"{plugin.distribution} {plugin.version}, {plugin.name}, source {source_digest(plugin.source)}"


@cache
def source_digest(source: Path | None) -> str:
    """SHA-256 over every Python file of the plugin's package, or of its one module; ``unknown`` where there is none."""
    if source is None:
        return "unknown"
    root = source.parent if source.name == "__init__.py" else source
    files = sorted(root.rglob("*.py")) if root.is_dir() else [root]
    parts = [
        (file.relative_to(root.parent).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files
    ]
    return digest(parts)[:16]


def load_registry(points: Iterable[EntryPoint] | None = None) -> Registry:
    """The registry of all installed plugins (or of these entry points)."""
    found = sorted(entry_points(group=hooks.GROUP) if points is None else points, key=lambda point: point.name)
    outcomes = [_declared(point) for point in found]
    declared = [outcome for outcome in outcomes if isinstance(outcome, Declared)]
    return merged(declared, tuple(outcome for outcome in outcomes if isinstance(outcome, Fault)))


def _declared(point: EntryPoint) -> Declared | Fault:
    """What the plugin declares, or why it can't. This is the border `register` of STYLE.md, rule 12."""
    pid = os.getpid()
    try:
        with _time_limit(IMPORT_SECONDS):
            return _ask(point)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a plugin never ends the host
        return _fault(point, error)
    finally:
        if os.getpid() != pid:
            os._exit(1)  # the plugin forked while it was imported; the copy must not go on with the audit


def _ask(point: EntryPoint) -> Declared:
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    module = point.load()
    manager.register(module, name=point.name)
    manager.check_pending()
    file = getattr(module, "__file__", None)
    plugin = Plugin(*_origin(point), source=Path(file) if file else None)
    return Declared(
        plugin=plugin,
        probes=_of_type(Probe, manager.hook.lepton_probes()),
        openers=_of_type(Opener, manager.hook.lepton_openers()),
        kinds=_of_type(
            AssetKind, [[kind_of(kind) or kind for kind in kinds] for kinds in manager.hook.lepton_asset_kinds()]
        ),
        policies=_of_type(Path, manager.hook.lepton_policies()),
    )


def _origin(point: EntryPoint) -> tuple[str, str, str, str]:
    dist = point.dist
    return (point.name, dist.name if dist else "?", dist.version if dist else "?", point.value)


def _of_type(wanted: type[D], answers: Iterable[Iterable[object]]) -> tuple[D, ...]:
    given = [item for answer in answers for item in answer]
    wrong = next((item for item in given if not isinstance(item, wanted)), None)
    if wrong is not None:
        raise BadDeclaration(f"a hook returned {type(wrong).__name__}, expected {wanted.__name__}")
    return tuple(item for item in given if isinstance(item, wanted))


def merged(declared: Iterable[Declared], faults: tuple[Fault, ...] = ()) -> Registry:
    """All declarations by name. What two plugins declare is dropped from both, with a fault that names both."""
    all_declared = list(declared)
    probes, probe_faults = _by_name(all_declared, "probe", lambda d: [(probe.id, probe) for probe in d.probes])
    kinds, kind_faults = _by_name(all_declared, "asset kind", lambda d: [(kind.name, kind) for kind in d.kinds])
    built_in = {kind.name: kind for kind in filter(None, map(kind_of, BUILT_IN_KINDS))}
    openers, opener_faults = _by_name(
        all_declared, "opener", lambda d: [pair for o in d.openers for pair in _claims(o)]
    )
    return Registry(
        plugins=tuple(d.plugin for d in all_declared),
        probes={name: probe for name, (_, probe) in probes.items()},
        openers={claim: opener for claim, (_, opener) in openers.items()},
        kinds={name: kind for name, (_, kind) in kinds.items()} | built_in,
        policy_files=tuple(path for d in all_declared for path in d.policies),
        providers={name: plugin for name, (plugin, _) in probes.items()},
        faults=(*faults, *probe_faults, *kind_faults, *opener_faults),
    )


def _claims(opener: Opener) -> list[tuple[str, Opener]]:
    named = [f"format {name}" for name in opener.formats]
    endings = [f"file ending {suffix}" for suffix in opener.suffixes]
    schemes = [f"scheme {scheme}" for scheme in opener.schemes]
    return [(f"{opener.kind} {claim}", opener) for claim in (*named, *endings, *schemes)]


def _by_name(
    declared: list[Declared], what: str, named: Callable[[Declared], list[tuple[str, D]]]
) -> tuple[dict[str, tuple[Plugin, D]], list[Fault]]:
    owners: defaultdict[str, list[tuple[Plugin, D]]] = defaultdict(list)
    for d in declared:
        for name, item in named(d):
            owners[name].append((d.plugin, item))
    single = {name: found[0] for name, found in sorted(owners.items()) if len(found) == 1}
    return single, [_duplicate(what, name, found) for name, found in sorted(owners.items()) if len(found) > 1]


def _duplicate(what: str, name: str, found: list[tuple[Plugin, D]]) -> Fault:
    both = " and ".join(sorted({str(plugin) for plugin, _ in found}))
    return Fault(
        kind="plugin",
        who=both,
        because=f"{what} {name!r} is declared more than once, by {both}; none of them is used",
        next_step="Uninstall one of the plugins, or rename what it declares.",
    )


def _fault(point: EntryPoint, error: BaseException) -> Fault:
    name, distribution, version, module = _origin(point)
    said = " ".join(str(error).split())[:300]
    return Fault(
        kind="plugin",
        who=f"{name} ({distribution} {version})",
        because=f"the plugin can't be loaded from {module}: {type(error).__name__}: {said}",
        next_step=f"Mend or uninstall {distribution}; findings of its probes are errors until then.",
    )


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises PluginHangs inside the block when the time is over; without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise PluginHangs(f"it wasn't imported within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
