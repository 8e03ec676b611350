"""A report as an audit gives it, built from the real facts: every verdict, estimates, waivers, attestations, faults."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lepton_audit.facts.evidence import FieldNote
from lepton_audit.facts.fault import Fault
from lepton_audit.facts.finding import Finding, Measured, fingerprint
from lepton_audit.facts.integrity import sealed
from lepton_audit.facts.look import Confinement, EvidenceRecord, Pin, Seen
from lepton_audit.facts.report import Coverage, GateOutcome, PolicyRef, ProbeNote, Report, Run, TargetRef, Tool
from lepton_audit.facts.target import Attestation
from lepton_audit.facts.waiver import Scope, Waiver

BEGUN = datetime(2026, 11, 2, 9, 30, 12, tzinfo=UTC)
GDPR = "https://eur-lex.europa.eu/eli/reg/2016/679/oj"


# A table of findings reads best with a line for each.
# fmt: off
def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def measured(field: str, value: Any, operator: str, limit: Any, verdict: str, **more: Any) -> Measured:
    said = {"unit": "", "strength": "proven", "because": f"{field} is {value}; required: {operator} {limit}"} | more
    return Measured(field=field, value=value, operator=operator, limit=limit, verdict=verdict, **said)


def finding(control: str, title: str, verdict: str, **more: Any) -> Finding:
    assets = more.pop("assets", {})
    rule = more.pop("rule", "main")
    said = {"policy": "gdpr", "severity": "high", "strength": None, "because": "As measured.", "probe": None, "fingerprint": fingerprint(more.get("policy", "gdpr"), control, rule, assets)} | more
    return Finding(control=control, title=title, rule=rule, assets=assets, verdict=verdict, **said)


def seen(name: str, kind: str, uri: str, *, live: bool = False) -> Seen:
    if live:
        return Seen(name=name, kind=kind, uri=uri, as_of=BEGUN)
    return Seen(name=name, kind=kind, uri=uri, pin=Pin(sha256=sha(uri), files=1, size=184_320))


def record(probe: str, assets: dict[str, Seen], values: dict[str, Any], **more: Any) -> EvidenceRecord:
    said = {
        "digest": sha(probe + repr(sorted(assets)) + repr(values)),
        "version": 1,
        "provider": f"lepton_{probe.partition('.')[0]} {sha(probe)[:12]}",
        "settings": {},
        "seed": 0,
        "effort": "quick",
        "as_of": BEGUN,
        "seconds": 1.25,
        "confinement": Confinement(seconds=60, memory=2 << 30, processes="pid-namespace", network="none", files="read-only"),
    } | more
    return EvidenceRecord(probe=probe, assets=assets, values=values, **said)


def records() -> dict[str, EvidenceRecord]:
    robust = {"value": 0.414, "low": 0.371, "high": 0.458, "confidence": 0.95, "n": 500, "method": "Clopper-Pearson"}
    clean = {"value": 0.952, "low": 0.929, "high": 0.969, "confidence": 0.95, "n": 500, "method": "Clopper-Pearson"}
    inputs = {"model": seen("scorer", "model", "models/scorer.joblib"), "holdout": seen("holdout", "table", "data/holdout.parquet")}
    open_net = Confinement(seconds=60, memory=1 << 30, processes="process-group", network="asset-ports", files="read-only")
    settings = {"eps": 0.1, "norm": "inf", "max_samples": 500, "immutable": ["age", "zip"]}
    certificate = {"trusted": False, "host_matches": True, "days_left": 11.4, "key_type": "RSA", "key_bits": 1024, "signature_hash": "sha1", "self_signed": True}
    items = [{"path": f"backups/part-{at:02}.bin", "answer": "refuted", "because": "It is readable text: a CSV header."} for at in range(24)]
    return {
        "evasion": record("robustness.evasion", inputs, {"robust_accuracy": robust, "clean_accuracy": clean, "attacked": 476, "norm": "inf", "eps": 0.1, "attacks": ["FGSM", "PGD", "HopSkipJump"], "knowledge": "gradients", "doubts": []}, settings=settings, seconds=21.4),
        "budget": record("privacy.budget", {"ledger": seen("releases", "ledger", "privacy/ledger.json")}, {"epsilon": 8.9954, "basic_epsilon": 30.0, "delta": 1e-6, "claimed_epsilon": 1.0, "claim_excess": 7.9954, "releases": 300, "unaccounted": 0, "delta_times_records": 0.02, "doubts": []}),
        "k": record("privacy.k-anonymity", {"table": seen("holdout", "table", "data/holdout.parquet")}, {"rows": 20_000, "groups": 5_211, "k": 1, "l": 1, "t": 0.62, "uniqueness": 0.1307, "doubts": []}),
        "k2": record("privacy.k-anonymity", {"table": seen("released", "table", "data/released.csv")}, {"rows": 20_000, "groups": 311, "k": 12, "l": 3, "t": 0.18, "uniqueness": 0.0, "doubts": []}),
        "tls": record(
            "encryption.tls",
            {"endpoint": seen("api", "endpoint", "https://127.0.0.1:8443", live=True)},
            {"encrypted": True, "protocols": ["TLSv1", "TLSv1.2"], "weak_cipher_suites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"], "forward_secrecy": None, "client_authentication": "none", "certificate": certificate, "doubts": []},
            confinement=open_net,
        ),
        "rest": record("encryption.at-rest", {"artifact": seen("backups", "artifact", "backups/")}, {"answer": "refuted", "authenticated": None, "files": 24, "proven": 0, "refuted": 24, "undetermined": 0, "items": items, "doubts": []}),
        "setup": record(
            "federated.setup",
            {"federation": seen("training", "federation", "federation/")},
            {"tls": False, "node_authentication": None, "secure_aggregation": None, "differential_privacy": None, "noise_multiplier": None, "minimum_clients": 2, "raw_data_uploaded": True, "insecure_flags": ["--insecure"], "doubts": [{"because": "two of three start commands could not be read", "fields": ["tls"]}]},
            confinement=None,
        ),
    }


def waiver(**more: Any) -> Waiver:
    said = {
        "id": "w-2026-014",
        "control": "retention",
        "scope": Scope(assets=("backups",)),
        "justification": "Backups move to the encrypted vault by the end of the quarter; tracked as OPS-311.",
        "owner": "platform@example.org",
        "approved_by": "J. Meier, CISO",
        "expires": datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
    } | more
    return Waiver(**said)


def findings(by: dict[str, EvidenceRecord]) -> list[Finding]:
    budget = {
        "title": "The privacy budget is not overspent",
        "mappings": ("gdpr:art-25(1)", "nist-ai-rmf:measure-2.10"),
        "probe": "privacy.budget",
        "why": "Every release adds to what an attacker can learn of one person. Past the budget the promise made to that person no longer holds.",
        "remediation": "Raise the noise scale, or release fewer statistics in the period.",
        "source": f"Regulation (EU) 2016/679, Art. 25(1), {GDPR}. Testable part: the accounted loss of the ledger's releases.",
        "house_rule": "The regulation names no epsilon; 1.0 for a release year is ours.",
    }
    tls = {
        "title": "Data in transit is encrypted",
        "mappings": ("gdpr:art-32(1)(a)", "ccpa:1798.150", "acme:net-4"),
        "probe": "encryption.tls",
        "assets": {"endpoint": "api"},
        "evidence": (by["tls"].digest,),
        "why": "Whoever sits on the path reads and changes what is not encrypted.",
        "remediation": "Offer TLS 1.2 and 1.3 only, with a certificate of 2,048 bits or more from a trusted authority.",
        "source": f"Regulation (EU) 2016/679, Art. 32(1)(a), {GDPR}.",
        "tailored": ("Severity raised from high to critical: board decision 2026-07.",),
    }
    anonymity = {
        "title": "No released row stands alone",
        "mappings": ("gdpr:recital-26", "gdpr:art-25(1)"),
        "probe": "privacy.k-anonymity",
        "why": "A row that shares its quasi-identifiers with no other row names its person to anyone who knows them.",
        "remediation": "Generalise age and zip, or suppress the rows of small groups.",
        "source": "Sweeney 2002; Article 29 Working Party, Opinion 05/2014.",
        "house_rule": "k = 5 is ours.",
    }
    evasion = {
        "title": "The model withstands small changes of its input",
        "mappings": ("eu-ai-act:art-15(5)", "nist-ai-rmf:measure-2.7"),
        "probe": "robustness.evasion",
        "assets": {"model": "scorer", "holdout": "holdout"},
        "evidence": (by["evasion"].digest,),
        "policy": "lepton-baseline",
        "why": "Clean accuracy says nothing of what happens when somebody chooses the input.",
        "remediation": "Train adversarially, then audit again under attack; don't compare by clean accuracy.",
    }
    at_rest = {"title": "Data at rest is encrypted with an authenticated cipher", "mappings": ("gdpr:art-32(1)(a)",), "probe": "encryption.at-rest", "assets": {"artifact": "backups"}, "evidence": (by["rest"].digest,)}
    setup = {"title": "The federation protects single contributions", "mappings": ("gdpr:art-5(1)(c)", "eu-ai-act:art-10(5)"), "probe": "federated.setup", "assets": {"federation": "training"}, "evidence": (by["setup"].digest,), "policy": "lepton-baseline"}
    dpo = {"title": "A data protection officer is appointed", "mappings": ("gdpr:art-37",), "severity": "medium", "rule": None, "statement": "A DPO is appointed and reachable."}
    dpia = {"title": "An impact assessment was carried out", "mappings": ("gdpr:art-35",), "rule": None, "statement": "A data protection impact assessment covers this system as deployed."}
    transfer = {"title": "Personal data stays within the declared regions", "mappings": ("gdpr:art-44",), "severity": "medium", "rule": None}
    return [
        finding("encryption-in-transit", verdict="fail", severity="critical", because="TLSv1 is accepted, and the certificate's key has 1024 bits.", rule="modern", strength="proven", measured=(
            measured("protocols", ["TLSv1", "TLSv1.2"], "subset_of", ["TLSv1.2", "TLSv1.3"], "fail", because="TLSv1 is accepted."),
            measured("certificate.key_bits", 1024, "min", 2048, "fail", unit="bits", because="1024 bits is less than 2048."),
            measured("certificate.days_left", 11.4, "min", 30, "fail", unit="days", because="It expires before the next audit."),
            measured("encrypted", True, "equals", True, "pass"),  # noqa: FBT003
        ), **tls),
        finding("privacy-budget", verdict="fail", because="The accounted loss is 8.995, the budget 1.", rule="accounted", strength="proven", assets={"ledger": "releases"}, evidence=(by["budget"].digest,), measured=(measured("epsilon", 8.9954, "max", 1.0, "fail", unit="epsilon"), measured("delta_times_records", 0.02, "max", 1, "pass", unit="1")), next_step="Stop releases from this ledger until the period ends.", **budget),
        finding("k-anonymity", verdict="fail", because="2,614 rows are alone in their group.", rule="k", strength="proven", assets={"table": "holdout"}, evidence=(by["k"].digest,), measured=(measured("k", 1, "min", 5, "fail", unit="rows"), measured("uniqueness", 0.1307, "max", 0.01, "fail", unit="ratio")), **anonymity),
        finding("evasion", verdict="fail", because="Even the upper end of the interval, 0.458, is below 0.6.", rule="robust", strength="tested", measured=(measured("robust_accuracy", 0.414, "min", 0.6, "fail", unit="ratio", low=0.371, high=0.458, confidence=0.95, n=500, method="Clopper-Pearson", strength="tested"),), **evasion),
        finding("federated-protection", verdict="error", because="The look timed out after 60 s; its process group was ended.", rule="live", probe="federated.setup", title=setup["title"], assets={"federation": "training"}, policy="lepton-baseline", mappings=setup["mappings"], next_step="Run again with --effort full, or raise the probe's time."),
        finding("federated-protection", verdict="undecided", because="Whether updates are aggregated securely can't be read from the project.", rule="declared", measured=(measured("secure_aggregation", None, "equals", True, "undecided", because="It could not be determined."),), **setup),  # noqa: FBT003
        finding("evasion", verdict="undecided", because="The interval 0.929 to 0.969 straddles 0.95.", rule="clean", measured=(measured("clean_accuracy", 0.952, "min", 0.95, "undecided", unit="ratio", low=0.929, high=0.969, confidence=0.95, n=500, method="Clopper-Pearson", strength="tested"),), next_step="Use --effort full for more samples.", severity="medium", **evasion),
        finding("impact-assessment", verdict="unattested", because="The target file has no attestation for impact-assessment.", next_step="Add attestations.impact-assessment to target.yaml.", **dpia),
        finding("encryption-at-rest", verdict="waived", because="24 of 24 files are readable text.", rule="proven", waiver=waiver(), waived_from="fail", measured=(measured("answer", "refuted", "equals", "proven", "fail"), measured("refuted", 24, "max", 0, "fail", unit="files")), **at_rest),
        finding("k-anonymity", verdict="pass", because="The smallest group has 12 rows.", rule="k", strength="proven", assets={"table": "released"}, evidence=(by["k2"].digest,), measured=(measured("k", 12, "min", 5, "pass", unit="rows"), measured("uniqueness", 0.0, "max", 0.01, "pass", unit="ratio")), **anonymity),
        finding("evasion", verdict="pass", because="The lower end of the interval, 0.371, is above 0.3.", rule="floor", strength="tested", severity="low", measured=(measured("robust_accuracy", 0.414, "min", 0.3, "pass", unit="ratio", low=0.371, high=0.458, confidence=0.95, n=500, method="Clopper-Pearson", strength="tested"),), **evasion),
        finding("privacy-claim", "The claimed epsilon is finite", "pass", because="Every release in the ledger is accounted for.", strength="proven", probe="privacy.budget", assets={"ledger": "releases"}, evidence=(by["budget"].digest,), measured=(measured("unaccounted", 0, "max", 0, "pass", unit="releases"),), policy="lepton-baseline", severity="low"),
        finding("dpo", verdict="attested", because="Attested by the DPO office.", attestation=Attestation(by="DPO office", on=date(2026, 10, 1), expires=date(2027, 10, 1), note="appointment letter"), **dpo),
        finding("transfers", verdict="not_applicable", because="The target's owner says: the system makes no transfers.", **transfer),
    ]  # fmt: skip


PROBES = (
    ("robustness.evasion", "Attacks the live model with the strongest attack that its access allows, and counts the samples that are still classified right.", "Clean accuracy says nothing of chosen inputs.", "Croce and Hein 2020, https://arxiv.org/abs/2003.01690.", "An upper bound: a better attack may find more. Only samples that were right before are attacked."),
    ("privacy.budget", "Accounts every release of the ledger by privacy loss distributions.", "Losses add up.", "Dwork and Roth 2014, theorem 3.16.", "Sees only the releases that the ledger names."),
    ("privacy.k-anonymity", "Groups the rows by their quasi-identifiers and takes the smallest group.", "", "Sweeney 2002.", "Says nothing of an attacker who knows more than the quasi-identifiers."),
)  # fmt: skip


def coverage_of(found: list[Finding], looks: int) -> Coverage:
    counts = Counter(f.verdict for f in found)
    return Coverage(
        rules=len(found), decided=counts["pass"] + counts["fail"], passed=counts["pass"], failed=counts["fail"], undecided=counts["undecided"],
        errors=counts["error"], waived=counts["waived"], not_applicable=counts["not_applicable"], attested=counts["attested"],
        unattested=counts["unattested"], looks=looks, reused=min(looks, 2),
    )  # fmt: skip


def report_of(found: list[Finding], evidence: list[EvidenceRecord], **more: Any) -> Report:
    epsilon = FieldNote(path="epsilon", description="Accounted privacy loss of all releases.", unit="epsilon", strength="proven")
    notes = tuple(ProbeNote(probe=p, version=1, provider=f"lepton_{p.partition('.')[0]}", what=what, why=why, source=source, limits=limits, fields=(epsilon,)) for p, what, why, source, limits in PROBES)
    said = {
        "tool": Tool(name="lepton-audit", version="0.1.0", python="3.11.7", platform="Linux x86_64"),
        "verdict": "nonconformant",
        "gate": GateOutcome(fail_on="high", exit_code=1, sentence="Nonconformant: 4 findings fail at severity high or above; the gate fails on high."),
        "target": TargetRef(id="lepton-scoring", title="Credit scoring", owner="ml-platform@example.org", digest=sha("target")),
        "policies": (
            PolicyRef(id="lepton-baseline", version="1.0.0", title="Baseline for AI systems", digest=sha("baseline")),
            PolicyRef(id="gdpr", version="1.2.0", title="General Data Protection Regulation", digest=sha("gdpr")),
        ),
        "run": Run(id="20261102-093012-7f3a", started=BEGUN, seconds=48.2, seed=0, effort="quick", command="lepton-audit run target.yaml -p lepton-baseline -p gdpr --seed 0 --effort quick"),
        "coverage": coverage_of(found, len(evidence)),
        "findings": tuple(found),
        "evidence": {r.digest: r for r in evidence},
        "probes": notes,
        "faults": (
            Fault(kind="plugin", who="acme_probes", because="ImportError at import: no module named 'acme_core'.", next_step="Install acme-core, or remove acme_probes."),
            Fault(kind="waiver", who="w-2025-002", because="The waiver expired on 2026-06-30; its finding counts again.", next_step="Renew or remove it.", breaks=False),
        ),
    } | more  # fmt: skip
    return sealed(Report(**said))


@pytest.fixture(scope="session")
def report() -> Report:
    by = records()
    return report_of(findings(by), list(by.values()))


def many(count: int, *, assets: int = 40) -> Report:
    """A report of so many findings: seven in ten pass, and each has a record of its own."""
    verdicts = ("pass",) * 14 + ("fail",) * 4 + ("undecided", "error")
    templates = {f.verdict: f for f in findings(records()) if f.measured or f.verdict == "error"}
    found, evidence = [], []
    for at in range(count):
        control, asset = divmod(at, assets)
        names = {"table": f"customers-{asset:03}"}
        verdict = verdicts[(control * 7 + asset) % len(verdicts)]
        rec = record("privacy.k-anonymity", {"table": seen(names["table"], "table", f"data/customers-{asset:03}.parquet")}, {"rows": 20_000 + at, "groups": 311, "k": at % 11, "l": 3, "t": 0.18, "uniqueness": at / count, "doubts": []}, settings={"level": control % 5})
        seed = templates[verdict]
        said = {
            "control": f"control-{control}",
            "title": f"Control {control}: no released row stands alone",
            "assets": names,
            "rule": "k",
            "fingerprint": fingerprint(seed.policy, f"control-{control}", "k", names),
            "evidence": (rec.digest,),
            "mappings": (f"gdpr:art-{control % 90}(1)", f"nist-ai-rmf:measure-{control % 30}"),
        }
        found.append(seed.model_copy(update=said))
        evidence.append(rec)
    return report_of(found, evidence)


@pytest.fixture(scope="session")
def build() -> SimpleNamespace:
    """The builders above, for tests that need a report of their own."""
    return SimpleNamespace(
        measured=measured, finding=finding, findings=findings, record=record, records=records, seen=seen,
        waiver=waiver, report_of=report_of, many=many,
    )  # fmt: skip
