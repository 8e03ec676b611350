"""The interval: hand-computed edges, and coverage under constant peeking."""

from __future__ import annotations

import numpy as np
import pytest
from lepton_robustness.evasion.interval import share
from scipy.special import betaln


def test_the_interval_holds_exactly_the_shares_that_the_mixture_does_not_refute():
    found = share(37, 50, confidence=0.95)
    grid = np.linspace(1e-6, 1 - 1e-6, 200_001)
    martingale = betaln(38, 14) - 37 * np.log(grid) - 13 * np.log1p(-grid)
    kept = grid[martingale < np.log(1 / 0.05)]
    assert found.low == pytest.approx(kept[0], abs=1e-5)
    assert found.high == pytest.approx(kept[-1], abs=1e-5)
    assert (found.value, found.n, found.confidence) == (0.74, 50, 0.95)


def test_with_no_failure_the_lower_edge_is_the_one_computed_by_hand():
    # Uniform mixture of p^n is 1 / (n + 1); p is refuted when (1 / (n + 1)) / p^n >= 20, so p <= (20 (n + 1))^(-1 / n).
    found = share(30, 30, confidence=0.95)
    assert found.high == 1.0
    assert found.low == pytest.approx((31 * 20) ** (-1 / 30), rel=1e-12)
    mirrored = share(0, 30, confidence=0.95)
    assert (mirrored.low, mirrored.high) == (0.0, pytest.approx(1 - found.low, rel=1e-12))


def test_more_confidence_and_fewer_samples_widen_the_interval():
    usual, sure, few = share(80, 100, confidence=0.95), share(80, 100, confidence=0.99), share(8, 10, confidence=0.95)
    assert sure.low < usual.low < usual.high < sure.high
    assert few.low < usual.low
    assert usual.high < few.high


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9, 0.97])
def test_peeking_after_every_single_sample_excludes_the_truth_in_at_most_five_percent_of_runs(p):
    draws = np.random.default_rng(7).random((4000, 600)) < p
    ever_wrong = _ever_refuted(draws, p)
    assert ever_wrong <= 0.05


def test_a_peeked_at_wilson_interval_would_not_stand_that_test():
    draws = np.random.default_rng(7).random((2000, 600)) < 0.5
    n = np.arange(1, 601)
    mean = draws.cumsum(axis=1) / n
    z2 = 1.96**2
    half = 1.96 * np.sqrt(mean * (1 - mean) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    centre = (mean + z2 / (2 * n)) / (1 + z2 / n)
    assert (np.abs(0.5 - centre) > half).any(axis=1).mean() > 0.2


def _ever_refuted(draws, p):
    n = np.arange(1, draws.shape[1] + 1)
    s = draws.cumsum(axis=1)
    lead = betaln(s + 1, n - s + 1) - s * np.log(p) - (n - s) * np.log1p(-p)
    return (lead >= np.log(20)).any(axis=1).mean()


@pytest.mark.parametrize(("truth", "limit", "most"), [(0.9, 0.6, 30), (0.9, 0.7, 60), (0.9, 0.8, 250)])
def test_few_samples_decide_a_limit_that_is_far_from_the_truth(truth, limit, most):
    rng = np.random.default_rng(3)
    assert np.mean([_decided_after(rng.random(3000) < truth, limit) for _ in range(60)]) < most


def _decided_after(draws, limit):
    for n in range(1, len(draws) + 1):
        found = share(int(draws[:n].sum()), n, confidence=0.95)
        if found.low >= limit or found.high < limit:
            return n
    return len(draws)
