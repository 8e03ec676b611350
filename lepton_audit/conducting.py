"""Takes the looks of a plan: in children, reusing what the store holds, and journaling each as soon as it is finished."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from lepton_audit.facts.fault import Fault
from lepton_audit.facts.judgement import Judgement, Requested
from lepton_audit.facts.look import Effort, Gathered, Outcome, Request
from lepton_audit.facts.policy import Severity
from lepton_audit.gather.client import fork_server
from lepton_audit.gather.gathering import in_child, remembered
from lepton_audit.gather.interface import Asked, Gather, Limits
from lepton_audit.gather.openers import claimed_opener
from lepton_audit.judge import settled
from lepton_audit.plan import Plan
from lepton_audit.registry import Registry
from lepton_audit.store.interface import StoreUnusable
from lepton_audit.store.store import Store

_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Progress:
    """One event of a run: looks begin and end."""

    what: Literal["planned", "looking", "looked", "reused"]
    request: Request | None = None
    outcome: Outcome | None = None
    looks: int = 0


@dataclass(frozen=True)
class Options:
    """How an audit is conducted; none of it changes what is true."""

    effort: Effort = "quick"
    seed: int = 0
    jobs: int = 1
    fail_on: Severity | None = None
    limits: Limits = field(default_factory=Limits)
    debug: bool = False
    fresh: bool = False
    """Resume no interrupted run, and reuse no stored look."""


OnProgress = Callable[[Progress], None]


class Memory:
    """The store, for the time of the looks: where it fails, looks are taken all the same, and the failure becomes a fault."""

    def __init__(self, store: Store, *, fresh: bool) -> None:
        self._store, self._fresh = store, fresh
        self.faults: list[Fault] = []

    def recall(self, key: str) -> Gathered | None:
        """What the store holds under the key; nothing where it fails, or everything is to be fresh."""
        if self._fresh:
            return None
        try:
            return self._store.recall(key)
        except StoreUnusable as error:
            self._forgot(error)
            return None

    def keep(self, key: str, gathered: Gathered) -> None:
        """The look is in the store, if it works."""
        try:
            self._store.keep(key, gathered)
        except StoreUnusable as error:
            self._forgot(error)

    def _forgot(self, error: StoreUnusable) -> None:
        fault = Fault(
            kind="store", who="store", because=str(error), next_step="Name another with --store.", breaks=False
        )
        if fault not in self.faults:
            self.faults.append(fault)


def looked(
    planned: Plan,
    registry: Registry,
    memory: Memory,
    options: Options,
    on_progress: OnProgress,
    *,
    software: str,
    run: str,
) -> dict[str, Outcome]:
    """What every look of the plan brought."""
    with fork_server(_preload(planned, registry), _variables(planned)) as server:
        fresh = in_child(registry, server, options.limits, debug=options.debug)
        gather = remembered(fresh, registry, memory.recall, memory.keep, environment=software, run=run)
        return _outcomes(planned, gather, options.jobs, on_progress, stop=server.close)


def _preload(planned: Plan, registry: Registry) -> list[str]:
    """Modules that the looks of the plan need, imported once before they fork."""
    requests = planned.requests.values()
    probes = {registry.probes[request.probe] for request in requests}
    assets = {asset.name: asset for request in requests for asset in request.inputs.values()}
    openers = [opener for asset in assets.values() if (opener := claimed_opener(asset, registry))]
    return sorted({name for p in probes for name in p.preload} | {name for o in openers for name in o.preload})


def _variables(planned: Plan) -> list[str]:
    """Environment variables that the assets' uris name."""
    uris = [asset.uri for request in planned.requests.values() for asset in request.inputs.values()]
    return sorted({name for uri in uris for name in _VARIABLE.findall(uri)})


def _outcomes(
    planned: Plan, gather: Gather, jobs: int, on_progress: OnProgress, *, stop: Callable[[], None]
) -> dict[str, Outcome]:
    """What every look brought, whatever the order in which they ended."""
    waiting: dict[str, list[Judgement]] = {}
    for judgement in planned.judgements:
        if isinstance(judgement.basis, Requested):
            waiting.setdefault(judgement.basis.request, []).append(judgement)

    def one(name: str, request: Request) -> Outcome:
        def enough(values: Mapping[str, Any]) -> bool:
            return all(settled(judgement, values) for judgement in waiting[name])

        on_progress(Progress("looking", request=request))
        outcome = gather(Asked(request, enough))
        reused = isinstance(outcome, Gathered) and outcome.reused
        on_progress(Progress("reused" if reused else "looked", request=request, outcome=outcome))
        return outcome

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        futures = {name: pool.submit(one, name, request) for name, request in planned.requests.items()}
        try:
            return {name: future.result() for name, future in futures.items()}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop()  # ends the looks under way, so that nobody waits for them
            raise
