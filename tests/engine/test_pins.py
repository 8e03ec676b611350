"""Law 3 and law 5: a pin covers all that a probe can read of an asset, whatever its files are called and however they are linked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lepton_audit.declare.kinds import AssetKind
from lepton_audit.facts.look import Request
from lepton_audit.facts.target import Asset, Permissions
from lepton_audit.gather.addresses import needs_names, ports_of
from lepton_audit.gather.pins import EscapesTarget, PinStopped, Unpinnable, seen, traces
from lepton_audit.gather.removal import remove
from lepton_audit.registry import load_registry


@pytest.fixture(scope="module")
def kinds() -> dict[str, AssetKind]:
    return load_registry().kinds


def of(base, uri) -> Request:
    asset = Asset(name="a", kind="artifact", uri=uri)
    permissions, settings = Permissions(), {}
    return Request(
        probe="p", version=1, provider="x", inputs={"a": asset}, settings=settings, seed=0, effort="quick",
        permissions=permissions, base=str(base),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "content").write_text("1")
    return tmp_path / "f"


def pin(folder, kinds):
    return seen(of(folder.parent, "f"), kinds)["a"].pin


def test_what_a_linked_folder_holds_is_pinned(folder, kinds):
    (folder / "link").symlink_to("../other")
    before = pin(folder, kinds)
    (folder.parent / "other" / "content").write_text("2")
    assert pin(folder, kinds) != before


def test_a_cycle_of_links_and_a_tree_of_links_have_pins(folder, kinds):
    (folder / "self").symlink_to(".")
    for level in range(40):
        (folder / f"{level}").mkdir()
        for twin in "ab":
            (folder / f"{level}" / twin).symlink_to(f"../{level + 1}")
    (folder / "40").mkdir()
    assert pin(folder, kinds).files == 81


def test_a_link_inside_a_linked_folder_that_leads_out_is_refused(folder, kinds):
    (folder / "link").symlink_to("../other")
    (folder.parent / "other" / "out").symlink_to("/etc")
    with pytest.raises(EscapesTarget):
        pin(folder, kinds)


def test_a_file_name_that_is_no_text_has_a_pin(folder, kinds):
    (folder / os.fsdecode(b"\xff.bin")).write_text("x")
    assert pin(folder, kinds).files == 1


@pytest.mark.parametrize("uri", ["f\0", "x" * 5000, "loop"])
def test_a_path_that_cannot_be_read_is_unpinnable(uri, folder, kinds):
    (folder.parent / "loop").symlink_to("loop")
    with pytest.raises(Unpinnable):
        seen(of(folder.parent, uri), kinds)


def test_a_folder_deeper_than_any_recursion_has_a_pin_or_says_why_not(folder, kinds):
    script = "import os\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')\nopen('x', 'w').close()"
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)
    try:
        assert pin(folder, kinds).files == 1
    finally:
        remove(folder)  # pytest itself can't


def test_a_pin_stops_when_the_time_is_over(folder, kinds):
    with (folder / "large").open("wb") as file:
        file.truncate(40 * 2**30)
    with pytest.raises(PinStopped):
        seen(of(folder.parent, "f"), kinds, stopped=lambda: True)


@pytest.mark.parametrize("change", ["chmod", "utime", "setxattr", "folder"])
def test_a_change_of_metadata_leaves_a_trace(change, folder, kinds):
    file = folder / "x"
    file.write_text("x")
    before = traces(of(folder.parent, "f"), kinds)
    {
        "chmod": lambda: file.chmod(0o777),
        "utime": lambda: os.utime(file, (1, 1)),
        "setxattr": lambda: os.setxattr(file, "user.hostile", b"1"),
        "folder": lambda: folder.chmod(0o777),
    }[change]()
    assert traces(of(folder.parent, "f"), kinds) != before
    assert seen(of(folder.parent, "f"), kinds)["a"].pin is not None


@pytest.mark.parametrize(
    ("uri", "ports", "names"),
    [
        ("https://[::1", None, True),
        ("https://127.0.0.1:²", (443,), False),
        ("https://127.0.0.1:99999999", None, False),
        ("https://127.0.0.1:" + "9" * 5000, None, False),
        ("https://127.0.0.1:0", None, False),
        ("https://[::1]:8443", (8443,), False),
        ("https://localhost", (443,), False),
        ("postgresql://u:p@db.example.org/x", (5432,), True),
        ("strange://", None, True),
    ],
)
def test_the_ports_of_an_odd_address_are_unknown_and_raise_nothing(uri, ports, names, tmp_path):
    request = of(tmp_path, uri)
    assert (ports_of(request), needs_names(request)) == (ports, names)
