"""Ctrl-C ends the audit at once, with exit code 130, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from lepton_audit.auditing import audit
from lepton_audit.gather.scratch import scratch_folder, sweep

SLEEPER = '''
    import time
    from acme_lepton import Notebook
    from lepton_audit import Count, Evidence, hookimpl, measure, probe

    class Slept(Evidence):
        lines: Count = measure("Lines", unit="lines", strength="proven")

    @probe("strange.sleeper", version=1)
    def sleeper(notebook: Notebook) -> Slept:
        """It sleeps."""
        time.sleep(300)

    @hookimpl
    def lepton_probes():
        return [sleeper]
'''


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_an_interrupted_audit_ends_soon_and_leaves_no_process(sent, code, acme, site, target, store, policy, tmp_path):
    site("strange_sleeper", SLEEPER)
    house = policy("probe: strange.sleeper, require: {lines: {equals: 1}}")
    arguments = ["run", str(target), "-p", house, "--store", store, "-o", str(tmp_path / "out")]
    script = f"from lepton_audit.cli import main; main({arguments!r})"
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        next(line for line in run.stderr if "looking strange.sleeper" in line)
        time.sleep(1.0)
        family = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(sent)
        began = time.monotonic()
        run.communicate()
        assert run.returncode == code
        assert time.monotonic() - began < 5
    assert family
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert not (tmp_path / "out").exists()


def test_what_a_killed_audit_left_is_swept_away_and_what_lives_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"lepton-look-{os.getpid()}-abc").mkdir()
    (tmp_path / "lepton-look-notes").mkdir()
    with scratch_folder() as living:
        sweep()
        assert {path.name for path in tmp_path.iterdir()} == {living.name, "lepton-look-notes"}


def test_the_scratch_of_a_living_audit_is_safe_whatever_process_number_it_has(tmp_path, monkeypatch):
    """An audit in another PID namespace that shares /tmp sees no process of that number."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("os.getpid", lambda: 2**22 + 1)
    with scratch_folder() as living:
        sweep()
        assert living.exists()


@pytest.mark.parametrize("locked", [False, True])
def test_a_scratch_folder_of_any_depth_is_removed(locked, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "lepton-look-1-abc"
    left.mkdir()
    dig = (
        "import os, sys; os.chdir(sys.argv[1])\n"
        "for _ in range(3000):\n os.mkdir('d'); open('file', 'w').close(); os.symlink('/etc', 'link'); os.chdir('d')\n"
        "if sys.argv[2] == 'True': os.chmod('../../d', 0)\n"
    )
    subprocess.run([sys.executable, "-c", dig, str(left), str(locked)], check=True)
    sweep()
    assert list(tmp_path.iterdir()) == []


def test_sweeps_and_looks_at_the_same_time_disturb_each_other_never(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    end = time.monotonic() + 1.0

    def churn(_: int) -> None:
        while time.monotonic() < end:
            with scratch_folder() as folder:
                (folder / "file").write_text("mine")
                assert (folder / "file").exists()
            sweep()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(churn, range(4)))
    assert list(tmp_path.iterdir()) == []


def test_the_command_in_the_report_holds_no_password(acme, target, store, monkeypatch):
    monkeypatch.setattr(
        sys, "argv", ["/usr/bin/lepton-audit", "run", "t.yaml", "--store", "postgresql://me:geheim@127.0.0.1/db"]
    )
    report = audit(target, ["acme-house"], store=store, registry=acme)
    assert report.run.command == "lepton-audit run t.yaml --store postgresql://..."
