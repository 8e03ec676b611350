"""One attack after the other on what still stands; nothing counts that the model itself doesn't confirm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from lepton_robustness.evasion.ground import Ground, Ints, Prey
from lepton_robustness.evasion.suite import ATTACKS
from lepton_robustness.evasion.threat import Bools, Floats
from lepton_robustness.evasion.words import AttackName, AttackTally


@dataclass
class Fallen:
    """What became of prey (m,)."""

    points: Floats
    """The adversarial example where broken, else the input itself."""
    by: Ints
    """Place of the attack that broke it; -1 where it stands."""
    starved: Bools
    blind: Bools
    """Its gradient was zero or not a number."""
    flat: Bools
    """Its scores never moved."""
    tallies: list[AttackTally] = field(default_factory=list)

    @property
    def standing(self) -> Bools:
        """(m,)"""
        return self.by < 0


def cascade(
    ground: Ground, prey: Prey, *, attacks: Iterable[AttackName], scouts: int = 0, tolerance: float = 0.0
) -> Fallen:
    """Every attack on the survivors of those before it.

    An attack that isn't worthwhile on all is tried on so many ``scouts``; where it breaks more than the tolerated share of them, scores
    misled the others, and it is tried on all.
    """
    m = len(prey)
    no = np.zeros(m, dtype=bool)
    fallen = Fallen(prey.x.copy(), np.full(m, -1), no.copy(), no.copy(), no.copy())
    left = prey.left.copy()
    for place, name in enumerate(attacks):
        tally = AttackTally()
        for who in _waves(ground, fallen, name=name, scouts=scouts):
            now = replace(prey, left=left)
            found = _assault(ground, now, fallen=fallen, who=who, place=place, name=name, left=left)
            tally = tally.plus(found)
            if found.broken <= tolerance * found.tried:
                break
        fallen.tallies.append(tally)
    return fallen


def _waves(ground: Ground, fallen: Fallen, *, name: AttackName, scouts: int) -> Iterator[Ints]:
    """Whom the attack is tried on first, and whom after that has succeeded."""
    standing = np.flatnonzero(fallen.standing)
    if worthwhile(ground, name):
        yield standing
        return
    flat = fallen.flat[standing]
    first = np.sort(np.concatenate([standing[flat], standing[~flat][:scouts]]))
    yield first
    yield np.setdiff1d(standing, first)


def _assault(
    ground: Ground, prey: Prey, *, fallen: Fallen, who: Ints, place: int, name: AttackName, left: Ints
) -> AttackTally:
    if not len(who):
        return AttackTally()
    now = prey.only(who)
    tried = ATTACKS[name](ground, now)
    allowed = ground.threat.allows(now.x, tried.points)
    broken = allowed & (ground.oracle.labels(np.where(allowed[:, None], tried.points, now.x)) != now.y)
    left[who] -= tried.spent
    fallen.starved[who] |= tried.starved
    fallen.blind[who] |= tried.blind
    fallen.flat[who] |= tried.flat
    fallen.points[who[broken]], fallen.by[who[broken]] = tried.points[broken], place
    return AttackTally(tried=len(who), broken=int(broken.sum()), rejected=int((~allowed).sum()))


def worthwhile(ground: Ground, name: AttackName) -> bool:
    """Whether the attack is tried even where scores led the others. A property of effort and model alone, never of time."""
    return name != "hopskipjump" or ground.toil.boundary_always or not ground.oracle.scored
