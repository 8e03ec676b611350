"""The floors hold, and each contract is seen broken by a planted import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTED = {
    "floors": ("lepton_audit/facts/finding.py", "import lepton_audit.plan"),
    "floors, sideways": ("lepton_audit/render/words.py", "import lepton_audit.declare.docs"),
    "strangers": ("lepton_audit/gather/pins.py", "import lepton_audit.store.tables"),
    "pure": ("lepton_audit/judge.py", "import subprocess"),
    "guests": ("plugins/lepton_privacy/__init__.py", "from lepton_audit.gather import interface"),
    "neighbours": ("plugins/lepton_privacy/__init__.py", "import lepton_encryption"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    copy = tmp_path_factory.mktemp("tree")
    for name in ("lepton_audit", "plugins"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def lint(tree):
    linter = Path(sys.executable).parent / "lint-imports"
    paths = os.pathsep.join([str(tree), str(tree / "plugins")])
    return subprocess.run(
        [linter, "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_contracts_hold(tree):
    done = lint(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("file", "line"), PLANTED.values(), ids=PLANTED)
def test_a_planted_import_breaks_its_contract(file, line, tree, request):
    planted = tree / file
    kept = planted.read_text()
    planted.write_text(f"{kept}\n{line}\n")
    try:
        done = lint(tree)
    finally:
        planted.write_text(kept)
    names = {
        "floors": "Imports go down only",
        "strangers": "know nothing of each other",
        "pure": "touch no process",
        "guests": "none of its floors",
        "neighbours": "don't know each other",
    }
    wanted = names[request.node.callspec.id.partition(",")[0]]
    assert done.returncode != 0
    assert any(wanted in row and "BROKEN" in row for row in done.stdout.splitlines()), done.stdout
