"""Laws 1, 4 and 5: whatever a plugin or a target does, it is one error finding, and the rest of the audit stands."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from lepton_audit.auditing import Options, audit
from lepton_audit.gather.interface import Limits

BODIES = {
    "raises": ("raise ValueError('Jane Doe, 1.2.1970')", "crash"),
    "leaves": ("sys.exit(0)", "crash"),
    "ends-in-silence": ("os._exit(0)", "silent"),
    "segfaults": ("os.kill(os.getpid(), signal.SIGKILL)", "silent"),
    "really-segfaults": ("import ctypes; ctypes.string_at(0)", "silent"),
    "hangs": ("time.sleep(600)", "timeout"),
    "hangs-deaf": ("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n        while True: pass", "timeout"),
    "eats-memory": ("hoard = [bytearray(b'x' * 2**20) for _ in range(100000)]", "memory"),
    "answers-nonsense": ("return {'lines': 1}", "crash"),
    "lies-about-types": ("return Seen.model_construct(lines='many')", "crash"),
    "lies-with-a-nan": ("return Seen.model_construct(lines=float('nan'))", "crash"),
    "is-unreachable": ("raise Unreachable('nobody is there')", "unreachable"),
    "rewrites-the-target": ("path.write_text('all is well')", None),
    "removes-the-target": ("path.unlink()", None),
    "writes-rubbish-as-answer": ("open('answer.json', 'w').write('rubbish'); os._exit(0)", "silent"),
    "has-a-fork-bomb": (
        "\n        while True: os.fork()",
        None,
    ),  # too many processes or too much memory, whichever shows first
}


@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=BODIES)
def test_a_look_that_goes_wrong_is_one_error_and_the_others_stand(body, kind, strange, target, store, policy):
    registry = strange(body)
    house = policy(
        "probe: strange.look, require: {lines: {min: 0}}", "probe: acme.lines, require: {lines: {equals: 20}}"
    )
    limits = Limits(seconds=4.0, memory=400 * 2**20)
    before = (target.parent / "a.note").read_bytes()
    report = audit(target, [house], store=store, registry=registry, options=Options(limits=limits))
    verdicts = {item.control: item for item in report.findings}
    assert verdicts["control-0"].verdict == "error", verdicts["control-0"]
    if kind:
        assert verdicts["control-0"].because.startswith(f"{kind}: ")
    assert verdicts["control-1"].verdict == "pass"
    assert (report.verdict, report.gate.exit_code) == ("incomplete", 3)
    assert "Jane" not in report.model_dump_json()
    assert (target.parent / "a.note").read_bytes() == before


def test_rubbish_on_stdout_changes_nothing(strange, target, store, policy, capfd):
    registry = strange("""print('{"values": {"lines": 0}}'); os.write(1, b'\\\\xff' * 100000)""")
    report = audit(
        target, [policy("probe: strange.look, require: {lines: {equals: 1}}")], store=store, registry=registry
    )
    assert report.verdict == "conformant"
    assert capfd.readouterr().out == ""


def test_what_a_look_started_dies_with_it(strange, target, store, policy, tmp_path):
    mark = f"lepton-orphan-{tmp_path.name}"
    body = f"""
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(300)', '{mark}'])
            os._exit(0)
        time.sleep(1)"""
    report = audit(
        target, [policy("probe: strange.look, require: {lines: {equals: 1}}")], store=store, registry=strange(body)
    )
    assert report.verdict == "conformant"
    time.sleep(0.2)
    assert not [process for process in psutil.process_iter(["cmdline"]) if mark in (process.info["cmdline"] or [])]


def test_a_target_that_changes_under_the_look_is_an_error(strange, target, store, policy):
    """The look itself can't write; somebody else does meanwhile."""
    registry = strange("time.sleep(1.5)")
    import threading

    note = target.parent / "a.note"
    timer = threading.Timer(1.0, lambda: note.write_text("changed"))
    house = policy("probe: strange.look, require: {lines: {equals: 1}}")
    warm = audit(target, [house], store=store, registry=registry)
    assert warm.verdict == "conformant"
    timer.start()
    report = audit(target, [house], store=store, registry=registry, options=Options(fresh=True))
    timer.join()
    assert report.findings[0].verdict == "error"
    assert report.findings[0].because.startswith("changed: asset 'a' changed while")


def test_a_look_at_files_has_no_network(strange, target, store, policy):
    body = "import socket; s = socket.socket(); s.settimeout(2); s.connect(('127.0.0.1', 9))"
    report = audit(
        target, [policy("probe: strange.look, require: {lines: {equals: 1}}")], store=store, registry=strange(body)
    )
    assert report.findings[0].because.startswith("crash: OSError") or "PermissionError" in report.findings[0].because


def test_no_process_is_left_behind(acme, target, store):
    audit(target, ["acme-house"], store=store, registry=acme)
    mine = [process.cmdline() for process in psutil.Process().children(recursive=True)]
    assert not [line for line in mine if "lepton_audit.gather.server" in line]


def test_the_scratch_folders_are_gone(acme, target, store, monkeypatch, tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    audit(target, ["acme-house"], store=store, registry=acme)
    assert list(Path(folder).iterdir()) == []
