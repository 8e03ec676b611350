"""Openers of artifacts, keys and endpoints."""

from __future__ import annotations

import base64
import os

import pytest
from lepton_openers.at_rest import artifact, key
from lepton_openers.endpoints import endpoint

from lepton_audit import Unopenable
from lepton_audit.testing.pinned import pinned

SECRET = b"Zq\x00secret\n"


def test_every_regular_file_is_there_sorted_and_links_inside_count_once(tmp_path):
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    for name in ("b/z", "a", ".hidden"):
        (root / name).write_bytes(b"x")
    (root / "link").symlink_to(root / "a")
    os.mkfifo(root / "pipe")
    opened = artifact.open(pinned("artifact", root, scratch=tmp_path))
    assert [str(path.relative_to(root)) for path in opened.files] == [".hidden", "a", "b/z"]


@pytest.mark.parametrize("end", ["/etc/hostname", "/etc", "nowhere", ".."])
def test_a_link_that_leaves_the_folder_is_refused(tmp_path, end):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").write_bytes(b"x")
    (root / "link").symlink_to(end)
    with pytest.raises(Unopenable, match="link"):
        artifact.open(pinned("artifact", root, scratch=tmp_path))


def test_a_missing_artifact_can_not_be_opened(tmp_path):
    with pytest.raises(Unopenable):
        artifact.open(pinned("artifact", tmp_path / "none", scratch=tmp_path))
    with pytest.raises(Unopenable):
        artifact.open(pinned("artifact", "/dev/null", scratch=tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_or_folder_can_not_be_opened(tmp_path):
    for place in ("file", "folder"):
        root = tmp_path / place
        (root / "folder").mkdir(parents=True)
        (root / "file").write_bytes(b"x")
        (root / place).chmod(0)
        with pytest.raises(Unopenable):
            artifact.open(pinned("artifact", root, scratch=tmp_path))
        (root / place).chmod(0o700)


@pytest.mark.parametrize(
    ("encoding", "stored"),
    [("raw", SECRET), ("hex", SECRET.hex().encode() + b"\n"), ("base64", base64.b64encode(SECRET) + b"\n")],
)
def test_a_key_is_decoded_from_a_file_and_from_the_environment(tmp_path, monkeypatch, encoding, stored):
    (tmp_path / "k").write_bytes(stored)
    opened = key.open(pinned("key", tmp_path / "k", scratch=tmp_path, options={"encoding": encoding}))
    assert opened.material() == SECRET
    assert "secret" not in repr(opened)
    if b"\x00" not in stored:
        monkeypatch.setenv("A_KEY", stored.decode())
        assert (
            key.open(pinned("key", "env:A_KEY", scratch=tmp_path, options={"encoding": encoding})).material() == SECRET
        )


@pytest.mark.parametrize(
    ("encoding", "stored"),
    [("hex", b"Qx9secretXY"), ("base64", b"Qx9*ret=="), ("raw", b""), ("hex", b" \n"), ("raw", b"Qx9" * 70000)],
)
def test_a_bad_key_can_not_be_opened_and_is_not_shown(tmp_path, encoding, stored):
    (tmp_path / "k").write_bytes(stored)
    with pytest.raises(Unopenable) as caught:
        key.open(pinned("key", tmp_path / "k", scratch=tmp_path, options={"encoding": encoding}))
    assert "Qx9" not in str(caught.value)


def test_an_absent_key_can_not_be_opened(tmp_path):
    for uri in ("env:NO_SUCH_KEY_HERE", str(tmp_path / "none")):
        with pytest.raises(Unopenable):
            key.open(pinned("key", uri, scratch=tmp_path))


@pytest.mark.parametrize(
    ("uri", "host", "port"),
    [
        ("https://example.org", "example.org", 443), ("http://127.0.0.1:80", "127.0.0.1", 80),
        ("tls://[::1]:8443", "::1", 8443), ("http://h", "h", 80),
    ],
)  # fmt: skip
def test_an_address_is_parsed_and_nothing_is_connected(tmp_path, uri, host, port):
    opened = endpoint.open(pinned("endpoint", uri, scratch=tmp_path))
    assert (opened.host, opened.port, opened.server_name, opened.ca) == (host, port, host, None)


@pytest.mark.parametrize(
    "uri",
    [
        "tls://host",
        "https://",
        "https://h:99999",
        "https://h:x",
        "https://user:pw@h",
        "ftp://h",
        "https://[::1",
        "https://h:0",
    ],
)
def test_a_bad_address_can_not_be_opened_and_no_password_is_shown(tmp_path, uri):
    with pytest.raises(Unopenable) as caught:
        endpoint.open(pinned("endpoint", uri, scratch=tmp_path))
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [None, b"", b"no pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_an_authority_without_certificate_can_not_be_opened(tmp_path, content):
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_bytes(content)
    with pytest.raises(Unopenable):
        endpoint.open(pinned("endpoint", "https://h", scratch=tmp_path, options={"ca": str(ca)}))
