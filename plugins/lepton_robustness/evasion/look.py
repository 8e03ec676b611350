"""The probe `robustness.evasion`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lepton_audit import Effort, Model, Seconds, Sharper, Table, probe
from lepton_robustness.evasion.words import EvasionEvidence, EvasionSettings, EvasionState

if TYPE_CHECKING:
    import numpy as np


@probe(
    "robustness.evasion",
    version=2,
    seconds=Seconds(quick=120.0, full=7200.0),
    preload=("ibis", "art.attacks.evasion", "art.estimators.classification", "sklearn.pipeline"),
)
def evasion(  # noqa: PLR0917  # what a refinable probe is given
    model: Model,
    holdout: Table,
    settings: EvasionSettings,
    rng: np.random.Generator,
    effort: Effort = "quick",
    resume: EvasionState | None = None,
) -> Iterator[Sharper[EvasionEvidence, EvasionState]]:
    """Share of inputs that the model answers right and that no attack of a given size makes it answer wrong.

    What it does: draws distinct rows of the holdout at random, asks the model, and attacks each row that it answers right, the cheapest attack
    first, until one succeeds. Linear classifiers of scikit-learn, also behind scalers, meet an exact closed form, then FGSM and PGD of
    the Adversarial Robustness Toolbox; support vector machines meet FGSM and PGD, then what follows; everything else meets projections
    of other rows, a search over subsets of features, a climb along differences of scores, and the toolbox's HopSkipJump. Where scores led the
    others, with effort quick HopSkipJump walks from a few survivors first, and from all of them once it broke some. An adversarial
    example counts only if the model itself answers it wrongly, and if norm, ranges, whole-number and immutable features are kept. A row
    that is answered wrongly without an attack counts as not robust. Each interval is valid at any moment of stopping. The attacks are
    first tested on planted models with a known weakness; where they miss one, or where gradients vanish, the evidence says so as a doubt.

    Why it matters: a model of 95 % accuracy on clean data can be wrong on every input after a change that nobody sees.

    Source: N. Carlini et al., "On Evaluating Adversarial Robustness" (arXiv 1902.06705); Adversarial Robustness Toolbox 1.20.1; intervals:
    I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting" (JRSS B 86, 2024), after H. Robbins (1970).

    Known limits: unless `exact`, the value is an upper bound: a better attack may break more. The interval speaks of the population of
    whose distinct rows the holdout samples independently, and of these attacks; copies that differ in a last digit count as distinct. A
    server that remembers questions and answers near ones alike looks robust: from outside, its memory can't be told from a margin. A
    feature without a declared range may move between the holdout's minimum and maximum only. Relations between features (one-hot groups, sums) are not kept. Columns stored as whole
    numbers take fractions unless declared `integer`. With scale `raw` eps is in each feature's own unit: `range` or `std` suit tables.
    """
    from lepton_robustness.evasion.counting import begun, counted
    from lepton_robustness.evasion.setting_up import scene
    from lepton_robustness.evasion.telling import told

    seed = int(rng.integers(2**53)) if resume is None else resume.seed
    here = scene(model, holdout, settings, effort=effort, seed=seed)
    state = begun(here, seed=seed, resume=resume)
    if resume is not None and state.drawn >= here.samples:
        yield Sharper(told(here, settings, state=state), state, last=True)
    while state.drawn < here.samples:
        state = counted(here, settings, state=state)
        yield Sharper(told(here, settings, state=state), state, last=state.drawn >= here.samples)
