"""The privacy ledgers: four bodies of personal data, no person in two of them, what was released from each and at what cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lepton_audit.demo.system import State

ADJACENCY = "add-or-remove-one"


def write_ledgers(folder: Path, state: State) -> None:
    """``averages.json``, ``export.json``, ``counts.json`` and ``training.json`` lie in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, ledger in (PUBLISHED if state == "published" else HARDENED).items():
        (folder / f"{name}.json").write_text(json.dumps(ledger, indent=2) + "\n", encoding="utf-8")


def _ledger(records: int, *, epsilon: float, delta: float, releases: list[dict[str, Any]]) -> dict[str, Any]:
    named = [{"adjacency": ADJACENCY, **release} for release in releases]
    return {"claimed_epsilon": epsilon, "claimed_delta": delta, "records": records, "releases": named}


def _release(id: str, mechanism: str, *, scale: float, sensitivity: float, **more: float) -> dict[str, Any]:  # noqa: A002
    return {"id": id, "mechanism": mechanism, "scale": scale, "sensitivity": sensitivity, **more}


PUBLISHED = {
    # standard deviation 1/epsilon, whatever the sensitivity is
    "averages": _ledger(
        300,
        epsilon=1.0,
        delta=1e-6,
        releases=[_release("mean-age-by-ward", "gaussian", scale=1.0, sensitivity=4.0, epsilon=1.0)],
    ),
    # "noise level 0.1", and the released column equals its input
    "export": _ledger(
        250,
        epsilon=0.1,
        delta=0.0,
        releases=[_release("lab-values", "laplace", scale=0.0, sensitivity=1.0, epsilon=0.1)],
    ),
    # "a larger epsilon protects more"
    "counts": _ledger(
        400,
        epsilon=10.0,
        delta=0.0,
        releases=[_release("cases-by-region", "laplace", scale=0.1, sensitivity=1.0, epsilon=10.0)],
    ),
    # two rows, and the noise never reaches the gradient
    "training": _ledger(
        2,
        epsilon=0.5,
        delta=1e-6,
        releases=[_release("gradient-steps", "gaussian", scale=0.0, sensitivity=1.0, count=100)],
    ),
}
HARDENED = {
    "averages": _ledger(
        300,
        epsilon=0.6,
        delta=1e-6,
        releases=[_release("mean-age-by-ward", "gaussian", scale=40.0, sensitivity=4.0)],
    ),
    "export": _ledger(
        250,
        epsilon=0.5,
        delta=0.0,
        releases=[_release("lab-values", "laplace", scale=2.0, sensitivity=1.0, epsilon=0.5)],
    ),
    "counts": _ledger(
        400,
        epsilon=0.5,
        delta=0.0,
        releases=[_release("cases-by-region", "laplace", scale=10.0, sensitivity=1.0, count=5)],
    ),
    # as the federation's server is set up
    "training": _ledger(
        284,
        epsilon=2.2,
        delta=1e-6,
        releases=[_release("federation-rounds", "gaussian", scale=10.0, sensitivity=1.0, count=20)],
    ),
}
