"""Everything that is the same for all chunks of one look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lepton_audit import Effort, LookRefused, Model, Table
from lepton_robustness.evasion.drawing import Drawing, drawing
from lepton_robustness.evasion.ground import TOIL, Ground, Pool
from lepton_robustness.evasion.native import Kernel, Linear, surrogate
from lepton_robustness.evasion.opponent import observed, threat_of
from lepton_robustness.evasion.oracle import Labels, Oracle
from lepton_robustness.evasion.suite import suite
from lepton_robustness.evasion.threat import Floats
from lepton_robustness.evasion.words import AttackName, EvasionSettings

SAMPLES: dict[Effort, int | None] = {"quick": 200, "full": None}
LABELS_ONLY = 2
"""Where a model gives labels only, each sample costs a walk of some 300 single questions: with effort quick, half as many are drawn."""
POOL: dict[Effort, int] = {"quick": 1000, "full": 5000}
"""Rows whose answers are asked for, to know where the model says something else."""


@dataclass(frozen=True)
class Scene:
    """The drawn rows, the ground, and the attacks in force."""

    drawing: Drawing
    samples: int
    ground: Ground
    attacks: tuple[AttackName, ...]
    digest: str
    disagrees: bool
    """The framework's own object and the model gave different answers."""
    misled: float
    """Share of rows on which another class than the answered has the highest score."""
    immutable: int
    observed: int


def scene(model: Model, holdout: Table, settings: EvasionSettings, *, effort: Effort, seed: int) -> Scene:
    """The scene of a look. Raises LookRefused, LookFailed."""
    if not model.classes:
        raise LookRefused(
            f"the classes of model {model.name} are unknown", next_step="list them under the model's `classes`"
        )
    wanted = settings.max_samples or _usual(model, effort)
    drawn = drawing(model, holdout, most=wanted and max(wanted, POOL[effort]), seed=seed)
    oracle = Oracle(model, classes=len(model.classes))
    pool_x = drawn.x[: POOL[effort]]
    pool = Pool(pool_x, oracle.labels(pool_x))
    known, disagrees = _white_box(model, pool)
    ground = Ground(oracle, threat_of(model, drawn, settings), pool, known, TOIL[effort], seed)
    return Scene(
        drawing=drawn,
        samples=min(wanted or len(drawn.x), len(drawn.x)),
        ground=ground,
        attacks=suite(ground),
        digest=drawn.digest(settings.model_dump_json() + effort),
        disagrees=disagrees,
        misled=_misled(oracle, pool),
        immutable=sum(f.immutable for name, f in model.options.features.items() if name in drawn.names),
        observed=observed(model, drawn.names),
    )


def _usual(model: Model, effort: Effort) -> int | None:
    usual = SAMPLES[effort]
    return usual // LABELS_ONLY if usual and model.access == "labels" else usual


def _white_box(model: Model, pool: Pool) -> tuple[Linear | Kernel | None, bool]:
    """The white box where it answers as the model does on every row of the pool; whether it didn't."""
    if model.native is None or model.framework != "sklearn":
        return None, False
    known = surrogate(model.native, classes=model.classes, features=pool.x.shape[1])
    if known is None:
        return None, False
    agrees = bool((_labels(known, pool.x) == pool.labels).all())
    return (known if agrees else None), not agrees


def _labels(known: Linear | Kernel, x: Floats) -> Labels:
    if isinstance(known, Linear):
        return np.asarray(known.scores(x).argmax(axis=1), dtype=np.int64)
    return np.asarray(known.machine.predict((x - known.shift) / known.divide), dtype=np.int64)


def _misled(oracle: Oracle, pool: Pool) -> float:
    """The share (0 to 1) of the pool whose answer is not among the classes of the highest score."""
    if not oracle.scored:
        return 0.0
    scores = oracle.scores(pool.x)
    return float((scores[np.arange(len(scores)), pool.labels] < scores.max(axis=1)).mean())


def in_order(attacks: Sequence[AttackName], names: frozenset[AttackName]) -> list[int]:
    """Places of the named attacks."""
    return [place for place, name in enumerate(attacks) if name in names]
