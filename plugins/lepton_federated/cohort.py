"""How many participants a round has, and how many rounds there are.

Source: Flower 1.41, FedAvg.configure_train: it waits for `min_available_nodes`, then samples the larger of `min_train_nodes` and
`fraction_train` of the connected ones. Flower's older names: min_fit_clients, min_available_clients, fraction_fit.
"""

from __future__ import annotations

from lepton_federated.code.values import Atom, Made, constant
from lepton_federated.flower import Apps
from lepton_federated.mechanisms import WRAPPERS, library_object, numbers

SINGLE = frozenset({"FaultTolerantFedAvg", "QFedAvg"})
"""Older strategies whose minimum is one where nothing is stated."""
POSITIONS = {"fraction_train": 0, "min_train_nodes": 2, "min_available_nodes": 4}
OLDER = {
    "fraction_train": "fraction_fit",
    "min_train_nodes": "min_fit_clients",
    "min_available_nodes": "min_available_clients",
}


def minimum_clients(apps: Apps) -> int | None:
    """Fewest participants of a round, over all strategies that may run."""
    found = [_fewest(atom) for value in apps.strategies for atom in value]
    known = [one for one in found if one is not None]
    return min(known) if known and len(known) == len(found) else None


def _fewest(atom: Atom) -> int | None:
    made = _base(atom)
    if made is None:
        return None
    if made.name == "FedXgbCyclic":
        return 1
    share, trained, available = (
        _stated(made, name) for name in ("fraction_train", "min_train_nodes", "min_available_nodes")
    )
    if not share or not trained or not available:
        return None
    return max(
        0,
        min(
            max(int(least), int(least_there * part)) for part in share for least in trained for least_there in available
        ),
    )


def _base(atom: Atom) -> Made | None:
    """The strategy that samples: below every wrapper."""
    made = library_object(atom)
    while made is not None and WRAPPERS.fullmatch(made.name):
        inner = made.given("strategy", 0) or frozenset()
        made = library_object(next(iter(inner))) if len(inner) == 1 else None
    return (
        made
        if made is not None
        and made.callee.startswith("flwr.")
        and made.name.startswith(("Fed", "Krum", "MultiKrum", "Bulyan", "QFed", "Fault"))
        else None
    )


def _stated(made: Made, name: str) -> list[float] | None:
    """What the strategy's argument may be; Flower's default where it is absent."""
    older = "server.strategy" in made.callee
    value = made.given(OLDER[name]) if older else made.given(name, POSITIONS[name])
    default = 1.0 if name == "fraction_train" else 1 if made.name in SINGLE else 2
    return numbers(value if value is not None else constant(default))


def fraction_train(apps: Apps) -> float | None:
    """Largest share of the connected participants that trains in a round."""
    bases = [_base(atom) for value in apps.strategies for atom in value]
    shares = [_stated(made, "fraction_train") if made else None for made in bases]
    return max(max(one) for one in shares if one) if shares and all(shares) else None


def rounds(apps: Apps) -> int | None:
    """Most rounds of a run."""
    found = [numbers(value) for value in apps.rounds]
    return int(max(max(one) for one in found if one)) if found and all(found) else None
