"""The one orchestration: load, plan, gather, judge, report."""

from __future__ import annotations

import re
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from lepton_audit.accept import attested, loud, waived
from lepton_audit.facts.finding import Finding
from lepton_audit.facts.integrity import sealed
from lepton_audit.facts.judgement import Judgement, Requested
from lepton_audit.facts.look import Effort, Gathered, Outcome, Request
from lepton_audit.facts.policy import SEVERITIES, Severity
from lepton_audit.facts.report import Report, Run
from lepton_audit.gather.client import fork_server
from lepton_audit.gather.gathering import in_child, remembered
from lepton_audit.gather.interface import Asked, Gather, Limits
from lepton_audit.gather.openers import claimed_opener
from lepton_audit.judge import judged, settled
from lepton_audit.load.run import Loaded, loaded
from lepton_audit.plan import Circumstances, Plan, plan
from lepton_audit.registry import Registry, load_registry
from lepton_audit.reporting import report_of
from lepton_audit.software import environment
from lepton_audit.store.store import Store, open_store

DEFAULT_POLICIES = ("lepton-baseline",)


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


def audit(
    target: str | Path,
    policies: Sequence[str | Path] = DEFAULT_POLICIES,
    *,
    waivers: str | Path | None = None,
    store: str | None = None,
    options: Options = Options(),
    registry: Registry | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """The target was audited, and the report is in the store. The same function serves the command line.

    Raises: BadInput (nothing was run), StoreUnusable.
    """
    found = registry or load_registry()
    said = loaded(Path(target), [str(policy) for policy in policies], Path(waivers) if waivers else None, found)
    kept = open_store(store)
    try:
        return _conducted(said, found, kept, options, on_progress)
    finally:
        kept.close()


def _conducted(
    said: Loaded, registry: Registry, store: Store, options: Options, on_progress: Callable[[Progress], None]
) -> Report:
    clock, now = time.monotonic(), datetime.now(UTC)
    planned = plan(
        said.policies, said.target.target, registry, Circumstances(str(said.target.base), options.seed, options.effort)
    )
    software = environment(registry)
    run, _ = store.begin(
        said.identity(software, options.seed, options.effort, fresh=now.isoformat() if options.fresh else ""), now
    )
    on_progress(Progress("planned", looks=len(planned.requests)))
    with fork_server(_preload(planned, registry)) as server:
        gather = in_child(registry, server, options.limits, debug=options.debug)
        recall = (lambda _key: None) if options.fresh else store.recall
        gather = remembered(gather, registry, recall, store.keep, environment=software, run=run)
        outcomes = _outcomes(planned, gather, options.jobs, on_progress, stop=server.close)
    findings = waived(_findings(planned, outcomes, said, now), said.waivers, now)
    faults = [*registry.faults, *loud(findings, said.waivers, said.target.target, now)]
    about = _run(run, now, time.monotonic() - clock, options)
    report = sealed(
        report_of(
            said, registry, findings, outcomes=outcomes, faults=faults, run=about, fail_on=_fail_on(said, options)
        )
    )
    store.end(run, report)
    return report


def _run(run: str, started: datetime, seconds: float, options: Options) -> Run:
    return Run(
        id=run, started=started, seconds=round(seconds, 3), seed=options.seed, effort=options.effort, command=_command()
    )


def _fail_on(said: Loaded, options: Options) -> Severity:
    """What the caller says, or the strictest of the policies' gates."""
    return options.fail_on or SEVERITIES[min(SEVERITIES.index(policy.gate.fail_on) for policy in said.policies)]


def _preload(planned: Plan, registry: Registry) -> list[str]:
    """Modules that the looks of the plan need, imported once before they fork."""
    requests = planned.requests.values()
    probes = {registry.probes[request.probe] for request in requests}
    assets = {asset.name: asset for request in requests for asset in request.inputs.values()}
    openers = [opener for asset in assets.values() if (opener := claimed_opener(asset, registry))]
    return sorted(
        {name for probe in probes for name in probe.preload} | {name for opener in openers for name in opener.preload}
    )


def _outcomes(
    planned: Plan, gather: Gather, jobs: int, on_progress: Callable[[Progress], None], *, stop: Callable[[], None]
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


def _findings(planned: Plan, outcomes: Mapping[str, Outcome], said: Loaded, now: datetime) -> list[Finding]:
    target = said.target.target
    return [judged(j, outcomes) if j.rule is not None else attested(j, target, now) for j in planned.judgements]


def _command() -> str:
    """What was typed, without the password of a database."""
    typed = (
        shlex.join(["lepton-audit", *sys.argv[1:]])
        if Path(sys.argv[0]).name == "lepton-audit"
        else "lepton_audit.audit(...)"
    )
    return re.sub(r"(://[^:/@\s]*):[^/@\s]+@", r"\1:***@", typed)
