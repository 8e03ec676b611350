"""The store on PostgreSQL, and what it says of one that can't be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest

from lepton_audit.auditing import audit
from lepton_audit.facts.integrity import is_intact
from lepton_audit.store.interface import StoreUnusable
from lepton_audit.store.store import open_store


@pytest.mark.slow
def test_runs_and_evidence_live_in_postgresql_as_well(acme, target, postgres_url):
    first = audit(target, ["acme-house"], store=postgres_url, registry=acme)
    again = audit(target, ["acme-house"], store=postgres_url, registry=acme)
    assert (first.coverage.reused, again.coverage.reused) == (0, 1)
    with closing(open_store(postgres_url)) as kept:
        assert kept.report(first.run.id) == first
        assert kept.report("last") == again


def test_a_store_of_another_schema_is_refused(tmp_path):
    file = tmp_path / "store.sqlite"
    open_store(str(file)).close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update about set value = '0'")
    with pytest.raises(StoreUnusable, match="schema 0"):
        open_store(str(file))


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("my notes\n" * 100)
    with pytest.raises(StoreUnusable, match="not a database"):
        open_store(str(file))
    assert file.read_text() == "my notes\n" * 100


def test_a_report_is_found_by_the_start_of_its_id(acme, target, store):
    report = audit(target, ["acme-house"], store=store, registry=acme)
    with closing(open_store(store)) as kept:
        assert kept.report(report.run.id[:12]) == report
        assert kept.report("%") is None
        assert kept.finished()[0][1].astimezone(UTC) <= datetime.now(UTC)


def test_a_store_that_fails_during_the_run_is_a_fault_and_the_report_stands(acme, target, store):
    """The tables vanish when the looks begin."""

    def lose(event):
        if event.what == "planned":
            with closing(sqlite3.connect(store)) as connection, connection:
                connection.execute("drop table looks")
                connection.execute("drop table runs")

    report = audit(target, ["acme-house"], store=store, registry=acme, on_progress=lose)
    assert [finding.verdict for finding in report.findings] == ["pass"]
    assert {fault.kind for fault in report.faults} == {"store"}
    assert is_intact(report)


def test_audits_that_make_one_new_store_at_once_all_end_well(acme, target, store):
    script = f"from lepton_audit.auditing import audit\nprint(audit({str(target)!r}, ['acme-house'], store={store!r}).verdict)"
    runs = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [run.communicate()[0] for run in runs] == ["conformant\n"] * 4


@pytest.mark.parametrize(
    "url", ["postgresql://me:geheim@127.0.0.1:1/db", "postgresql://127.0.0.1:1/db?password=geheim"]
)
def test_a_store_s_password_is_never_shown(url):
    with pytest.raises(StoreUnusable) as caught:
        open_store(url)
    assert "geheim" not in str(caught.value)
