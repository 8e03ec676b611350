"""Targets with secrets, addresses that lead nowhere, and values that break readers: refused, at their place."""

from __future__ import annotations

import os

import pytest

from lepton_audit.load.problems import BadInput
from lepton_audit.load.run import loaded
from lepton_audit.load.target import load_target
from lepton_audit.load.waivers import load_waivers

HEAD = "apiVersion: lepton-audit/v1\nkind: Target\nmetadata: {id: t}\nassets:\n"


@pytest.fixture
def load(written, registry):
    return lambda text: load_target(written(HEAD + text), registry.kinds)


def endpoint(uri: str) -> str:
    return f'  a: {{kind: endpoint, uri: "{uri}"}}\n'


def table(uri: str) -> str:
    return f'  a: {{kind: table, uri: "{uri}"}}\n'


SECRET = [
    "https://h/?api_key=S3CRET", "https://S3CRET@h/", "https://S3CRET:@h/", "https://h/?access_token=S3CRET", "https://h/#token=S3CRET",
    "https://h/?sig=S3CRET", "https://h/?x=1&X-Amz-Signature=S3CRET", "https://h/?%61pikey=S3CRET", "https://h/?a=1;auth=S3CRET",
    "https://u:S3CRET@h/", "https://u:${env:P}S3CRET@h/", "https://h/?token=${env:T}S3CRET", "https://h/?clientSecret=S3CRET",
    "https://h/?credential=S3CRET", "https://h/#a=1&id_token=S3CRET", "https://h/?subscription-key=S3CRET", "https://u:S3CRET/x@h/",
    "https://h/;token=S3CRET", "https://h/?pass=S3CRET", "https://h/?Authorization=S3CRET", "https://h/?code=1&jwt=S3CRET",
    "https://h/#/path?token=S3CRET",
]  # fmt: skip


@pytest.mark.parametrize("uri", SECRET)
def test_a_secret_in_an_address_is_refused_and_not_repeated(load, uri):
    with pytest.raises(BadInput) as caught:
        load(endpoint(uri))
    assert "secret" in str(caught.value)
    assert ":5:" in str(caught.value)
    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize("uri", ["postgresql://u:S3CRET@h/d", "postgresql://h/d?user=u&password=S3CRET", "sqlite:///x?key=S3CRET"])  # fmt: skip
def test_a_secret_in_the_address_of_a_database_is_refused(load, uri):
    with pytest.raises(BadInput) as caught:
        load(table(uri))
    assert "S3CRET" not in str(caught.value)


NO_SECRET = [
    "https://${env:TOKEN}@h/", "https://${env:U}:${env:P}@h:8443/", "https://h/?token=${env:T}", "https://h/?x=1&keyspace=a",
    "https://h/?design=1#top", "https://[::1]:8443/", "https://${env:HOST}:${env:PORT}/x", "https://h/?token=", "http://127.0.0.1:80",
    "tls://h:636", "https://h/?authMechanism=x", "https://bücher.example/",
]  # fmt: skip


@pytest.mark.parametrize("uri", NO_SECRET)
def test_an_address_without_a_secret_is_taken(load, uri):
    assert load(endpoint(uri)).target.assets["a"].uri == uri


def test_the_user_of_a_database_is_no_secret(load):
    for uri in ("postgresql://auditor@h/d", "postgresql://auditor:${env:PGPASSWORD}@h/d?sslmode=require&sslkey=k.pem"):
        assert load(table(uri)).target.assets["a"].uri == uri


NOWHERE = ["https://[::1", "https://h:²", "https://h:99999", "https://127.0.0.1:99999999999999999999999", "https://h:x", "https://", "https://:443", "http:h"]  # fmt: skip


@pytest.mark.parametrize("uri", NOWHERE)
def test_an_address_that_leads_nowhere_is_refused(load, uri):
    with pytest.raises(BadInput, match=r":5:\d+: the uri is no address"):
        load(endpoint(uri))


@pytest.mark.parametrize("where", ["uri", "ca"])
def test_a_path_that_no_file_can_have_is_refused(load, tmp_path, where):
    (tmp_path / "loop").symlink_to("loop")
    for path in ("a\\0b", "loop", "loop/x", "x" * 5000):
        said = {"uri": f'  a: {{kind: table, uri: "{path}"}}\n', "ca": f'  a: {{kind: endpoint, uri: "https://h", ca: "{path}"}}\n'}  # fmt: skip
        with pytest.raises(BadInput, match=r":5:\d+: .*no file can be there") as caught:
            load(said[where])
        assert len(str(caught.value)) < 700


def test_a_root_that_is_a_loop_is_refused(load, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(BadInput):
        load("  a: {kind: table, uri: x.csv}\nroots: [loop]\n")


BIG = [
    "  m: {kind: model, uri: a.note, classes: [99999999999999999999]}\n",
    "  m: {kind: model, uri: a.note, classes: [" + "9" * 5000 + "]}\n",
    "  m: {kind: model, uri: a.note, classes: [-9007199254740992]}\n",
    "  m: {kind: ledger, uri: a.json, records: 9007199254740992}\n",
]


@pytest.mark.parametrize("text", BIG, ids=["twenty digits", "five thousand digits", "negative", "one too many"])
def test_a_whole_number_that_json_can_t_hold_is_refused(load, text):
    with pytest.raises(BadInput, match="9007199254740991"):
        load(text)


def test_the_largest_whole_number_is_taken(load):
    assert load("  m: {kind: ledger, uri: a.json, records: 9007199254740991}\n").digest


def test_escapes_in_keys_don_t_reach_the_terminal(load):
    hostile = '"not\\e[31m\\nConformant": 1\nattestations: {"x\\e[2J\\nConformant: all well": {by: 3}}\n'
    with pytest.raises(BadInput) as caught:
        load("  a: {kind: table, uri: a.csv}\n" + hostile)
    assert "\x1b" not in str(caught.value)
    assert "\nConformant" not in str(caught.value)


@pytest.mark.timeout(10)
def test_a_pipe_as_target_or_waivers_doesn_t_hang(tmp_path, registry, written):
    target = written(HEAD + "  a: {kind: table, uri: a.csv}\n", "target.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(BadInput, match="regular file"):
        load_target(tmp_path / "pipe.yaml", registry.kinds)
    with pytest.raises(BadInput, match="regular file"):
        loaded(target, ["gdpr"], tmp_path / "pipe.yaml", registry)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "loop.yaml"])
def test_a_target_or_waivers_whose_name_can_t_be_is_refused(tmp_path, registry, name):
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(BadInput):
        load_target(tmp_path / name, registry.kinds)
    with pytest.raises(BadInput):
        load_waivers(tmp_path / name, tmp_path)


def test_a_target_in_a_folder_that_isn_t_unicode_is_refused(tmp_path, registry):
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    (folder / "target.yaml").write_text(HEAD + "  a: {kind: table, uri: a.csv}\n")
    with pytest.raises(BadInput) as caught:
        load_target(folder / "target.yaml", registry.kinds)
    str(caught.value).encode()
