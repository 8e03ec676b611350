"""What the baseline makes of evidence: the good twin passes, each defect fails, and what is unknown is undecided."""

from __future__ import annotations

import pytest

from lepton_audit.facts.target import Target

CERTIFICATE = {
    "trusted": True,
    "host_matches": True,
    "days_left": 90.0,
    "chain_security_bits": 112,
    "signature_hash": "sha256",
}
GOOD = {
    "encryption.tls": {
        "encrypted": True,
        "protocols": ["TLSv1.2", "TLSv1.3"],
        "weak_cipher_suites": [],
        "compression": False,
        "weakest_key_exchange_bits": 112,
        "secure_renegotiation": True,
        "forward_secrecy": True,
        "certificate": CERTIFICATE,
    },
    "encryption.at-rest": {
        "answer": "proven",
        "authenticated": True,
        "key_readable": False,
        "key_patterned": False,
        "key_exposed": False,
        "key_bits": 128,
    },
    "privacy.k-anonymity": {"k": 5, "uniqueness": 0.0, "identifiers": 0, "undeclared": 0, "l": 2, "entropy_l": 1.9},
    "privacy.budget": {
        "epsilon": 2.5,
        "unaccounted": 0,
        "claim_excess": -0.5,
        "understated_claims": 0,
        "inverted_claims": 0,
        "unverifiable": 0,
        "delta_times_records": 1e-4,
        "records": 300,
    },
    "robustness.evasion": {
        "robust_accuracy": {"value": 0.7, "low": 0.6, "high": 0.8, "confidence": 0.95, "n": 200, "method": "test"},
        "clean_uplift": {"value": 0.3, "low": 0.2, "high": 0.4, "confidence": 0.95, "n": 200, "method": "test"},
        "changeable_share": 0.5,
    },
    "federated.setup": {
        "tls": True,
        "node_authentication": True,
        "secure_aggregation": True,
        "differential_privacy": True,
        "noise_multiplier": 1.0,
        "minimum_clients": 10,
        "raw_data_uploaded": False,
    },
}
PLAIN_HTTP = {
    "encrypted": False,
    "protocols": None,
    "weak_cipher_suites": None,
    "compression": None,
    "forward_secrecy": None,
    "certificate": None,
}


def estimate(low: float, high: float) -> dict[str, object]:
    return {"value": (low + high) / 2, "low": low, "high": high, "confidence": 0.95, "n": 50, "method": "test"}


@pytest.mark.parametrize("probe", GOOD)
def test_good_evidence_passes_every_control(judge, probe):
    found = judge(probe, GOOD[probe])
    assert found
    assert {finding.verdict for finding in found.values()} == {"pass"}


BAD = [
    ("encryption.tls", PLAIN_HTTP, {"encryption-in-transit", "forward-secrecy", "endpoint-certificate"}),
    ("encryption.tls", {"protocols": ["TLSv1", "TLSv1.2"]}, {"encryption-in-transit"}),
    ("encryption.tls", {"weak_cipher_suites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]}, {"encryption-in-transit"}),
    ("encryption.tls", {"compression": True}, {"encryption-in-transit"}),
    ("encryption.tls", {"weakest_key_exchange_bits": 80}, {"encryption-in-transit"}),
    ("encryption.tls", {"secure_renegotiation": False}, {"encryption-in-transit"}),
    ("encryption.tls", {"forward_secrecy": False}, {"forward-secrecy"}),
    ("encryption.tls", {"certificate": {**CERTIFICATE, "trusted": False}}, {"endpoint-certificate"}),
    ("encryption.tls", {"certificate": {**CERTIFICATE, "host_matches": False}}, {"endpoint-certificate"}),
    ("encryption.tls", {"certificate": {**CERTIFICATE, "days_left": -1.0}}, {"endpoint-certificate"}),
    ("encryption.tls", {"certificate": {**CERTIFICATE, "chain_security_bits": 80}}, {"endpoint-certificate"}),
    ("encryption.tls", {"certificate": {**CERTIFICATE, "signature_hash": "sha1"}}, {"endpoint-certificate"}),
    ("encryption.at-rest", {"answer": "refuted", "authenticated": False}, {"encryption-at-rest", "tamper-evidence"}),
    ("encryption.at-rest", {"key_readable": True}, {"key-strength"}),
    ("encryption.at-rest", {"key_patterned": True}, {"key-strength"}),
    ("encryption.at-rest", {"key_exposed": True}, {"key-strength"}),
    ("encryption.at-rest", {"key_bits": 64}, {"key-strength"}),
    ("privacy.k-anonymity", {"k": 4}, {"anonymity"}),
    ("privacy.k-anonymity", {"k": 1, "uniqueness": 0.3}, {"anonymity"}),
    ("privacy.k-anonymity", {"identifiers": 1}, {"anonymity"}),
    ("privacy.k-anonymity", {"undeclared": 1}, {"anonymity"}),
    ("privacy.k-anonymity", {"l": 1}, {"sensitive-diversity"}),
    ("privacy.k-anonymity", {"entropy_l": 1.06}, {"sensitive-diversity"}),
    ("privacy.budget", {"epsilon": 3.01}, {"privacy-budget"}),
    ("privacy.budget", {"epsilon": "unbounded", "unaccounted": 1, "claim_excess": "unbounded"}, {"privacy-budget", "privacy-claim"}),
    ("privacy.budget", {"claim_excess": 0.5}, {"privacy-claim"}),
    ("privacy.budget", {"understated_claims": 1}, {"privacy-claim"}),
    ("privacy.budget", {"inverted_claims": 1}, {"privacy-claim"}),
    ("privacy.budget", {"unverifiable": 1}, {"privacy-claim"}),
    ("privacy.budget", {"delta_times_records": 0.5}, {"privacy-failure"}),
    ("robustness.evasion", {"robust_accuracy": estimate(0.1, 0.3)}, {"adversarial-robustness"}),
    ("robustness.evasion", {"clean_uplift": estimate(-0.2, -0.1)}, {"adversarial-robustness"}),
    ("robustness.evasion", {"changeable_share": 0.3}, {"adversarial-robustness"}),
    ("federated.setup", {"tls": False}, {"federation-encryption"}),
    ("federated.setup", {"node_authentication": False}, {"federation-authentication"}),
    ("federated.setup", {"secure_aggregation": False}, {"federation-aggregation"}),
    ("federated.setup", {"differential_privacy": False, "noise_multiplier": None}, {"federation-noise"}),
    ("federated.setup", {"noise_multiplier": 0.01}, {"federation-noise"}),
    ("federated.setup", {"minimum_clients": 2}, {"federation-cohort"}),
    ("federated.setup", {"raw_data_uploaded": True}, {"federation-minimisation"}),
]  # fmt: skip


@pytest.mark.parametrize(("probe", "change", "failing"), BAD)
def test_each_defect_fails_its_controls_and_no_other(judge, probe, change, failing):
    found = judge(probe, GOOD[probe] | change)
    assert {name for name, finding in found.items() if finding.verdict == "fail"} == failing
    assert {finding.verdict for name, finding in found.items() if name not in failing} <= {"pass"}


@pytest.mark.parametrize("probe", GOOD)
def test_evidence_in_which_all_is_unknown_is_undecided(judge, probe):
    found = judge(probe, dict.fromkeys(GOOD[probe]))
    assert {finding.verdict for finding in found.values()} == {"undecided"}


OPEN = [
    ("encryption.at-rest", {"answer": "undetermined", "authenticated": None}, {"encryption-at-rest", "tamper-evidence"}),
    ("robustness.evasion", {"robust_accuracy": estimate(0.45, 0.55)}, {"adversarial-robustness"}),
    ("robustness.evasion", {"clean_uplift": estimate(-0.04, 0.02)}, {"adversarial-robustness"}),
    ("privacy.budget", {"claim_excess": None}, {"privacy-claim"}),
    ("privacy.budget", {"delta_times_records": None}, {"privacy-failure"}),
    ("federated.setup", {"noise_multiplier": None}, {"federation-noise"}),
]  # fmt: skip


@pytest.mark.parametrize(("probe", "change", "undecided"), OPEN)
def test_what_is_not_known_is_neither_pass_nor_fail(judge, probe, change, undecided):
    found = judge(probe, GOOD[probe] | change)
    assert {name for name, finding in found.items() if finding.verdict == "undecided"} == undecided


@pytest.mark.parametrize("probe", GOOD)
def test_each_single_unknown_field_keeps_some_control_from_passing(judge, probe):
    for field in GOOD[probe]:
        found = judge(probe, {**GOOD[probe], field: None})
        assert any(finding.verdict == "undecided" for finding in found.values()), field


def test_three_policies_together_judge_a_shared_control_once(planned):
    alone = len(planned("lepton-baseline").judgements)
    laws = sum(1 for name in ("gdpr", "ccpa") for one in planned(name).judgements if one.rule is None)
    assert len(planned("lepton-baseline", "gdpr", "ccpa").judgements) == alone + laws


def test_one_look_serves_all_controls_of_all_policies(planned):
    assert planned("lepton-baseline", "gdpr", "ccpa").requests.keys() == planned("lepton-baseline").requests.keys()


def test_what_each_ai_system_has_is_not_skipped_where_it_is_undeclared(planned):
    empty = Target.model_validate(
        {"apiVersion": "lepton-audit/v1", "kind": "Target", "metadata": {"id": "empty"}, "assets": {}}
    )
    made = planned("lepton-baseline", target=empty).judgements
    absent = {one.control.id for one in made if type(one.basis).__name__ == "Absent"}
    unknown = {one.control.id for one in made if type(one.basis).__name__ == "Unknown"}
    assert unknown == {
        "encryption-in-transit",
        "forward-secrecy",
        "endpoint-certificate",
        "encryption-at-rest",
        "key-strength",
        "tamper-evidence",
        "anonymity",
        "sensitive-diversity",
        "adversarial-robustness",
    }
    assert {name.partition("-")[0] for name in absent} == {"privacy", "federation"}


@pytest.mark.parametrize("control", ["federation-aggregation", "federation-noise", "federation-cohort"])
def test_a_federation_that_shows_single_updates_fails_the_gate(policies, control):
    """A round of one participant undoes secure aggregation and thins the noise: none of the three is worth less than the others."""
    assert {one.id: one.severity for one in policies["lepton-baseline"].controls}[control] == "high"
