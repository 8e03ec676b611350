"""The one orchestration: load, plan, gather, judge, report."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lepton_audit.accept import attested, loud, waived
from lepton_audit.conducting import Memory, Options, Progress, looked
from lepton_audit.facts.fault import Fault
from lepton_audit.facts.finding import Finding
from lepton_audit.facts.integrity import sealed
from lepton_audit.facts.look import Outcome
from lepton_audit.facts.policy import SEVERITIES, Severity
from lepton_audit.facts.report import Report, Run
from lepton_audit.judge import judged
from lepton_audit.load.run import Loaded, loaded
from lepton_audit.plan import Circumstances, Plan, plan
from lepton_audit.registry import Registry, load_registry
from lepton_audit.reporting import report_of
from lepton_audit.software import environment
from lepton_audit.store.interface import StoreUnusable
from lepton_audit.store.store import Store, open_store

__all__ = ["DEFAULT_POLICIES", "Options", "Progress", "audit"]
DEFAULT_POLICIES = ("lepton-baseline",)


def audit(
    target: str | Path,
    policies: Sequence[str | Path] = DEFAULT_POLICIES,
    *,
    waivers: str | Path | None = None,
    store: str | None = None,
    options: Options = Options(),  # noqa: B008  # frozen
    registry: Registry | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """The target was audited, and the report is in the store. The same function serves the command line.

    Raises: BadInput (nothing was run), StoreUnusable (nothing was run).
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
    circumstances = Circumstances(base=str(said.target.base), seed=options.seed, effort=options.effort)
    planned = plan(said.policies, said.target.target, registry, circumstances)
    software = environment(registry)
    identity = said.identity(software, options.seed, options.effort, fresh=now.isoformat() if options.fresh else "")
    run, _ = store.begin(identity, now)
    on_progress(Progress("planned", looks=len(planned.requests)))
    memory = Memory(store, fresh=options.fresh)
    outcomes = looked(planned, registry, memory, options, on_progress, software=software, run=run)
    findings = waived(_findings(planned, outcomes, said, now), said.waivers, now)
    faults = [*registry.faults, *memory.faults, *loud(findings, said.waivers, said.target.target, now)]
    about = _run(run, now, time.monotonic() - clock, options)
    fail_on = _fail_on(said, options)
    report = report_of(said, registry, findings, outcomes=outcomes, faults=faults, run=about, fail_on=fail_on)
    return _stored(sealed(report), store)


def _stored(report: Report, store: Store) -> Report:
    """The report, which the store holds; or says that it doesn't."""
    try:
        store.end(report.run.id, report)
    except StoreUnusable as error:
        fault = Fault(kind="store", who="store", because=f"the report isn't in it: {error}", breaks=False)
        return sealed(report.model_copy(update={"faults": (*report.faults, fault), "integrity": None}))
    return report


def _run(run: str, started: datetime, seconds: float, options: Options) -> Run:
    return Run(
        id=run, started=started, seconds=round(seconds, 3), seed=options.seed, effort=options.effort, command=_command()
    )


def _fail_on(said: Loaded, options: Options) -> Severity:
    """What the caller says, or the strictest of the policies' gates."""
    return options.fail_on or SEVERITIES[min(SEVERITIES.index(policy.gate.fail_on) for policy in said.policies)]


def _findings(planned: Plan, outcomes: Mapping[str, Outcome], said: Loaded, now: datetime) -> list[Finding]:
    target = said.target.target
    return [judged(j, outcomes) if j.rule is not None else attested(j, target, now) for j in planned.judgements]


def _command() -> str:
    """What was typed, without the address of a database, which may hold a password."""
    if Path(sys.argv[0]).name != "lepton-audit":
        return "lepton_audit.audit(...)"
    words = [_harmless(word, before) for before, word in zip(sys.argv, sys.argv[1:], strict=False)]
    return shlex.join(["lepton-audit", *words]).encode("utf-8", "backslashreplace").decode()


def _harmless(word: str, before: str) -> str:
    option, _, value = word.partition("=") if word.startswith("--store=") else ("", "", word)
    secret = (before == "--store" or option) and "://" in value and not value.startswith("sqlite:")
    return f"{option}{'=' if option else ''}{value.partition('://')[0]}://..." if secret else word
