"""`Gather -> Gather`: pinned before and after, cached where law 3 allows it, resumed where a run was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from lepton_audit.facts.canonical import digest
from lepton_audit.facts.look import Gathered, GatherFailed, Outcome, Seen
from lepton_audit.gather.client import ForkServer
from lepton_audit.gather.in_child import look_in_child, seconds_allowed
from lepton_audit.gather.interface import Asked, Gather, Limits
from lepton_audit.gather.pins import Stopped, Unpinnable, never, seen, traces
from lepton_audit.gather.record import recorded
from lepton_audit.registry import Registry

Recall = Callable[[str], Gathered | None]
Keep = Callable[[str, Gathered], None]


def in_child(registry: Registry, server: ForkServer, limits: Limits, *, debug: bool = False) -> Gather:
    """Looks in a child process, and fails if an asset isn't after the look what it was before."""

    def gather(asked: Asked) -> Outcome:
        request = asked.request
        seconds = seconds_allowed(request, registry, limits)
        try:
            before, traced = seen(request, registry.kinds, stopped=_deadline(seconds)), traces(request, registry.kinds)
            answer = look_in_child(asked, registry, server, limits, debug=debug)
            after = seen(request, registry.kinds, stopped=_deadline(seconds))
            retraced = traces(request, registry.kinds)
        except Unpinnable as error:
            return GatherFailed(
                request=request.digest, kind=error.kind, because=error.because, next_step="Check the asset's uri."
            )
        changed = [
            asset.name
            for name, asset in before.items()
            if asset.pin != after[name].pin or traced.get(name) != retraced.get(name)
        ]
        if changed:
            return _changed(asked, changed[0])
        if isinstance(answer, GatherFailed):
            return answer
        return recorded(request, registry.probes[request.probe], answer, before)

    return gather


def _deadline(seconds: float) -> Stopped:
    """True once the seconds are over."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _changed(asked: Asked, asset: str) -> GatherFailed:
    because = f"asset {asset!r} changed while it was looked at; what was seen may belong to neither state"
    return GatherFailed(
        request=asked.request.digest,
        kind="changed",
        because=because,
        next_step="Audit a target at rest, and run again.",
    )


def remembered(
    gather: Gather,
    registry: Registry,
    recall: Recall,
    keep: Keep,
    *,
    environment: str,
    run: str,
    stopped: Stopped = never,
) -> Gather:
    """Reuses what the store holds of the same pinned content, and goes on from its state where that doesn't settle the rules.

    ``stopped`` tells that the audit ends, so that nobody waits for the pin of a large asset.
    ``environment`` names the software that looks. What can't be pinned is reused within the ``run`` alone, when it is resumed.
    """

    def gather_or_recall(asked: Asked) -> Outcome:
        try:
            key = _key(asked, seen(asked.request, registry.kinds, stopped=stopped), environment, run)
        except Unpinnable:
            return gather(asked)
        stored = recall(key)
        if stored is not None and (stored.exhausted or asked.enough(stored.record.values)):
            return stored.model_copy(update={"reused": True, "request": asked.request.digest})
        outcome = gather(replace(asked, state=stored.state) if stored else asked)
        if isinstance(outcome, Gathered):
            outcome = outcome.model_copy(update={"key": key})
            if outcome.record.assets and key == _key(asked, outcome.record.assets, environment, run):
                keep(key, outcome)
        return outcome

    return gather_or_recall


def _key(asked: Asked, assets: dict[str, Seen], environment: str, run: str) -> str:
    pins = {name: asset.pin.sha256 if asset.pin else f"run {run}" for name, asset in assets.items()}
    return digest({"request": asked.request.digest, "pins": pins, "environment": environment})
