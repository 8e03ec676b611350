"""Differential privacy and secure aggregation of a Flower project, as far as they are wired into its apps.

Source: Flower 1.41: mods of ClientApp, DifferentialPrivacy...Clipping strategies, SecAggPlusWorkflow; LocalDpMod adds noise of
sensitivity * sqrt(2 ln(1.25 / delta)) / epsilon (Dwork and Roth, The Algorithmic Foundations of Differential Privacy, theorem A.1).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lepton_federated.altered import INNER, given_later, own, touched
from lepton_federated.code.calls import library_bases
from lepton_federated.code.interpreter import Set
from lepton_federated.code.values import Atom, Bundle, Constant, Instance, Made, Named, Value, constant
from lepton_federated.flower import Apps
from lepton_federated.tristate import Known, worst

CLIPPING_MODS = {"ClientSideFixed": "fixedclipping_mod", "ClientSideAdaptive": "adaptiveclipping_mod"}
WRAPPERS = re.compile(r"DifferentialPrivacy(?:Server|Client)Side(?:Fixed|Adaptive)Clipping|DPFedAvg(?:Fixed|Adaptive)")
STARTING = re.compile("start")
DEFAULTS = {
    ("DPFedAvgFixed", "noise_multiplier"): 1.0,
    ("DPFedAvgAdaptive", "noise_multiplier"): 1.0,
    ("DPFedAvgAdaptive", "init_clip_norm"): 0.1,
    ("DifferentialPrivacyServerSideAdaptiveClipping", "initial_clipping_norm"): 0.1,
    ("DifferentialPrivacyClientSideAdaptiveClipping", "initial_clipping_norm"): 0.1,
}
"""What Flower takes where nothing is stated."""
SECURE_MODS = frozenset({"secaggplus_mod", "secagg_mod"})
SECURE_WORKFLOWS = frozenset({"SecAggPlusWorkflow", "SecAggWorkflow"})
OWN_NOISE = re.compile(
    r".*(?:laplace|gaussian|normal(?!i[sz])|noise|make_private|privacyengine|dpquery|differential).*", re.IGNORECASE
)
OWN_MASKS = re.compile(
    r".*(?:secagg|secure_?agg|mask|paillier|ckks|homomorphic|secret_?shar|additive_?shar).*", re.IGNORECASE
)


@dataclass(frozen=True)
class Noise:
    """What one mechanism adds."""

    known: Known
    multiplier: float | None = None
    norm: float | None = None
    epsilon: float | None = None
    delta: float | None = None


ABSENT = Noise(known=False)
UNTOLD = Noise(known=None)


def either(sightings: Iterable[Known]) -> Known:
    """True if any is, else unknown if any is, else False."""
    seen = list(sightings)
    return True if True in seen else None if None in seen else False


def numbers(value: Value | None) -> list[float] | None:
    """Every number that the value may be; None where one isn't known."""
    held = [atom.value for atom in value or () if isinstance(atom, Constant)]
    found = [float(one) for one in held if isinstance(one, int | float) and not isinstance(one, bool)]
    return found if value and len(found) == len(value) else None


def noise(apps: Apps) -> Noise:
    """The noise that every run gets: by the strategy, by a mod around training, or by both."""
    by_hand = [ABSENT] if apps.servers and not apps.strategies else []
    central = _weakest([_central(value, apps) for value in apps.strategies] + by_hand)
    local = _weakest([_local(value) for value in apps.mods])
    known = None if apps.replaced else either((central.known, local.known))
    if known is False and _own(apps, OWN_NOISE):
        known = None
    if known is not True:
        shown = central if central.multiplier is not None else local
        return Noise(known, shown.multiplier, shown.norm, local.epsilon, local.delta)
    certain = [one for one in (central, local) if one.known]
    multipliers = [one.multiplier for one in certain if one.multiplier is not None]
    norms = [one.norm for one in certain if one.norm is not None]
    return Noise(known, max(multipliers, default=None), max(norms, default=None), local.epsilon, local.delta)


def _weakest(found: list[Noise]) -> Noise:
    """The worst of the noises that different runs get."""
    known = worst(one.known for one in found)
    multipliers = [one.multiplier for one in found if one.multiplier is not None]
    untold = any(one.known is True and one.multiplier is None for one in found)
    return Noise(
        known,
        None if untold else min(multipliers, default=None),
        max((one.norm for one in found if one.norm is not None), default=None),
        max((one.epsilon for one in found if one.epsilon is not None), default=None),
        max((one.delta for one in found if one.delta is not None), default=None),
    )


def _own(apps: Apps, names: re.Pattern[str]) -> bool:
    """The apps reach something of the project's own, or of another library, that may do it."""
    return _named(apps.calls, apps.functions, names)


def library_object(atom: Atom) -> Made | None:
    """The library's object that the atom is, or that a class of the project is built on."""
    return atom if isinstance(atom, Made) else atom.base if isinstance(atom, Instance) else None


def _central(strategy: Value, apps: Apps) -> Noise:
    return _weakest([_of_strategy(atom, apps) for atom in strategy])


def _of_strategy(atom: Atom, apps: Apps) -> Noise:
    made = library_object(atom)
    if made is None or not made.callee.startswith("flwr.") or own(atom, INNER) or touched(apps.altered, atom, INNER):
        return UNTOLD
    if not WRAPPERS.fullmatch(made.name):
        return ABSENT
    from lepton_federated.cohort import fewest

    if own(atom, STARTING) or touched(apps.altered, atom, STARTING):
        return UNTOLD
    stated = {name: _stated(made, name, apps.altered) for name in _positions(made.name)}
    multiplier, norm = stated["noise_multiplier"], next(stated[name] for name in stated if "norm" in name)
    clipped = worst((_clipped(made.name, apps.mods), _each_clipped(made.name, apps)))
    adds = min(multiplier) > 0 if multiplier else None
    least = _effective(multiplier, stated["num_sampled_clients"], fewest(atom, apps.altered))
    return Noise(worst((adds, clipped)), least, max(norm) if norm else None)


def _positions(name: str) -> dict[str, int]:
    """Where a wrapper's constructor takes its numbers."""
    if name.startswith("DPFedAvg"):
        norm = "init_clip_norm" if "Adaptive" in name else "clip_norm"
        return {"num_sampled_clients": 1, norm: 2, "noise_multiplier": 3}
    if "Adaptive" in name:
        return {"noise_multiplier": 1, "num_sampled_clients": 2, "initial_clipping_norm": 3}
    return {"noise_multiplier": 1, "clipping_norm": 2, "num_sampled_clients": 3}


def _stated(made: Made, name: str, settings: Sequence[Set]) -> list[float] | None:
    value = made.given(name, _positions(made.name)[name])
    default = DEFAULTS.get((made.name, name))
    value = constant(default) if value is None and default is not None else value
    return None if value is None else numbers(value | given_later(settings, made, name))


def _effective(multiplier: list[float] | None, divisor: list[float] | None, sampled: int | None) -> float | None:
    """Smallest multiplier that a round gets.

    Flower adds noise of multiplier * norm / num_sampled_clients to a mean of the participants that were sampled, whose share is norm / sampled.
    Source: Flower 1.41, compute_stdev of flwr.common.differential_privacy.
    """
    if multiplier is None or min(multiplier) <= 0:
        return None if multiplier is None else min(multiplier)
    if not divisor or min(divisor) <= 0 or sampled is None:
        return None
    return min(multiplier) * min(1.0, sampled / max(divisor))


def _each_clipped(name: str, apps: Apps) -> Known:
    """A server that sees the masked sum only can't clip each participant's update."""
    if "ServerSide" not in name or not apps.workflows:
        return True
    secure = either(worst(map(_is_secure, value)) for value in apps.workflows)
    return None if secure is None else not secure


def _clipped(name: str, mods: list[Value]) -> Known:
    """A strategy that leaves clipping to the participants needs their mod."""
    wanted = next((mod for part, mod in CLIPPING_MODS.items() if part in name), None)
    return True if wanted is None else worst(has_mod(value, frozenset((wanted,))) for value in mods)


def alternatives(mods: Value) -> Iterator[Bundle | None]:
    """Each list of mods that there may be; None for one that isn't known."""
    for atom in mods:
        yield atom if isinstance(atom, Bundle) else Bundle(()) if atom == Constant(None, "NoneType") else None


def has_mod(mods: Value, names: frozenset[str]) -> Known:
    """One of the mods of these names is in every list that there may be."""
    return worst(_listed(bundle, names) for bundle in alternatives(mods))


def _listed(bundle: Bundle | None, names: frozenset[str]) -> Known:
    if bundle is None:
        return None
    each = [worst(_is_named(atom, names) for atom in item) for item in bundle.items]
    return either((*each, False if bundle.complete else None))


def _is_named(atom: Atom, names: frozenset[str]) -> Known:
    if isinstance(atom, Named):
        return atom.name.rpartition(".")[2] in names if atom.name.startswith("flwr.") else None
    return False if isinstance(atom, Made) and atom.callee.startswith("flwr.") else None


def _local(mods: Value) -> Noise:
    return _weakest([_of_list(bundle) for bundle in alternatives(mods)])


def _of_list(bundle: Bundle | None) -> Noise:
    if bundle is None:
        return UNTOLD
    found = [_weakest([_of_mod(atom) for atom in item]) for item in bundle.items]
    known = either((*(one.known for one in found), False if bundle.complete else None))
    strongest = next((one for one in found if one.multiplier is not None), ABSENT)
    return Noise(known, strongest.multiplier, strongest.norm, strongest.epsilon, strongest.delta)


def _of_mod(atom: Atom) -> Noise:
    if isinstance(atom, Named) and atom.name.startswith("flwr."):
        return ABSENT
    if not isinstance(atom, Made) or not atom.callee.startswith("flwr."):
        return UNTOLD
    if atom.name != "LocalDpMod":
        return ABSENT
    given = [
        numbers(atom.given(name, at)) for at, name in enumerate(("clipping_norm", "sensitivity", "epsilon", "delta"))
    ]
    if not all(given):
        return Noise(None, None, *(max(one) if one else None for one in (given[0], given[2], given[3])))
    norm, sensitivity, epsilon, delta = (one or [0.0] for one in given)
    deviation = _deviation(min(sensitivity), max(epsilon), max(delta))
    adds = None if deviation is None else deviation > 0
    return Noise(adds, None if deviation is None else deviation / max(norm), max(norm), max(epsilon), max(delta))


def _deviation(sensitivity: float, epsilon: float, delta: float) -> float | None:
    """Standard deviation that LocalDpMod adds; None where it would divide by zero."""
    if epsilon <= 0 or delta <= 0:
        return None
    return sensitivity * math.sqrt(max(0.0, 2 * math.log(1.25 / delta))) / epsilon


def own_noise(made: Iterable[Made], reached: Iterable[str]) -> Noise:
    """Noise outside Flower: noticed as unknown, or absent."""
    return UNTOLD if _named(made, reached, OWN_NOISE) else ABSENT


def own_masks(made: Iterable[Made], reached: Iterable[str]) -> Known:
    """Secure aggregation outside Flower: noticed as unknown, or absent."""
    return None if _named(made, reached, OWN_MASKS) else False


def _named(made: Iterable[Made], reached: Iterable[str], names: re.Pattern[str]) -> bool:
    called = [one.callee for one in made if not one.callee.startswith("flwr.")]
    return any(names.fullmatch(name) for name in (*called, *reached))


def secure_aggregation(apps: Apps) -> Known:
    """The protocol runs in every run: its workflow on the server, and its mod in every ClientApp."""
    if not apps.strategies and not apps.workflows and not apps.mods:
        return None
    server = worst([*(worst(map(_is_secure, value)) for value in apps.workflows), *([False] * apps.plain_runs)])
    client = worst(has_mod(value, SECURE_MODS) for value in apps.mods)
    known = worst((server, client))
    known = None if known and apps.replaced else known
    return None if known is False and _own(apps, OWN_MASKS) else known


def _is_secure(atom: Atom) -> Known:
    if isinstance(atom, Made):
        return atom.name in SECURE_WORKFLOWS
    if isinstance(atom, Instance):
        return True if {name.rpartition(".")[2] for name in library_bases(atom.of)} & SECURE_WORKFLOWS else None
    return False if atom == Constant(None, "NoneType") else None
