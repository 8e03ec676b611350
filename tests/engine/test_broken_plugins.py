"""A broken plugin is a fault: the other plugins' findings stand, and the report is incomplete and names it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lepton_audit.auditing import audit
from lepton_audit.registry import border, load_registry

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
    monkeypatch.setattr(border, "IMPORT_SECONDS", 1.0)
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


ENDING = {
    "ends-the-process": "import os\nos._exit(0)",
    "forks": "import os\nos.fork()",
    "has-no-words": "class E(Exception):\n    def __str__(self):\n        raise RuntimeError\nraise E",
    "has-no-letters": "raise ValueError('\\udcff')",
}


@pytest.mark.parametrize("source", ENDING.values(), ids=ENDING)
def test_a_plugin_that_ends_or_doubles_its_process_is_a_fault(source, acme, site, target, store):
    site("strange_ender", source)
    script = f"from lepton_audit.auditing import audit\nprint(audit({str(target)!r}, ['acme-house'], store={store!r}).gate.sentence)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "Incomplete: 1 broken plugin.\n"


def test_what_a_plugin_prints_at_import_is_not_a_result(acme, site, capfd):
    site("strange_talker", "print('conformant')")
    assert load_registry().faults == ()
    assert capfd.readouterr().out == ""


def test_a_plugin_that_won_t_stop_hanging_ends_the_run_incomplete(acme, site, target, store):
    site("strange_hanger", "while True:\n    try:\n        while True: pass\n    except BaseException: pass")
    script = f"""
from lepton_audit.registry import border
border.IMPORT_SECONDS = 0.3
from lepton_audit.auditing import audit
print(audit({str(target)!r}, ["acme-house"], store={store!r}).gate.sentence)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    ended = (done.returncode, "can't be stopped" in done.stderr) == (3, True)
    assert ended or done.stdout == "Incomplete: 1 broken plugin.\n"  # the interrupt may hit between its two loops


def test_a_plugin_s_kind_named_like_a_built_in_one_is_a_fault(acme, site):
    source = """
    from typing import Protocol
    from lepton_audit import asset_kind, hookimpl
    @asset_kind("ledger")
    class Mine(Protocol):
        '''Mine.'''
    @hookimpl
    def lepton_asset_kinds():
        return [Mine]
    """
    site("strange_kind", source)
    registry = load_registry()
    assert registry.kinds["ledger"].protocol.__module__ == "lepton_audit.declare.assets"
    assert "built in" in registry.faults[0].because
