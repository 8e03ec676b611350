"""What one release costs, in the form that the accountants add up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from lepton_audit import Release

Kind = Literal["laplace", "gaussian", "discrete_laplace", "discrete_gaussian", "response"]
Adjacency = Literal["add-or-remove-one", "replace-one"]
LEAST = 1e-12
"""A smaller loss counts as this one: dp-accounting's grids end in division by zero below it."""


@dataclass(frozen=True, order=True)
class Cost:
    """The loss of one draw."""

    kind: Kind
    loss: float
    """Sensitivity over scale, as real numbers; epsilon of a `response`."""
    sensitivity: int = 0
    """Of a discrete mechanism, whose outputs are whole numbers."""
    delta: float = 0.0
    """Of a `response`: the probability that it fails altogether."""
    sampling: float = 1.0
    """Poisson sampling rate; below one only under add-or-remove-one."""

    @property
    def pure(self) -> float | None:
        """Epsilon at delta 0 before sampling; ``None`` for a Gaussian, which has none."""
        return None if self.kind in ("gaussian", "discrete_gaussian") else self.loss


def adjacency_of(releases: Iterable[Release]) -> Adjacency:
    """The adjacency under which all of them can be composed.

    A release that protects against a replaced row says nothing of a row more or less, but one that protects against a row
    more or less also protects against both in turn: so one `replace-one` makes it the ledger's.
    """
    found = {release.adjacency for release in releases}
    return "replace-one" if "replace-one" in found else "add-or-remove-one"


def cost(release: Release, adjacency: Adjacency) -> Cost | None:
    """The loss of one draw under that adjacency; ``None`` if it has no finite bound, or none that can be told.

    Replacing a row is removing one and adding one. Noise: at most twice the sensitivity. A claim (epsilon, delta): twice
    epsilon, (1 + e^epsilon) delta. Sampling is ignored under `replace-one`, since both neighbours draw the same other rows.
    Source: Dwork and Roth (2014), section 2.3 and lemma 2.2 (group privacy); Balle, Barthe, Gaboardi (2018), sampling.
    """
    of_one = _response(release) if believed(release) else _noise(release)
    if of_one is None:
        return None
    if adjacency == "replace-one":
        of_one = replace(of_one, sampling=1.0)
        if release.adjacency == "add-or-remove-one":
            of_one = _of_two(of_one)
    return of_one if math.isfinite(of_one.loss) and of_one.delta < 1 else None


def believed(release: Release) -> bool:
    """Its epsilon is all that is told of it: there is no noise to compare it with."""
    return release.mechanism in ("pure", "approximate")


def counted(releases: Iterable[Release], adjacency: Adjacency) -> dict[Cost, int]:
    """Each different cost -> how often it was paid, in an order of its own: the order of the ledger doesn't matter."""
    draws: Counter[Cost] = Counter()
    for release in releases:
        found = cost(release, adjacency)
        if found is not None:
            draws[found] += release.count
    return dict(sorted(draws.items()))


def _noise(release: Release) -> Cost | None:
    scale, sensitivity = release.scale, release.sensitivity
    if scale is None or sensitivity is None or scale <= 0 or sensitivity <= 0:
        return None
    whole = math.ceil(sensitivity) if release.mechanism.startswith("discrete_") else 0
    loss = max((whole or sensitivity) / scale, LEAST) if scale else math.inf
    return Cost(_kind(release), loss, sensitivity=whole, sampling=release.sampling)


def _kind(release: Release) -> Kind:
    kinds: dict[str, Kind] = {
        "laplace": "laplace",
        "gaussian": "gaussian",
        "discrete_laplace": "discrete_laplace",
        "discrete_gaussian": "discrete_gaussian",
    }
    return kinds[release.mechanism]


def _response(release: Release) -> Cost | None:
    """What is claimed, and nothing if the release itself says that there is no noise."""
    epsilon, delta = release.epsilon, release.delta
    if release.scale == 0:
        return None
    if delta is None and release.mechanism == "pure":
        delta = 0.0
    if epsilon is None or delta is None or epsilon < 0 or not 0 <= delta < 1:
        return None
    return Cost("response", max(epsilon, LEAST), delta=delta, sampling=release.sampling)


def _of_two(of_one: Cost) -> Cost:
    delta = min(1.0, (1 + _exp(of_one.loss)) * of_one.delta) if of_one.delta else 0.0
    return replace(of_one, loss=2 * of_one.loss, sensitivity=2 * of_one.sensitivity, delta=delta)


def _exp(x: float) -> float:
    return math.exp(x) if x < math.log(1e300) else math.inf
