"""A small real target, and the command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from lepton_audit.cli import main


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Runs a command; what it said and its exit code."""
    monkeypatch.setenv("LEPTON_AUDIT_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Said(int(exit_.value.code or 0), out, err)

    return run


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A table in which every group has three rows."""
    (tmp_path / "people.csv").write_text("age,zip,sick\n" + "".join(f"{20 + i // 3},{1},{i % 3}\n" for i in range(12)))
    file = tmp_path / "target.yaml"
    file.write_text(
        dedent("""\
        apiVersion: lepton-audit/v1
        kind: Target
        metadata: {id: people}
        assets:
          people: {kind: table, uri: people.csv, columns: {age: quasi-identifier, zip: quasi-identifier, sick: sensitive}}
        """)
    )
    return file


@pytest.fixture
def policy(tmp_path: Path) -> Callable[[str], Path]:
    """A policy with one rule on k."""

    def write(limit: str) -> Path:
        file = tmp_path / "house.yaml"
        file.write_text(
            "apiVersion: lepton-audit/v1\nkind: Policy\nmetadata: {id: house, version: 1.0.0}\ncontrols:\n"
            "  - {id: groups, title: Groups are large, severity: high, remediation: Generalise., "
            f"rules: [{{id: k, probe: privacy.k-anonymity, require: {{k: {{{limit}}}}}}}]}}\n"
        )
        return file

    return write
