"""The demo's system as files: everything but its running services."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from lepton_audit.demo import certificates, ledgers, specimens, tables, target_file, vault
from lepton_audit.demo.cohort import Cohort, cohort
from lepton_audit.demo.scorers import scorer
from lepton_audit.load.problems import BadInput, Mark, Problem

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

State = Literal["published", "hardened"]
STATES: tuple[State, ...] = get_args(State)
POLICIES = ("gdpr", "ccpa")
"""What the demo is audited by: the baseline's controls, which both extend, and what both leave to people."""
SERVICES = ("api", "gateway")
ERASED = "Tavrix Nopdrulun"
NOT_RUNNING = dict.fromkeys(SERVICES, 1)
"""Port 1, where nothing listens: a target that was built and not started is unreachable, and says so."""


def build(folder: Path, state: State) -> Path:
    """The system of a state lies in the folder, the same at each build but for certificates, random keys and dates; gives target.yaml's path.

    Nothing serves its endpoints until `running`. Raises: BadInput where something else lies in the folder; nothing is written then.
    """
    _ours(folder, state)
    rows = cohort()
    for name in ("data", "models" if state == "published" else "handover"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    ledgers.write_ledgers(folder / "privacy", state)
    specimens.copy(state, folder)
    if state == "published":
        _build_published(folder, rows, scorer(state, rows))
    else:
        _build_hardened(folder, rows, scorer(state, rows))
    return write_target(folder, state, NOT_RUNNING)


def _ours(folder: Path, state: State) -> None:
    """Returns only if the folder is absent or empty, or holds an earlier build of the same state."""
    marked = folder / "target.yaml"
    if folder.is_dir() and not any(folder.iterdir()):
        return
    known = marked.is_file() and f"id: {target_file.target_id(state)}\n" in marked.read_text(encoding="utf-8")
    if folder.exists() and not known:
        raise BadInput(
            [Problem(Mark(str(folder)), "something else lies here", "an empty folder, or none", "Name another folder.")]
        )


def write_target(folder: Path, state: State, ports: Mapping[str, int]) -> Path:
    """target.yaml names these ports."""
    path = folder / "target.yaml"
    target_file.write_yaml(path, target_file.target(state, cohort().features, ports))
    return path


def _build_published(folder: Path, rows: Cohort, model: LogisticRegression) -> None:
    import joblib

    joblib.dump(model, folder / "models/scorer.joblib")
    table = tables.released("published", rows)
    tables.write_csv(folder / "data/patients.csv", table)
    _leave_copies(folder, table)
    vault.write_private(folder / "keys/records.key", vault.typed_key())
    vault.write_private(folder / "vault/records.bin", vault.aes_cbc(vault.typed_key(), _records(rows)))
    certificates.write_expired(folder / "certs", "gateway")


def _leave_copies(folder: Path, table: tables.Columns) -> None:
    """Someone asked to be erased, and was, from the table: the backup and the log still know."""
    erased = {name: values[0] for name, values in table.items()} | {"name": ERASED}
    (folder / "backups").mkdir(exist_ok=True)
    tables.write_csv(folder / "backups/patients.csv", {name: [*table[name], erased[name]] for name in table})
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "logs/service.log").write_text(f"patient {ERASED} erased on request\n", encoding="utf-8")


def _build_hardened(folder: Path, rows: Cohort, model: LogisticRegression) -> None:
    from cryptography.fernet import Fernet
    from skops.io import dumps

    records, key = Fernet.generate_key(), vault.random_key()
    vault.write_private(folder / "handover/scorer.skops", dumps(model))
    vault.write_private(folder / "keys/parameters.key", key)
    vault.write_private(folder / "vault/scorer.bin", vault.aes_gcm(key, _pickled(model)))
    vault.write_private(folder / "keys/records.key", records)
    vault.write_private(folder / "vault/records.bin", Fernet(records).encrypt(_records(rows)))
    tables.write_parquet(folder / "data/patients.parquet", tables.released("hardened", rows))
    certificates.write_private_ca(folder / "certs", *SERVICES)


def _pickled(model: LogisticRegression) -> bytes:
    import joblib

    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    return buffer.getvalue()


def _records(rows: Cohort) -> bytes:
    """The patients with names and exact ages, as CSV: what both states keep, and only encrypted."""
    columns, text = tables.released("published", rows), io.StringIO()
    csv.writer(text).writerows([list(columns), *zip(*columns.values(), strict=True)])
    return text.getvalue().encode()
