"""target.yaml of the demo, in either state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_audit.demo.tables import roles

if TYPE_CHECKING:
    from lepton_audit.demo.system import State

Asset = dict[str, Any]
LEDGERS = {
    "averages": "Statistics of the 2024 patients",
    "export": "Laboratory values handed to partners (patients of 2025)",
    "counts": "Case counts of the regional register (no patient of ours)",
    "training": "Training of the federated model (patients of the partner clinics)",
}


def target(state: State, features: tuple[str, ...], ports: Mapping[str, int]) -> dict[str, Any]:
    """The target's content, as the file holds it."""
    states = {"published": published_assets, "hardened": hardened_assets}
    return {
        "apiVersion": "lepton-audit/v1",
        "kind": "Target",
        "metadata": {
            "id": target_id(state),
            "title": f"Tumour scoring service, {state} state",
            "owner": "demo@example.org",
        },
        "permissions": {"run_code": state == "published", "write": False},
        "assets": {**states[state](features, ports), **_ledgers(), "federation": _federation()},
        "attestations": attestations() if state == "hardened" else {},
    }


def target_id(state: State) -> str:
    """Names the target, and marks a folder as the demo's own."""
    return f"lepton-scoring-{state}"


def published_assets(features: tuple[str, ...], ports: Mapping[str, int]) -> dict[str, Asset]:
    """Plain HTTP, an old gateway, a plain pickle beside the data, and CBC under a typed key."""
    return {
        "scorer": _model("models/scorer.joblib", "joblib", features),
        "served-scorer": _served(f"http://127.0.0.1:{ports['api']}", features),
        "patients": _table("data/patients.csv", "csv", roles("published", features)),
        "api": {"kind": "endpoint", "uri": f"http://127.0.0.1:{ports['api']}", "title": "Prediction API"},
        "gateway": {"kind": "endpoint", "uri": f"https://127.0.0.1:{ports['gateway']}", "title": "Partner gateway"},
        "parameters": {"kind": "artifact", "uri": "models/", "title": "The scorer's parameters"},
        "records": _records("aes-cbc"),
        "records-key": _key("keys/records.key"),
    }


def hardened_assets(features: tuple[str, ...], ports: Mapping[str, int]) -> dict[str, Asset]:
    """TLS under a private authority, authenticated encryption under random keys, a generalised table."""
    return {
        "scorer": {
            **_model("handover/scorer.skops", "skops", features),
            "title": "The scorer, handed to the auditors for this audit",
        },
        "served-scorer": {**_served(f"https://127.0.0.1:{ports['api']}", features), "ca": "certs/ca.pem"},
        "patients": _table("data/patients.parquet", "parquet", roles("hardened", features)),
        "api": _https(ports["api"], "Prediction API"),
        "gateway": _https(ports["gateway"], "Partner gateway"),
        "parameters": {
            "kind": "artifact",
            "uri": "vault/scorer.bin",
            "title": "The scorer's parameters",
            "key": "parameters-key",
            "cipher": "aes-gcm",
        },
        "parameters-key": _key("keys/parameters.key"),
        "records": _records("fernet"),
        "records-key": _key("keys/records.key"),
    }


def attestations() -> dict[str, dict[str, str]]:
    """What the demo's (invented) officers signed today, for a year."""
    today = datetime.now(UTC).date()
    signed = {
        "by": "DPO office of the demo",
        "on": today.isoformat(),
        "expires": (today + timedelta(days=365)).isoformat(),
    }
    return {control: {**signed, "note": "Invented, as the demo's clinic is."} for control in ATTESTED}


ATTESTED = (
    *("lawful-basis", "purpose-limitation", "storage-limitation", "transparency", "data-subject-requests"),
    *("automated-decisions", "processor-contracts", "records-of-processing", "backup-restoration"),
    *("breach-notification", "impact-assessment", "dpo", "international-transfers"),
    *("collection-notice", "proportionate-use", "retention-period", "consumer-requests", "opt-out"),
    *("sensitive-information", "deidentification-commitment", "service-provider-contracts"),
    *("breach-notification-california", "risk-assessment", "cybersecurity-audit", "automated-decisionmaking"),
)
"""What the GDPR and CCPA policies leave to people."""


def write_yaml(path: Path, content: dict[str, Any]) -> None:
    """The content as YAML, keys in their order."""
    import yaml

    path.write_text(yaml.safe_dump(content, sort_keys=False, width=120, allow_unicode=True), encoding="utf-8")


def _model(uri: str, format: str, features: tuple[str, ...]) -> Asset:  # noqa: A002  # the field's word
    movable: dict[str, Asset] = {name: {} for name in features}
    asked = {"holdout": "patients", "clip": [0.0, 1.0], "features": movable}
    return {"kind": "model", "uri": uri, "format": format, **asked}


def _served(address: str, features: tuple[str, ...]) -> Asset:
    """The scorer as the world meets it: by questions to the running API."""
    return {**_model(f"{address}/v2/models/scorer", "oip", features), "title": "The scorer, as the API serves it"}


def _table(uri: str, format: str, columns: dict[str, str]) -> Asset:  # noqa: A002  # the field's word
    return {"kind": "table", "uri": uri, "format": format, "title": "Released patients", "columns": columns}


def _https(port: int, title: str) -> Asset:
    return {"kind": "endpoint", "uri": f"https://127.0.0.1:{port}", "title": title, "ca": "certs/ca.pem"}


def _records(cipher: str) -> Asset:
    return {
        "kind": "artifact",
        "uri": "vault/records.bin",
        "title": "Patient records",
        "key": "records-key",
        "cipher": cipher,
    }


def _key(uri: str) -> Asset:
    return {"kind": "key", "uri": uri, "encoding": "raw"}


def _ledgers() -> dict[str, Asset]:
    return {name: {"kind": "ledger", "uri": f"privacy/{name}.json", "title": title} for name, title in LEDGERS.items()}


def _federation() -> Asset:
    return {"kind": "federation", "uri": "federation/", "framework": "flower", "title": "Training with partner clinics"}
