"""What the ledger claims of single releases, beside what their noise costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from lepton_audit import Release
from lepton_privacy.accounting.closed import amplified, epsilon_of_one, gaussian
from lepton_privacy.accounting.costs import Cost, cost
from lepton_privacy.accounting.distribution import LONGEST, fits

RELATIVE = 1e-6
"""Claims are decimal, noise is binary: less is no difference."""


@dataclass(frozen=True)
class Claim:
    """One claim on noise, at the claim's own delta; none means 0."""

    release: Release
    cost: Cost | None
    """``None``: there is no noise."""
    least: float
    """Epsilon is surely not below it."""
    most: float
    """Epsilon is surely not above it."""

    @property
    def understated(self) -> bool:
        """The noise costs more than is claimed."""
        return self.least * (1 - RELATIVE) > _claimed(self.release)

    @property
    def overstated(self) -> bool:
        """The noise costs less than is claimed: no loss of privacy, but the sign of a rule turned upside down."""
        return self.most * (1 + RELATIVE) < _claimed(self.release)


def claims(releases: Iterable[Release]) -> list[Claim]:
    """Each claim on a release with noise that can be told."""
    known: dict[tuple[Cost, float], tuple[float, float]] = {}
    return [claim for release in releases if (claim := _claim(release, known)) is not None]


def inverted(found: Sequence[Claim]) -> int:
    """Claims that are lower than that of a release with less loss, or higher than that of one with more.

    Only like is compared with like: mechanism, adjacency, sampling and delta are the same.
    """
    alike = sorted((claim for claim in found if claim.cost), key=_place)
    return sum(_inverted(list(group)) for _, group in groupby(alike, key=_kind))


def _claim(release: Release, known: dict[tuple[Cost, float], tuple[float, float]]) -> Claim | None:
    """``known``: what equal noise was found to cost."""
    if release.mechanism in ("pure", "approximate") or release.epsilon is None:
        return None
    if release.scale == 0:
        return Claim(release, None, math.inf, math.inf)
    found = cost(release, release.adjacency)
    if found is None:
        return None
    at = (found, release.delta or 0.0)
    if at not in known:
        known[at] = _least(*at), epsilon_of_one(*at)
    return Claim(release, found, *known[at])


def _least(of_one: Cost, delta: float) -> float:
    """A lower bound on epsilon: the closed form where it is exact."""
    if not delta or not of_one.kind.startswith("discrete_"):
        return epsilon_of_one(of_one, delta)
    least = _least_discrete_laplace if of_one.kind == "discrete_laplace" else _least_discrete_gaussian
    return amplified(max(0.0, least(of_one, delta / of_one.sampling)), of_one.sampling)


def _least_discrete_laplace(of_one: Cost, delta: float) -> float:
    """From the outputs of greatest loss alone, whose probability is ``1 / (1 + e^-a)``."""
    return _least_from(of_one.loss, 1 / (1 + math.exp(-of_one.loss / of_one.sensitivity)), delta)


def _least_discrete_gaussian(of_one: Cost, delta: float) -> float:
    """From below by dp-accounting, where it can; from the output 0 alone, or close to the continuous noise, where it can't.

    Source: Canonne, Kamath, Steinke (2020), facts 17 and 18: the normaliser is at most ``1 + deviation sqrt(2 pi)``.
    """
    from dp_accounting.pld import privacy_loss_distribution as pld

    deviation = of_one.sensitivity / of_one.loss
    if delta >= 1:
        return 0.0
    if deviation > LONGEST:
        return gaussian(of_one.loss, delta) * (1 - 1 / LONGEST)
    if not fits(of_one):
        return _least_from(of_one.loss**2 / 2, 1 / (1 + deviation * math.sqrt(2 * math.pi)), delta)
    optimistic = pld.from_discrete_gaussian_mechanism(
        sigma=deviation, sensitivity=of_one.sensitivity, pessimistic_estimate=False
    )
    return float(optimistic.get_epsilon_for_delta(delta))


def _least_from(loss: float, probability: float, delta: float) -> float:
    """Epsilon is at least this, if outputs of that probability have that loss: ``delta >= p (1 - e^(epsilon - loss))``."""
    share = delta / probability
    return loss + math.log1p(-share) if share < 1 else 0.0


def _inverted(alike: list[Claim]) -> int:
    """By rising loss: claims below the highest of smaller losses, or above the lowest of greater ones."""
    wrong: set[int] = set()
    for order, sign in ((range(len(alike)), 1), (range(len(alike) - 1, -1, -1), -1)):
        reached = seen = -math.inf
        last = None
        for i in order:
            claimed = sign * _claimed(alike[i].release)
            if last != _loss(alike[i]):
                reached, last = seen, _loss(alike[i])
            seen = max(seen, claimed)
            if claimed < reached:
                wrong.add(i)
    return len(wrong)


def _claimed(release: Release) -> float:
    return release.epsilon or 0.0


def _loss(claim: Claim) -> float:
    return claim.cost.loss if claim.cost else math.inf


def _kind(claim: Claim) -> tuple[str, str, float, float]:
    release = claim.release
    return release.mechanism, release.adjacency, release.sampling, release.delta or 0.0


def _place(claim: Claim) -> tuple[tuple[str, str, float, float], float]:
    return _kind(claim), _loss(claim)
