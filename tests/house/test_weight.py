"""Importing the package and its plugins pulls in nothing heavy."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "numpy",
    "sklearn",
    "art",
    "torch",
    "ibis",
    "duckdb",
    "pandas",
    "scipy",
    "cryptography",
    "httpx",
    "sqlalchemy",
    "rich",
    "onnxruntime",
}


def imported(code):
    script = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_version_needs_almost_nothing():
    assert not (HEAVY | {"pydantic", "yaml"}) & imported("from lepton_audit.cli.app import app")


def test_linting_a_policy_loads_no_heavy_library():
    code = "from lepton_audit.registry import load_registry\nfrom lepton_audit.load.policy import load_policy\nload_policy('gdpr', load_registry())"
    assert not HEAVY & imported(code)
