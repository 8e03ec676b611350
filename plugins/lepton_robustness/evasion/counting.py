"""One chunk: draw, ask, attack, count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from lepton_audit import LookFailed
from lepton_robustness.evasion.cascade import Fallen, cascade
from lepton_robustness.evasion.climb import DIRECTIONS
from lepton_robustness.evasion.ground import Prey
from lepton_robustness.evasion.neighbours import far
from lepton_robustness.evasion.setting_up import Scene, in_order
from lepton_robustness.evasion.suite import SLOPES
from lepton_robustness.evasion.twins import tested
from lepton_robustness.evasion.words import AttackTally, EvasionSettings, EvasionState

FIRST = 16
"""Rows of the first chunk; later ones are half of what is known, so that judging costs little beside looking."""
CELLS = 2**24
"""Numbers that the candidates of one chunk may be at once: 128 MB."""
SCOUTS = 8
"""Survivors of a chunk from which HopSkipJump walks though scores led the other attacks: do scores mislead?"""
SCOUTED = 64
"""Rows after which it is believed that they don't."""
CONTROLS = 6
"""Samples on which the attacks themselves are tested."""


def begun(scene: Scene, *, seed: int, resume: EvasionState | None) -> EvasionState:
    """Where to go on from. Raises LookFailed for a state of other rows or settings."""
    if resume is None:
        blank = tuple(AttackTally() for _ in scene.attacks)
        return EvasionState(seed=seed, drawing=scene.digest, attacks=blank, queries=scene.ground.oracle.queries)
    if resume.drawing != scene.digest or len(resume.attacks) != len(scene.attacks):
        raise LookFailed(
            "the stored state belongs to other rows or other settings",
            next_step="look anew, without the stored state",
        )
    return resume


def counted(scene: Scene, settings: EvasionSettings, *, state: EvasionState) -> EvasionState:
    """The state after the next chunk; the same whether or not the look was interrupted before it."""
    ground = scene.ground
    ground.oracle.queries = 0
    rows = np.arange(state.drawn, min(scene.samples, state.drawn + _size(scene, state.drawn)))
    with one_thread():
        x, y = scene.drawing.x[rows], scene.drawing.y[rows]
        first, second = ground.oracle.labels(x), ground.oracle.labels(x[::-1])[::-1]
        right = np.flatnonzero((first == y) & (second == y))
        left = np.full(len(rows), settings.max_queries or np.iinfo(np.int64).max // 2, dtype=np.int64)
        prey = Prey(x, y, rows, left).only(right)
        state = _controlled(scene, prey, state=state)
        fallen = cascade(
            ground,
            prey,
            attacks=scene.attacks,
            scouts=_scouts(scene, settings, state=state),
            tolerance=settings.masking_tolerance,
        )
        state = _fallen(scene, prey, fallen, state=state)
    return state.model_copy(
        update={
            "drawn": state.drawn + len(rows),
            "unstable": state.unstable + int((first != second).sum()),
            "queries": state.queries + ground.oracle.queries,
        }
    )


def _size(scene: Scene, drawn: int) -> int:
    """Rows of the next chunk."""
    width = max(scene.ground.toil.search_width, DIRECTIONS) * len(scene.drawing.names)
    return min(max(FIRST, drawn // 2), max(1, CELLS // width))


def _scouts(scene: Scene, settings: EvasionSettings, *, state: EvasionState) -> int:
    """How many that scores left standing are walked from: all, once such walks broke more than is tolerated."""
    walks = state.attacks[scene.attacks.index("hopskipjump")] if "hopskipjump" in scene.attacks else AttackTally()
    if walks.broken > settings.masking_tolerance * walks.tried:
        return scene.samples
    return SCOUTS if state.drawn < SCOUTED else 0


def _controlled(scene: Scene, prey: Prey, *, state: EvasionState) -> EvasionState:
    """Once, on the first prey: do the attacks break planted twins, and is there another answer anywhere?"""
    if state.controls or not len(prey):
        return state
    few = prey.only(np.arange(min(CONTROLS, len(prey))))
    planted, missed = tested(scene.ground, few, attacks=scene.attacks)
    reached = scene.ground.oracle.labels(far(scene.ground, few).points) != few.y
    return state.model_copy(
        update={
            "attacks": tuple(a.plus(b) for a, b in zip(state.attacks, planted, strict=True)),
            "missed_twins": missed,
            "controls": len(few),
            "reachable": int(reached.sum()),
        }
    )


def _fallen(scene: Scene, prey: Prey, fallen: Fallen, *, state: EvasionState) -> EvasionState:
    """The counts of a chunk's attacks."""
    threat, broken = scene.ground.threat, ~fallen.standing
    x, points = prey.x[broken], fallen.points[broken]
    masked = np.isin(fallen.by, _unled(scene)).sum()
    return state.model_copy(
        update={
            "correct": state.correct + len(prey),
            "broken": state.broken + int(broken.sum()),
            "attacks": tuple(a.plus(b) for a, b in zip(state.attacks, fallen.tallies, strict=True)),
            "changed": state.changed + int((x != points).sum()),
            "distance": state.distance + float(threat.distance(x, points).sum()),
            "blind": state.blind + int((fallen.blind & fallen.standing).sum()),
            "masked": state.masked + int(masked),
            "starved": state.starved + int((fallen.starved & fallen.standing).sum()),
        }
    )


def _unled(scene: Scene) -> list[int]:
    """Places of the attacks that follow no gradient and come after some that do: what they break was masked."""
    led = in_order(scene.attacks, SLOPES)
    return [i for i in range(len(scene.attacks)) if led and i > led[0] and i not in led]


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums over threads come in any order, and so do their last bits: one thread makes answers repeatable."""
    import joblib
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # has no types

    with threadpool_limits(limits=1), joblib.parallel_backend("sequential"):
        yield
