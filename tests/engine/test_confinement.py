"""Laws 5 and 7: what a look tries on the target's files, on other processes and on sockets is refused by the kernel."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from lepton_audit.auditing import audit
from lepton_audit.gather.sockets import filtered

RULE = "probe: strange.look, require: {lines: {equals: 1}}"
SHARED = Path("/dev") / "shm"
TOUCHES = {
    "mode": "os.chmod(path, 0o777)",
    "mode-of-the-folder": "os.chmod(path.parent, 0o777)",
    "owner": "os.chown(path, 12345, 12345)",
    "times": "os.utime(path, (1, 1))",
    "attributes": "os.setxattr(path, 'user.hostile', b'1')",
    "shared-memory-of-all": "assert not os.path.exists('/dev/shm/lepton-audit-test')",
}


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="the limits are Linux's")
@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_a_look_leaves_the_metadata_of_the_target_as_it_was(touch, strange, target, store, policy):
    note = target.parent / "a.note"
    before = (
        note.stat().st_mode,
        note.stat().st_uid,
        note.stat().st_mtime_ns,
        os.listxattr(note),
        target.parent.stat(),
    )
    shared = SHARED / "lepton-audit-test"
    shared.touch()
    try:
        report = audit(target, [policy(RULE)], store=store, registry=strange(touch))
    finally:
        shared.unlink()
    after = (note.stat().st_mode, note.stat().st_uid, note.stat().st_mtime_ns, os.listxattr(note), target.parent.stat())
    if "shm" in touch:
        assert report.verdict == "conformant", report.findings[0].because
    else:
        assert report.findings[0].verdict == "error"
    assert before[:4] == after[:4]
    assert before[4].st_mode == after[4].st_mode


def test_what_a_look_leaves_in_shared_memory_goes_with_it(strange, target, store, policy):
    name = f"lepton-audit-left-{os.getpid()}"
    registry = strange(f"open('/dev/shm/{name}', 'w').write('personal'); __import__('multiprocessing').Lock()")
    report = audit(target, [policy(RULE)], store=store, registry=registry)
    assert report.verdict == "conformant", report.findings[0].because
    assert not (SHARED / name).exists()


def test_a_look_has_no_privilege_and_sees_no_foreign_process(strange, target, store, policy):
    body = f"""
        status = dict(line.split(':', 1) for line in open('/proc/self/status'))
        assert all(int(status[name], 16) == 0 for name in ('CapEff', 'CapPrm', 'CapBnd', 'CapAmb', 'CapInh'))
        assert not os.path.exists('/proc/{os.getpid()}/environ')"""
    report = audit(target, [policy(RULE)], store=store, registry=strange(body))
    assert report.verdict == "conformant", report.findings[0].because
    (record,) = report.evidence.values()
    assert record.confinement is not None
    assert record.confinement.privileges == "none"


def test_a_look_at_files_opens_no_socket_and_reaches_no_unix_socket(strange, target, store, policy, tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        body = f"""
        for family, kind in ((socket.AF_UNIX, 1), (socket.AF_UNIX, 2), (socket.AF_INET, 1), (socket.AF_INET, 2), (socket.AF_NETLINK, 3)):
            try:
                socket.socket(family, kind).connect({str(tmp_path / "s")!r})
            except PermissionError:
                continue
            return Seen(lines=2)
        a, b = socket.socketpair(); a.send(b'1'); assert b.recv(1) == b'1'"""
        report = audit(target, [policy(RULE)], store=store, registry=strange(body))
    assert report.verdict == "conformant", report.findings[0].because


def _in_child(check) -> int:
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if check() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _opens(family: int, kind: int, protocol: int = 0) -> bool:
    try:
        socket.socket(family, kind, protocol).close()
    except PermissionError:
        return False
    return True


@pytest.mark.parametrize(("names", "ports"), [(False, (443,)), (True, (443,)), (False, None)])
def test_a_look_at_an_endpoint_opens_tcp_and_asks_for_names_only_where_it_must(names, ports):
    def check() -> bool:
        assert filtered(ports, names=names)
        return (
            _opens(socket.AF_INET, socket.SOCK_STREAM)
            and _opens(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            and _opens(socket.AF_INET, socket.SOCK_DGRAM) == (names or ports is None)
            and not _opens(socket.AF_INET, socket.SOCK_STREAM, 262)  # MPTCP, which Landlock doesn't see
            and not _opens(socket.AF_INET, socket.SOCK_RAW, 1)
            and not _opens(socket.AF_UNIX, socket.SOCK_STREAM)
        )

    assert _in_child(check) == 0


def test_a_datagram_pair_that_could_be_sent_elsewhere_is_refused():
    def check() -> bool:
        filtered((), names=False)
        socket.socketpair()
        try:
            socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        except PermissionError:
            return True
        return False

    assert _in_child(check) == 0
