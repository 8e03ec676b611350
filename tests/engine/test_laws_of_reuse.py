"""Laws 2, 3 and 6: determinism, reuse only of the same pinned content, nothing lost to kill -9."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest

from lepton_audit.auditing import Options, audit
from lepton_audit.registry import load_registry, source_digest
from lepton_audit.store.store import open_store

MOOD = "probe: acme.mood, require: {mood: {min: -100}}"
LINES = "probe: acme.lines, require: {lines: {max: 100}}"


def digests(report):
    return sorted(report.evidence), [(item.control, item.verdict) for item in report.findings]


def looks(report):
    return report.coverage.looks, report.coverage.reused


def test_same_seed_same_evidence_whatever_the_jobs(acme, target, tmp_path, policy):
    house = policy(MOOD, LINES, "probe: acme.mood, with: {noise: 3.0}, require: {mood: {min: -100}}")
    one = audit(target, [house], store=str(tmp_path / "1.sqlite"), registry=acme, options=Options(seed=7, jobs=1))
    two = audit(target, [house], store=str(tmp_path / "2.sqlite"), registry=acme, options=Options(seed=7, jobs=2))
    other = audit(target, [house], store=str(tmp_path / "3.sqlite"), registry=acme, options=Options(seed=8))
    assert digests(one) == digests(two)
    assert digests(one) != digests(other)


def test_one_look_serves_every_rule_that_asks_for_it(acme, target, store, policy):
    report = audit(
        target, [policy(LINES, LINES, "probe: acme.lines, require: {empty: {max: 0}}")], store=store, registry=acme
    )
    assert looks(report) == (1, 0)
    assert report.coverage.passed == 3


def test_a_changed_byte_repeats_the_look(acme, target, store, policy):
    house = policy(LINES)
    audit(target, [house], store=store, registry=acme)
    assert looks(audit(target, [house], store=store, registry=acme)) == (1, 1)
    note = target.parent / "a.note"
    note.write_bytes(note.read_bytes().replace(b"line 3", b"line 4"))
    assert looks(audit(target, [house], store=store, registry=acme)) == (1, 0)


def test_a_changed_threshold_looks_at_nothing_and_the_verdict_follows(acme, target, store, policy):
    assert audit(target, [policy(LINES)], store=store, registry=acme).verdict == "conformant"
    stricter = audit(target, [policy("probe: acme.lines, require: {lines: {max: 3}}")], store=store, registry=acme)
    assert looks(stricter) == (1, 1)
    assert stricter.verdict == "nonconformant"


def test_changed_plugin_source_repeats_the_look(acme, site, target, store, policy):
    folder = site("strange_sleeper", SLOW)
    house = policy("probe: strange.sleeper, require: {lines: {equals: 1}}")
    audit(target, [house], store=store, registry=load_registry())
    (folder / "strange_sleeper.py").write_text((folder / "strange_sleeper.py").read_text() + "\n# changed\n")
    source_digest.cache_clear()
    assert looks(audit(target, [house], store=store, registry=load_registry())) == (1, 0)


def test_other_settings_and_other_seeds_are_other_looks(acme, target, store, policy):
    audit(target, [policy(MOOD)], store=store, registry=acme)
    assert looks(audit(target, [policy(MOOD)], store=store, registry=acme, options=Options(seed=1))) == (1, 0)
    other = policy("probe: acme.mood, with: {noise: 2.0}, require: {mood: {min: -100}}")
    assert looks(audit(target, [other], store=store, registry=acme)) == (1, 0)


def test_the_seed_is_no_matter_to_a_probe_without_randomness(acme, target, store, policy):
    audit(target, [policy(LINES)], store=store, registry=acme)
    assert looks(audit(target, [policy(LINES)], store=store, registry=acme, options=Options(seed=1))) == (1, 1)


def test_fresh_reuses_nothing(acme, target, store, policy):
    audit(target, [policy(LINES)], store=store, registry=acme)
    assert looks(audit(target, [policy(LINES)], store=store, registry=acme, options=Options(fresh=True))) == (1, 0)


def test_a_damaged_row_of_the_store_is_looked_at_again(acme, target, store, policy):
    audit(target, [policy(LINES)], store=store, registry=acme)
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("update looks set gathered = replace(gathered, '\"lines\":20', '\"lines\":2')")
    report = audit(target, [policy(LINES)], store=store, registry=acme)
    assert looks(report) == (1, 0)
    assert report.findings[0].measured[0].value == 20


LIVE = '''
    from lepton_audit import Endpoint, Evidence, Count, hookimpl, measure, opener, probe
    import time

    @opener("endpoint", formats=("clock",), schemes=("clock",))
    def open_clock(asset):
        """A clock."""
        return time.time_ns()

    class Ticks(Evidence):
        ticks: Count = measure("Ticks", unit="ms", strength="proven")

    @probe("strange.clock", version=1)
    def clock(endpoint: Endpoint) -> Ticks:
        """It ticks."""
        return Ticks(ticks=endpoint // 10**6)

    @hookimpl
    def lepton_probes():
        return [clock]

    @hookimpl
    def lepton_openers():
        return [open_clock]
'''


def test_what_is_live_carries_its_time_and_is_never_reused_across_runs(site, target, store, policy):
    site("strange_clock", LIVE)
    target.write_text(
        target.read_text().replace("a: {kind: notebook, uri: a.note}", 'c: {kind: endpoint, uri: "clock://here"}')
    )
    house = policy("probe: strange.clock, require: {ticks: {min: 1}}")
    first = audit(target, [house], store=store, registry=load_registry())
    second = audit(target, [house], store=store, registry=load_registry())
    assert first.verdict == "conformant", first.findings
    (record,) = first.evidence.values()
    assert record.assets["endpoint"].as_of is not None
    assert looks(second) == (1, 0)


def test_a_refinable_probe_stops_when_the_rule_is_settled_and_goes_on_later(acme, target, store, policy):
    note = target.parent / "a.note"
    note.write_text("x\n" * 1000)
    easy = audit(target, [policy("probe: acme.share, require: {share: {min: 0.2}}")], store=store, registry=acme)
    n_easy = easy.findings[0].measured[0].n
    assert easy.verdict == "conformant"
    assert n_easy is not None
    assert n_easy < 100
    same = audit(target, [policy("probe: acme.share, require: {share: {min: 0.1}}")], store=store, registry=acme)
    assert looks(same) == (1, 1)
    harder = audit(target, [policy("probe: acme.share, require: {share: {min: 0.8}}")], store=store, registry=acme)
    n_harder = harder.findings[0].measured[0].n
    assert n_harder is not None
    assert harder.verdict == "conformant"
    assert n_easy < n_harder < 1000
    straight = audit(
        target, [policy("probe: acme.share, require: {share: {min: 0.8}}")], store=f"{store}-2", registry=acme
    )
    assert sorted(straight.evidence) == sorted(harder.evidence)


def test_an_interval_that_straddles_the_limit_is_undecided(acme, target, store, policy):
    report = audit(target, [policy("probe: acme.share, require: {share: {min: 0.5}}")], store=store, registry=acme)
    assert report.findings[0].verdict == "undecided"
    assert (report.verdict, report.gate.exit_code) == ("incomplete", 3)


SLOW = '''
    import time
    from typing import Protocol
    from lepton_audit import Evidence, Count, Settings, hookimpl, measure, probe
    from acme_lepton import Notebook

    class Nap(Settings):
        nap: float = 0.0

    class Slept(Evidence):
        lines: Count = measure("Lines", unit="lines", strength="proven")

    @probe("strange.sleeper", version=1)
    def sleeper(notebook: Notebook, settings: Nap) -> Slept:
        """It sleeps."""
        time.sleep(settings.nap)
        return Slept(lines=1)

    @hookimpl
    def lepton_probes():
        return [sleeper]
'''


@pytest.mark.slow
def test_kill_minus_9_loses_no_finished_look_and_run_again_resumes(acme, site, target, store, policy, tmp_path):
    site("strange_sleeper", SLOW)
    naps = (0.01, 0.02, 0.03, 8.5)
    house = policy(
        *(f"probe: strange.sleeper, with: {{nap: {nap}}}, require: {{lines: {{equals: 1}}}}" for nap in naps)
    )
    command = [
        sys.executable,
        "-c",
        "from lepton_audit.cli import main; main()",
        "run",
        str(target),
        "-p",
        house,
        "--store",
        store,
    ]
    with subprocess.Popen([*command, "-o", str(tmp_path / "out")], stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        finished = 0
        for line in run.stderr:
            finished += "looked strange.sleeper" in line
            if finished == 3:
                break
        run.send_signal(signal.SIGKILL)
        run.communicate()
    interrupted = run_ids(store)
    again = audit(target, [house], store=store, registry=load_registry())
    assert looks(again) == (4, 3)
    assert [again.run.id] == interrupted == run_ids(store)
    once_more = audit(target, [house], store=store, registry=load_registry())
    assert looks(once_more) == (4, 4)
    assert once_more.run.id != again.run.id


def run_ids(store):
    with closing(sqlite3.connect(store)) as connection:
        return [row[0] for row in connection.execute("select id from runs order by started")]


def test_a_run_that_a_living_process_conducts_is_not_taken_over(store):
    now = datetime.now(UTC)
    kept = open_store(store)
    assert kept.begin("same", now)[1] is False
    assert kept.begin("same", now)[1] is False
    kept.close()
