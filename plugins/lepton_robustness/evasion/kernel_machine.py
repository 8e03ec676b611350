"""The toolbox's support vector classifier with a right and fast gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from art.estimators.classification.scikitlearn import ScikitlearnSVC

from lepton_robustness.evasion.threat import Floats


class KernelMachine(ScikitlearnSVC):  # type: ignore[misc]  # ART has no types
    """ScikitlearnSVC with another `loss_gradient`.

    With three or more classes, ART 1.20.1 reads the weights of the other class's vectors from the wrong row of `dual_coef_` (its
    `class_gradient` reads the right one), so that PGD walks astray; and it loops over vectors in Python, which takes minutes.
    """

    def loss_gradient(self, x: Floats, y: Floats, **_: Any) -> Floats:
        """Gradient (n, d) of the loss that ScikitlearnSVC defines: the leads of the true class in all its pairs, summed.

        Source: B. Biggio et al., "Security Evaluation of Support Vector Machines in Adversarial Environments" (2014), equation 1.
        """
        z, truth = self._apply_preprocessing(x, y, fit=False)
        sign = 1.0 if truth.shape[1] == 2 else -1.0  # noqa: PLR2004  # ART's convention for two classes
        weights = sign * _pair_weights(self.model)[np.argmax(truth, axis=1)]
        gradient: Floats = self._apply_preprocessing_gradient(x, _through_kernel(self.model, z, weights=weights))
        return gradient


def _pair_weights(machine: Any) -> Floats:  # scikit-learn has no types
    """(classes, vectors): each vector's weight in the sum of a class's pairs. libsvm keeps, for a vector of class c, a row per other class."""
    owner = np.repeat(np.arange(len(machine.n_support_)), machine.n_support_)
    weights = np.zeros((len(machine.n_support_), len(owner)))
    for one in range(len(weights)):
        for other in range(len(weights)):
            if one != other:
                way = -1.0 if other < one else 1.0
                weights[one, owner == one] += way * machine.dual_coef_[other - (other > one), owner == one]
                weights[one, owner == other] += way * machine.dual_coef_[one - (one > other), owner == other]
    return weights


def _through_kernel(machine: Any, z: Floats, *, weights: Floats) -> Floats:  # scikit-learn has no types
    """Gradient (n, d) of the sum over vectors of weight * kernel(vector, z); a polynomial's without the factor gamma, as in ART."""
    vectors, gamma = machine.support_vectors_, machine._gamma  # noqa: SLF001  # as ART reads it
    if machine.kernel == "linear":
        pull: Floats = weights @ vectors
    elif machine.kernel == "poly":
        inner = gamma * (z @ vectors.T) + machine.coef0
        pull = (weights * machine.degree * inner ** (machine.degree - 1)) @ vectors
    else:
        squared = (z**2).sum(axis=1)[:, None] + (vectors**2).sum(axis=1) - 2 * (z @ vectors.T)
        near = weights * np.exp(-gamma * np.maximum(squared, 0.0))
        pull = -2 * gamma * (near.sum(axis=1)[:, None] * z - near @ vectors)
    return pull
