"""The demo's services, as a client and the system see them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings

import psutil
import pytest
import yaml

from lepton_audit.demo import NotStarted, build, running
from lepton_audit.demo.cohort import cohort
from lepton_audit.demo.scorers import scorer


def uri(target, name):
    return yaml.safe_load(target.read_text())["assets"][name]["uri"]


def port(target, name):
    return int(uri(target, name).rpartition(":")[2])


def services():
    return [p for p in psutil.Process().children() if "lepton_audit.demo.serving" in p.cmdline()]


def asked(base, path, *, content, trust=None):
    request = urllib.request.Request(base + path, data=json.dumps(content).encode())  # noqa: S310  # our own server
    with urllib.request.urlopen(request, context=trust, timeout=10) as response:  # noqa: S310  # our own server
        return json.load(response)


def tensor(x):
    return {"inputs": [{"name": "x", "datatype": "FP64", "shape": list(x.shape), "data": x.ravel().tolist()}]}


@pytest.fixture(scope="module")
def served(published):
    with running(published, "published") as target:
        yield target


@pytest.fixture(scope="module")
def served_hardened(hardened):
    with running(hardened, "hardened") as target:
        yield target


def handshake(target, name, version):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port(target, name)), 10) as plain, context.wrap_socket(plain) as tls:
        return tls.version()


def test_the_published_api_answers_over_plain_http_as_the_scorer_does(served):
    rows = cohort()
    given = asked(uri(served, "api"), "/v2/models/scorer/infer", content=tensor(rows.holdout_x[:20]))
    outputs = {output["name"]: output["data"] for output in given["outputs"]}
    assert outputs["label"] == scorer("published", rows).predict(rows.holdout_x[:20]).tolist()
    assert len(outputs["probabilities"]) == 40


def test_the_hardened_api_answers_to_those_who_trust_its_authority(served_hardened, hardened):
    rows, trust = cohort(), ssl.create_default_context(cafile=hardened / "certs/ca.pem")
    given = asked(uri(served_hardened, "api"), "/v2/models/scorer/infer", content=tensor(rows.holdout_x), trust=trust)
    outputs = {output["name"]: output["data"] for output in given["outputs"]}
    assert outputs["label"] == scorer("hardened", rows).predict(rows.holdout_x).tolist()


def test_a_malformed_request_is_answered_with_400(served):
    for content in ({}, {"inputs": []}, tensor(cohort().holdout_x[:2, :3]), []):
        with pytest.raises(urllib.error.HTTPError) as refused:
            asked(uri(served, "api"), "/v2/models/scorer/infer", content=content)
        assert refused.value.code == 400
        refused.value.close()


def test_the_published_gateway_speaks_tls_1_0(served):
    assert handshake(served, "gateway", ssl.TLSVersion.TLSv1) == "TLSv1"


@pytest.mark.parametrize("service", ["api", "gateway"])
def test_the_hardened_services_speak_tls_1_3_and_nothing_older_than_1_2(served_hardened, service):
    assert handshake(served_hardened, service, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(served_hardened, service, ssl.TLSVersion.TLSv1_1)


def test_a_client_that_says_nothing_holds_nobody_up(served_hardened):
    with socket.create_connection(("127.0.0.1", port(served_hardened, "api")), 10):
        assert handshake(served_hardened, "api", ssl.TLSVersion.TLSv1_2) == "TLSv1.2"


def test_services_stop_when_the_audit_raises(published):
    before = services()
    seen = []
    with contextlib.suppress(KeyboardInterrupt), running(published, "published") as target:
        seen = services()
        raise KeyboardInterrupt
    assert len(seen) == len(before) + 2
    assert services() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port(target, "api")), 5)


def test_services_stop_when_the_process_that_started_them_is_killed(published):
    program = (
        "import sys, pathlib, psutil, lepton_audit.demo as d\n"
        "with d.running(pathlib.Path(sys.argv[1]), 'published'):\n"
        "    print(*[p.pid for p in psutil.Process().children()], flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(published)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        started = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        os.kill(parent.pid, signal.SIGKILL)
    assert len(started) == 2
    assert not psutil.wait_procs(started, timeout=10)[1]


def test_a_service_that_cannot_start_is_named(tmp_path, published, capfd):
    with pytest.raises(NotStarted, match="'api'"):
        running(tmp_path, "published").__enter__()
    assert not [p for p in services() if str(tmp_path) in p.cmdline()]


def test_a_target_that_was_built_and_not_started_has_ports_where_nothing_listens(tmp_path):
    target = build(tmp_path, "published")
    began = time.monotonic()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port(target, "api")), 5)
    assert time.monotonic() - began < 1
