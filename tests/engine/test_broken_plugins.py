"""A broken plugin is a fault: the other plugins' findings stand, and the report is incomplete and names it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lepton_audit import registry as registry_module
from lepton_audit.auditing import audit
from lepton_audit.registry import load_registry

BROKEN = {
    "raises-at-import": ("raise RuntimeError('out of order')", "RuntimeError: out of order"),
    "exits-at-import": ("import sys; sys.exit(0)", "SystemExit"),
    "hangs-at-import": ("import time\ntry:\n    time.sleep(60)\nexcept Exception:\n    pass", "PluginHangs"),
    "isn't-python": ("def (", "SyntaxError"),
    "declares-nonsense": (
        "from lepton_audit import hookimpl\n@hookimpl\ndef lepton_probes():\n    return ['a probe']",
        "BadDeclaration: a hook returned str, expected Probe",
    ),
    "has-an-unknown-hook": (
        "from lepton_audit import hookimpl\n@hookimpl\ndef lepton_prebes():\n    return []",
        "PluginValidationError",
    ),
    "has-evidence-without-units": (
        "from lepton_audit import Evidence\nclass E(Evidence):\n    k: int",
        "UndescribedField: E.k",
    ),
}


@pytest.mark.parametrize(("source", "said"), BROKEN.values(), ids=BROKEN)
def test_the_other_plugins_stand_and_the_report_names_the_fault(source, said, acme, site, target, store, monkeypatch):
    monkeypatch.setattr(registry_module, "IMPORT_SECONDS", 1.0)
    site("strange_broken", source)
    registry = load_registry()
    report = audit(target, ["acme-house"], store=store, registry=registry)
    assert [item.verdict for item in report.findings] == ["pass"]
    assert (report.verdict, report.gate.exit_code) == ("incomplete", 3)
    (fault,) = report.faults
    assert fault.who == "strange_broken (strange_broken 1.0)"
    assert said in fault.because
    assert report.gate.sentence == "Incomplete: 1 broken plugin."


def test_a_rule_on_a_broken_plugin_s_probe_is_an_error_and_not_a_typo(acme, site, target, store, policy):
    site("strange_broken", "raise RuntimeError")
    house = policy(
        "probe: strange.thing, require: {lines: {max: 1}}", "probe: acme.lines, require: {lines: {max: 100}}"
    )
    report = audit(target, [house], store=store, registry=load_registry())
    assert [(item.control, item.verdict) for item in report.findings] == [("control-0", "error"), ("control-1", "pass")]
    assert "no loaded plugin brings the probe 'strange.thing'" in report.findings[0].because


def test_a_plugin_that_forks_at_import_doesn_t_double_the_audit(acme, site, target, store, tmp_path):
    site("strange_forker", "import os\nos.fork()")
    script = f"""
from lepton_audit.auditing import audit
print(audit({str(target)!r}, ["acme-house"], store={store!r}).verdict)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "conformant\n"


def test_two_plugins_that_declare_one_probe_are_both_named_and_none_is_used(acme, site, target, store, policy):
    source = """
    from lepton_audit import Count, Evidence, Table, hookimpl, measure, probe
    class E(Evidence):
        lines: Count = measure("Lines", unit="lines", strength="proven")
    @probe("acme.lines", version=1)
    def lines(table: Table) -> E:
        '''Lines.'''
    @hookimpl
    def lepton_probes():
        return [lines]
    """
    site("strange_twin", source)
    registry = load_registry()
    assert "acme.lines" not in registry.probes
    (fault,) = registry.faults
    assert "acme (acme-lepton 2.3.0) and strange_twin (strange_twin 1.0)" in fault.because
    report = audit(target, [policy("probe: acme.lines, require: {lines: {max: 100}}")], store=store, registry=registry)
    assert report.findings[0].verdict == "error"
