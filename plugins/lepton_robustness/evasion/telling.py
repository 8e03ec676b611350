"""From counts to evidence."""

from __future__ import annotations

from lepton_audit import Estimate
from lepton_robustness.evasion.closed_form import decides
from lepton_robustness.evasion.doubts import doubts
from lepton_robustness.evasion.interval import share
from lepton_robustness.evasion.native import Linear
from lepton_robustness.evasion.setting_up import Scene
from lepton_robustness.evasion.suite import knowledge
from lepton_robustness.evasion.words import Attempts, EvasionEvidence, EvasionSettings, EvasionState, Knowledge

STRONGEST: tuple[Knowledge, ...] = ("gradients", "scores", "labels")


def told(scene: Scene, settings: EvasionSettings, *, state: EvasionState) -> EvasionEvidence:
    """What the counts so far testify."""
    ground, confidence = scene.ground, settings.confidence
    attempts, exact = _attempts(scene, state), _exact(scene, state)
    used = {a.knowledge for a in attempts}
    summary, clean = scene.drawing.summary, share(state.correct, state.drawn, confidence=confidence)
    changeable = int(ground.threat.movable.sum())
    return EvasionEvidence(
        robust_accuracy=share(state.correct - state.broken, state.drawn, confidence=confidence),
        clean_accuracy=clean,
        majority_share=summary.majority,
        clean_uplift=_over(clean, summary.majority),
        drawn=state.drawn,
        attacked=state.correct,
        broken=state.broken,
        rows=summary.rows,
        distinct_rows=summary.distinct,
        norm=settings.norm,
        eps=settings.eps,
        scale=settings.scale,
        attacks=scene.attacks,
        knowledge=next(k for k in STRONGEST if k in used),
        exact=exact,
        attempts=attempts,
        queries=state.queries,
        classes=ground.oracle.classes,
        features=len(scene.drawing.names),
        changeable=changeable,
        changeable_share=changeable / len(scene.drawing.names),
        immutable=scene.immutable,
        integer=int(ground.threat.integer.sum()),
        observed_ranges=scene.observed,
        mean_changed=state.changed / state.broken if state.broken else None,
        mean_distance=state.distance / state.broken if state.broken else None,
        blind=state.blind,
        masked=state.masked,
        starved=state.starved,
        unstable=state.unstable,
        missed_twins=state.missed_twins,
        controls=state.controls,
        reachable=state.reachable,
        doubts=tuple(doubts(state, settings, exact=exact, disagrees=scene.disagrees, misled=scene.misled)),
    )


def _over(accuracy: Estimate, constant: float) -> Estimate:
    """The estimate less a number that is known."""
    ends = {end: getattr(accuracy, end) - constant for end in ("value", "low", "high")}
    return accuracy.model_copy(update=ends)


def _attempts(scene: Scene, state: EvasionState) -> tuple[Attempts, ...]:
    scored = scene.ground.oracle.scored
    return tuple(
        Attempts(attack=name, knowledge=knowledge(name, scored=scored), **tally.model_dump())
        for name, tally in zip(scene.attacks, state.attacks, strict=True)
    )


def _exact(scene: Scene, state: EvasionState) -> bool:
    """The closed form applied, and nothing refuted it."""
    linear = isinstance(scene.ground.surrogate, Linear) and decides(scene.ground.threat)
    return linear and not any(tally.broken for tally in state.attacks[1:])
