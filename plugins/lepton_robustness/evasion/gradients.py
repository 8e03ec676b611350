"""FGSM and PGD by the Adversarial Robustness Toolbox, on models whose gradients it knows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lepton_robustness.evasion.ground import Ground, Prey, Tried
from lepton_robustness.evasion.native import Linear
from lepton_robustness.evasion.threat import Bools, Floats

PGD_STEP = 2.5
"""Step = 2.5 eps / steps, so that every point of the ball can be reached. Source: A. Madry et al., ICLR 2018, section 5."""


def fgsm(ground: Ground, prey: Prey) -> Tried:
    """One step along the gradient. Source: I. Goodfellow et al., ICLR 2015."""
    from art.attacks.evasion import FastGradientMethod

    known = _classifier(ground)
    attack = FastGradientMethod(known, norm=_order(ground), eps=ground.threat.eps, eps_step=ground.threat.eps)
    return _tried(ground, prey, known=known, attack=attack, steps=1)


def pgd(ground: Ground, prey: Prey) -> Tried:
    """Many projected steps along the gradient. Source: A. Madry et al., ICLR 2018."""
    from art.attacks.evasion.projected_gradient_descent.projected_gradient_descent_numpy import (
        ProjectedGradientDescentNumpy,
    )

    known, eps, steps = _classifier(ground), ground.threat.eps, ground.toil.pgd_steps
    attack = ProjectedGradientDescentNumpy(
        known, norm=_order(ground), eps=eps, eps_step=PGD_STEP * eps / steps, max_iter=steps, verbose=False
    )
    return _tried(ground, prey, known=known, attack=attack, steps=steps)


def _order(ground: Ground) -> float:
    return np.inf if ground.threat.norm == "linf" else 2


def _tried(ground: Ground, prey: Prey, *, known: Any, attack: Any, steps: int) -> Tried:  # ART has no types
    """True labels are given: by default ART would attack away from what the model predicts. It works in float32, in units of eps."""
    threat = ground.threat
    u = ((prey.x - threat.low) / threat.scale).astype(np.float32)
    truth = np.eye(ground.oracle.classes, dtype=np.float32)[prey.y]
    moved = attack.generate(u.copy(), y=truth.copy(), mask=threat.movable.astype(np.float32))
    points = threat.project(prey.x, prey.x + (moved.astype(np.float64) - u) * threat.scale)
    return Tried.of(points, spent=steps, blind=_blind(known.loss_gradient(u, truth), threat.movable))


def _blind(gradient: Floats, movable: Bools) -> Bools:
    seen = np.asarray(gradient, dtype=np.float64)[:, movable]
    blind: NDArray[np.bool_] = ~np.isfinite(seen).all(axis=1) | ~(seen != 0).any(axis=1)
    return blind


def _classifier(ground: Ground) -> Any:  # ART has no types
    """The model for ART, over u = (x - low) / scale, with the range always set: without it, ART leaves the box.

    ART refuses empty ranges; a feature that has one is masked, so any will do.
    """
    from art.estimators.classification.scikitlearn import ScikitlearnLogisticRegression

    from lepton_robustness.evasion.kernel_machine import KernelMachine

    threat, known = ground.threat, ground.surrogate
    span = np.where(threat.high > threat.low, threat.high - threat.low, threat.scale)
    clip = (np.zeros_like(span), span / threat.scale)
    if isinstance(known, Linear):
        return ScikitlearnLogisticRegression(_logistic(known, low=threat.low, scale=threat.scale), clip_values=clip)
    if known is None:
        raise TypeError("gradient attacks need a white box")
    affine = ((known.shift - threat.low) / threat.scale, known.divide / threat.scale)
    return KernelMachine(known.machine, clip_values=clip, preprocessing=affine)


def _logistic(known: Linear, *, low: Floats, scale: Floats) -> Any:  # scikit-learn has no types
    """Any linear classifier as a logistic regression over u: the same answers, and gradients that ART knows."""
    from sklearn.linear_model import LogisticRegression

    coef, intercept = known.coef * scale, known.intercept + known.coef @ low
    model = LogisticRegression()
    binary = len(coef) == 2  # noqa: PLR2004  # one row says it
    model.coef_ = coef[1:] - coef[:1] if binary else coef
    model.intercept_ = intercept[1:] - intercept[:1] if binary else intercept
    model.classes_, model.n_features_in_ = np.arange(len(coef)), coef.shape[1]
    return model
