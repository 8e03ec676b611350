"""A plugin in a package of its own, known through its entry point only."""

from __future__ import annotations

from lepton_audit.auditing import audit
from lepton_audit.load.policy import known_policies


def test_a_third_party_brings_a_kind_an_opener_a_probe_and_a_policy(acme, target, store):
    assert "notebook" in acme.kinds
    assert "notebook format text" in acme.openers
    assert acme.probes["acme.lines"].docs.source == "Acme, reading habits, 2026."
    assert "acme-house" in known_policies(acme)
    report = audit(target, ["acme-house"], store=store, registry=acme)
    assert [(item.verdict, item.measured[0].value) for item in report.findings] == [("pass", 20)]
    assert report.verdict == "conformant"
    assert report.gate.exit_code == 0
    assert report.probes[0].provider.startswith("acme-lepton 2.3.0, acme, source ")


def test_a_threshold_in_the_policy_decides(acme, target, store, policy):
    report = audit(target, [policy("probe: acme.lines, require: {lines: {max: 19}}")], store=store, registry=acme)
    assert report.verdict == "nonconformant"
    assert report.findings[0].because == "lines is 20 lines; at most 19 is required"
    assert report.gate.exit_code == 1


def test_evidence_names_the_pinned_content_and_the_limits_in_force(acme, target, store):
    report = audit(target, ["acme-house"], store=store, registry=acme)
    (record,) = report.evidence.values()
    assert record.assets["notebook"].pin is not None
    assert record.assets["notebook"].pin.files == 1
    assert record.confinement is not None
    assert record.confinement.memory == 4 * 2**30
