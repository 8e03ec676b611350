"""Finds plugins, one by one: a broken plugin is a Fault, never a crash, and the others stand.

Every plugin gets a PluginManager of its own, so one that raises loses only its own declarations. Order never matters: all is sorted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from lepton_audit.declare import hooks
from lepton_audit.declare.assets import BUILT_IN_KINDS
from lepton_audit.declare.kinds import kind_of
from lepton_audit.declare.opener import Opener
from lepton_audit.facts.fault import Fault
from lepton_audit.registry import border
from lepton_audit.registry.plugins import Declared, Plugin, Registry

D = TypeVar("D")
Owned = tuple[Plugin, D]


def load_registry(points: Iterable[EntryPoint] | None = None) -> Registry:
    """The registry of all installed plugins (or of these entry points)."""
    found = sorted(entry_points(group=hooks.GROUP) if points is None else points, key=lambda point: point.name)
    outcomes = [border.declared(point) for point in found]
    declared = [outcome for outcome in outcomes if isinstance(outcome, Declared)]
    return merged(declared, tuple(outcome for outcome in outcomes if isinstance(outcome, Fault)))


def merged(declared: Iterable[Declared], faults: tuple[Fault, ...] = ()) -> Registry:
    """All declarations by name. What two plugins declare is dropped from both, with a fault that names both."""
    all_declared = list(declared)
    probes, probe_faults = _by_name(all_declared, "probe", lambda d: [(probe.id, probe) for probe in d.probes])
    built_in = {kind.name: kind for kind in filter(None, map(kind_of, BUILT_IN_KINDS))}
    kinds, kind_faults = _by_name(all_declared, "asset kind", lambda d: [(kind.name, kind) for kind in d.kinds])
    kind_faults += [_shadowed(name, plugin) for name, (plugin, _) in kinds.items() if name in built_in]
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


def _shadowed(kind: str, plugin: Plugin) -> Fault:
    because = f"it declares the asset kind {kind!r}, which is built in; the built-in one is used"
    return Fault(kind="plugin", who=str(plugin), because=because, next_step="Rename the kind.")


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
