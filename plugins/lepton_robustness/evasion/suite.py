"""Which attacks apply to a model, cheapest first."""

from __future__ import annotations

from lepton_robustness.evasion.boundary import hopskipjump
from lepton_robustness.evasion.climb import score_gradient
from lepton_robustness.evasion.closed_form import decides, linear
from lepton_robustness.evasion.gradients import fgsm, pgd
from lepton_robustness.evasion.ground import Attack, Ground
from lepton_robustness.evasion.native import Kernel, Linear
from lepton_robustness.evasion.neighbours import neighbours
from lepton_robustness.evasion.search import subset_search
from lepton_robustness.evasion.words import AttackName, Knowledge

ATTACKS: dict[AttackName, Attack] = {
    "linear": linear,
    "fgsm": fgsm,
    "pgd": pgd,
    "neighbours": neighbours,
    "subset-search": subset_search,
    "score-gradient": score_gradient,
    "hopskipjump": hopskipjump,
}
WHITE: frozenset[AttackName] = frozenset({"linear", "fgsm", "pgd"})
SLOPES: frozenset[AttackName] = WHITE | {"score-gradient"}
"""Attacks that go by gradients, given or estimated."""


def suite(ground: Ground) -> tuple[AttackName, ...]:
    """Gradients first where there are any, so that what only the others break tells of masked gradients."""
    if isinstance(ground.surrogate, Linear) and decides(ground.threat):
        return ("linear", "fgsm", "pgd")
    scored: tuple[AttackName, ...] = ("score-gradient",) if ground.oracle.scored else ()
    if isinstance(ground.surrogate, Linear):
        return ("linear", "fgsm", "pgd", "neighbours", "subset-search", *scored, "hopskipjump")
    if isinstance(ground.surrogate, Kernel):
        return ("fgsm", "pgd", *scored, "neighbours", "subset-search", "hopskipjump")
    return ("neighbours", "subset-search", *scored, "hopskipjump")


def knowledge(attack: AttackName, *, scored: bool) -> Knowledge:
    """What the attack asks of the model: the search builds on scores where there are some."""
    if attack in WHITE:
        return "gradients"
    guided = attack == "score-gradient" or (attack == "subset-search" and scored)
    return "scores" if guided else "labels"
