"""Law 4 and law 5: target code runs only where the target allows it, and a probe writes only where it may."""

from __future__ import annotations

import pickle
from pathlib import Path

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from lepton_audit.auditing import audit
from lepton_audit.registry import load_registry


class Payload:
    """Opening it would leave a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return (Path.touch, (self.trace,))


def modelled(folder: Path, *, run_code: bool) -> Path:
    (folder / "holdout.csv").write_text(
        "a,b,label\n" + "".join(f"{i % 7},{i % 3},{int(i % 7 > 3)}\n" for i in range(60))
    )
    file = folder / "target.yaml"
    file.write_text(
        f"apiVersion: lepton-audit/v1\nkind: Target\nmetadata: {{id: t}}\npermissions: {{run_code: {str(run_code).lower()}}}\nassets:\n"
        "  m: {kind: model, uri: m.joblib, format: joblib, holdout: h}\n  h: {kind: table, uri: holdout.csv, columns: {label: label}}\n"
    )
    return file


RULE = "probe: robustness.evasion, with: {eps: 0.1}, require: {clean_accuracy: {min: 0.1}}"


@pytest.mark.parametrize(("run_code", "verdict", "because"), [(False, "error", "forbidden: "), (True, "pass", "")])
def test_a_model_that_may_run_code_is_opened_only_with_permission(run_code, verdict, because, tmp_path, store, policy):
    rows = [[i % 7, i % 3] for i in range(60)]
    joblib.dump(LogisticRegression().fit(rows, [int(i % 7 > 3) for i in range(60)]), tmp_path / "m.joblib")
    (finding,) = audit(
        modelled(tmp_path, run_code=run_code), [policy(RULE)], store=store, registry=load_registry()
    ).findings
    assert finding.verdict == verdict, finding.because
    assert finding.because.startswith(because)
    assert run_code or "permissions: {run_code: true}" in finding.next_step


def test_a_model_file_with_foreign_code_is_refused_unopened(tmp_path, store, policy):
    trace = tmp_path / "trace"
    (tmp_path / "m.joblib").write_bytes(pickle.dumps(Payload(trace)))
    (finding,) = audit(
        modelled(tmp_path, run_code=True), [policy(RULE)], store=store, registry=load_registry()
    ).findings
    assert finding.verdict == "error"
    assert finding.because.startswith("unopenable: ")
    assert "touch" in finding.because
    assert not trace.exists()


WRITER = '''
    from acme_lepton import Notebook
    from lepton_audit import Count, Evidence, hookimpl, measure, probe

    class Wrote(Evidence):
        lines: Count = measure("Lines", unit="lines", strength="proven")

    @probe("strange.writer", version=1)
    def writer(notebook: Notebook) -> Wrote:
        """It writes, and puts things back."""
        before = notebook.path.read_text()
        notebook.path.write_text("other")
        notebook.path.write_text(before)
        return Wrote(lines=1)

    @hookimpl
    def lepton_probes():
        return [writer]
'''


@pytest.mark.parametrize(("write", "verdict"), [("false", "error"), ("[a]", "pass"), ("true", "pass")])
def test_a_probe_writes_only_where_the_target_allows_it(write, verdict, acme, site, target, store, policy):
    site("strange_writer", WRITER)
    target.write_text(target.read_text() + f"permissions: {{write: {write}}}\n")
    house = policy("probe: strange.writer, require: {lines: {equals: 1}}")
    report = audit(target, [house], store=store, registry=load_registry())
    (record,) = list(report.evidence.values()) or [None]
    if record is not None and record.confinement is not None and record.confinement.files == "unrestricted":
        pytest.skip("this kernel has no Landlock")
    assert report.findings[0].verdict == verdict
