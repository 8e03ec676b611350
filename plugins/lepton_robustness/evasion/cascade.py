"""One attack after the other on what still stands; nothing counts that the model itself doesn't confirm."""

from __future__ import annotations

from collections.abc import Iterable
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


def cascade(ground: Ground, prey: Prey, *, attacks: Iterable[AttackName]) -> Fallen:
    """Every attack on the survivors of those before it."""
    m = len(prey)
    no = np.zeros(m, dtype=bool)
    fallen = Fallen(prey.x.copy(), np.full(m, -1), no.copy(), no.copy(), no.copy())
    left = prey.left.copy()
    for place, name in enumerate(attacks):
        who = np.flatnonzero(fallen.standing & (fallen.flat | _worthwhile(ground, name)))
        fallen.tallies.append(
            _assault(ground, replace(prey, left=left), fallen=fallen, who=who, place=place, name=name, left=left)
        )
    return fallen


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


def _worthwhile(ground: Ground, name: AttackName) -> bool:
    """Whether the attack is tried even where scores led the others. A property of effort and model alone, never of time."""
    return name != "hopskipjump" or ground.toil.boundary_always or not ground.oracle.scored
