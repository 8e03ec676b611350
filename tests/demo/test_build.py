"""Building the demo's system."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from lepton_audit.declare.assets import BUILT_IN_KINDS
from lepton_audit.declare.kinds import kind_of
from lepton_audit.demo import STATES, build
from lepton_audit.load.problems import BadInput
from lepton_audit.load.target import load_target

RANDOM = ("certs/", "keys/", "vault/", "handover/", "target.yaml")


def contents(folder):
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_importing_the_demo_is_light():
    code = "import sys, lepton_audit.demo; print([m for m in ('sklearn', 'numpy', 'yaml', 'cryptography') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("state", STATES)
def test_two_builds_differ_in_nothing_but_certificates_keys_and_dates(state, tmp_path, request):
    build(tmp_path, state)
    first, second = contents(request.getfixturevalue(state)), contents(tmp_path)
    differing = {name for name in first | second if first.get(name) != second.get(name)}
    assert first.keys() == second.keys()
    assert not [name for name in differing if not name.startswith(RANDOM)]


def test_the_published_vault_is_the_same_at_each_build(published, tmp_path):
    build(tmp_path, "published")
    assert (tmp_path / "vault/records.bin").read_bytes() == (published / "vault/records.bin").read_bytes()


def test_building_over_an_older_build_works(tmp_path):
    assert build(tmp_path, "hardened") == build(tmp_path, "hardened") == tmp_path / "target.yaml"


def test_nothing_is_written_among_the_files_of_others(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="something else lies here"):
        build(tmp_path, "published")
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


def test_one_state_is_not_built_over_the_other(tmp_path):
    build(tmp_path, "published")
    with pytest.raises(BadInput, match="something else lies here"):
        build(tmp_path, "hardened")


@pytest.mark.parametrize("state", STATES)
def test_every_file_that_the_target_names_is_there(state, request):
    folder = request.getfixturevalue(state)
    assets = yaml.safe_load((folder / "target.yaml").read_text())["assets"].values()
    places = [asset[field] for asset in assets for field in ("uri", "ca") if field in asset]
    assert not [place for place in places if "://" not in place and not (folder / place).exists()]


@pytest.mark.parametrize("state", STATES)
def test_the_target_is_one_that_the_loader_takes(state, request):
    kinds = {kind.name: kind for kind in map(kind_of, BUILT_IN_KINDS) if kind}
    loaded = load_target(request.getfixturevalue(state) / "target.yaml", kinds)
    assert loaded.target.metadata.id == f"lepton-scoring-{state}"
