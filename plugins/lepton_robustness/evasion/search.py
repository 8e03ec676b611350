"""Random search over subsets of features: what works on trees, where gradients and boundary walks see nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_robustness.evasion.ground import Ground, Ints, Prey, Tried
from lepton_robustness.evasion.threat import Bools, Floats

STREAM = 1


@dataclass
class _Hunt:
    """Where the search for each prey (m,) stands."""

    best: Floats
    lead: Floats
    """Of the true class, at the best input; the lower, the nearer to an error."""
    least: Floats
    most: Floats
    open: Bools
    starved: Bools
    spent: Ints


def subset_search(ground: Ground, prey: Prey) -> Tried:
    """Rounds of candidates that change random subsets of features; where scores are known, the best candidate so far is built on.

    Source: the scheme of M. Andriushchenko et al., "Square Attack" (ECCV 2020), with features in place of squares.
    """
    m, never = len(prey), np.zeros(len(prey), dtype=bool)
    far = np.full(m, np.inf)
    hunt = _Hunt(prey.x.copy(), far.copy(), far.copy(), -far, ~never, never.copy(), np.zeros(m, dtype=np.int64))
    draws = [ground.draws(STREAM, int(row)) for row in prey.rows]
    for _ in range(ground.toil.search_rounds):
        hunt.starved |= hunt.open & (hunt.spent + _cost(ground) > prey.left)
        who = np.flatnonzero(hunt.open & ~hunt.starved)
        if not len(who):
            break
        _round(ground, prey, hunt=hunt, who=who, draws=draws)
    flat = (hunt.least == hunt.most) if ground.oracle.scored else never
    return Tried.of(hunt.best, spent=hunt.spent, starved=hunt.starved, flat=flat)


def _round(ground: Ground, prey: Prey, *, hunt: _Hunt, who: Ints, draws: list[np.random.Generator]) -> None:
    """One round for these prey."""
    width = ground.toil.search_width
    x = np.repeat(prey.x[who], width, axis=0)
    wanted = np.concatenate([_candidates(ground, prey.x[i], base=hunt.best[i], draws=draws[i]) for i in who])
    points = ground.threat.project(x, wanted)
    y = np.repeat(prey.y[who], width)
    answers = ground.oracle.labels(points)
    leads = _leads(ground, points, y=y, answers=answers).reshape(len(who), width)
    first, each = leads.argmin(axis=1), np.arange(len(who))
    better = leads[each, first] <= hunt.lead[who]
    hunt.best[who[better]] = points.reshape(len(who), width, -1)[each, first][better]
    hunt.lead[who[better]] = leads[each, first][better]
    hunt.least[who] = np.minimum(hunt.least[who], leads.min(axis=1))
    hunt.most[who] = np.maximum(hunt.most[who], leads.max(axis=1))
    wrong = (answers != y).reshape(len(who), width)
    broken, at = wrong.any(axis=1), wrong.argmax(axis=1)
    hunt.best[who[broken]] = points.reshape(len(who), width, -1)[each, at][broken]
    hunt.open[who] = ~broken
    if not ground.oracle.scored:
        hunt.best[who[hunt.open[who]]], hunt.lead[who] = prey.x[who[hunt.open[who]]], np.inf
    hunt.spent[who] += _cost(ground)


def _cost(ground: Ground) -> int:
    """Questions of one round for one prey: every candidate's label is asked, since scores may mislead."""
    return ground.toil.search_width * (2 if ground.oracle.scored else 1)


def _leads(ground: Ground, points: Floats, *, y: Ints, answers: Ints) -> Floats:
    """Lead of the true class; where only labels are known, just its sign."""
    return ground.oracle.margins(points, y) if ground.oracle.scored else np.where(answers == y, 1.0, -1.0)


def _candidates(ground: Ground, x: Floats, *, base: Floats, draws: np.random.Generator) -> Floats:
    """Candidates (width, d): subsets of all sizes, half of the values at the ends of their reach, half between."""
    width, free = ground.toil.search_width, np.flatnonzero(ground.threat.movable)
    low, high = (end[0] for end in ground.threat.box(x[None]))
    size = np.exp2(draws.random(width) * np.log2(len(free) + 1))
    chosen = draws.random((width, len(free))) * len(free) < size[:, None]
    chosen[np.arange(width), draws.integers(len(free), size=width)] = True
    share = draws.random((width, len(free)))
    share = np.where(draws.random((width, len(free))) < 0.5, np.rint(share), share)  # noqa: PLR2004  # half
    points = np.repeat(base[None], width, axis=0)
    points[:, free] = np.where(chosen, low[free] + share * (high - low)[free], points[:, free])
    return points
