"""How many participants a round has, and how many rounds there are.

Source: Flower 1.41, FedAvg.configure_train: it samples the larger of `min_train_nodes` and `fraction_train` of the nodes that are connected
when the round begins, and only then waits for `min_available_nodes`: so `min_train_nodes` alone is certain. Older name: min_fit_clients.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lepton_federated.altered import SAMPLING, given_later, own, touched
from lepton_federated.code.interpreter import Set
from lepton_federated.code.values import Atom, Made, constant
from lepton_federated.flower import Apps
from lepton_federated.mechanisms import WRAPPERS, library_object, numbers

SAMPLERS = re.compile(r"Fed|QFed|Krum|MultiKrum|Bulyan|FaultTolerant")
SINGLE = frozenset({"FaultTolerantFedAvg", "QFedAvg"})
"""Older strategies whose minimum is one where nothing is stated."""
POSITIONS = {"fraction_train": 0, "min_train_nodes": 2}
BEFORE = 3
"""Arguments of QFedAvg before those of FedAvg."""
OLDER = {"fraction_train": "fraction_fit", "min_train_nodes": "min_fit_clients"}


def minimum_clients(apps: Apps) -> int | None:
    """Fewest participants of a round, over all strategies that may run."""
    found = [None if apps.replaced else fewest(atom, apps.altered) for value in apps.strategies for atom in value]
    known = [one for one in found if one is not None]
    return min(known) if known and len(known) == len(found) else None


def fewest(atom: Atom, settings: Sequence[Set]) -> int | None:
    """Fewest participants of a round of this strategy."""
    made = _base(atom, settings)
    if made is None:
        return None
    if made.name == "FedXgbCyclic":
        return 1
    stated = _stated(made, "min_train_nodes", settings)
    return int(min(stated)) if stated else None


def _base(atom: Atom, settings: Sequence[Set]) -> Made | None:
    """Flower's strategy that samples: below every wrapper, and not sampled in the project's own way."""
    own_way = own(atom, SAMPLING) or touched(settings, atom, SAMPLING)
    made = None if own_way else library_object(atom)
    if made is None or not made.callee.startswith("flwr."):
        return None
    if not WRAPPERS.fullmatch(made.name):
        return made if SAMPLERS.match(made.name) else None
    inner = made.given("strategy", 0) or frozenset()
    return _base(next(iter(inner)), settings) if len(inner) == 1 else None


def _stated(made: Made, name: str, settings: Sequence[Set]) -> list[float] | None:
    """What the strategy's argument may be, or was set to later; Flower's default where it is absent."""
    older = ".server.strategy" in made.callee
    position = POSITIONS[name] + (BEFORE if made.name == "QFedAvg" else 0)
    value = made.given(OLDER[name]) if older else made.given(name, position)
    default = 1.0 if name == "fraction_train" else 1 if older and made.name in SINGLE else 2
    later = given_later(settings, made, OLDER[name] if older else name)
    return numbers((value if value is not None else constant(default)) | later)


def fraction_train(apps: Apps) -> float | None:
    """Largest share of the connected participants that trains in a round."""
    bases = [None if apps.replaced else _base(atom, apps.altered) for value in apps.strategies for atom in value]
    shares = [_stated(made, "fraction_train", apps.altered) if made else None for made in bases]
    return max(max(one) for one in shares if one) if shares and all(shares) else None


def rounds(apps: Apps) -> int | None:
    """Most rounds of a run."""
    found = [numbers(value) for value in apps.rounds]
    return int(max(max(one) for one in found if one)) if found and all(found) else None
