"""What the opponent may do: every projection is allowed, and the steepest step is the best that another solver finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lepton_robustness.evasion.threat import Threat
from scipy.optimize import LinearConstraint, NonlinearConstraint, milp, minimize


def drawn(seed, *, norm, d=5, n=4):
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.integers(-3, 6, size=d)
    integer = rng.random(d) < 0.3
    low, high = -size * rng.random(d), size * rng.random(d)
    x = rng.uniform(low, high, size=(n, d))
    x[:, integer] = np.rint(x[:, integer])
    movable = rng.random(d) < 0.8
    scale = size * rng.uniform(0.1, 1, size=d)
    return Threat(norm, float(rng.uniform(0.01, 3)), scale, low, high, movable, integer), x, rng


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), norm=st.sampled_from(["linf", "l2"]))
def test_whatever_is_wanted_its_projection_is_allowed(seed, norm):
    threat, x, rng = drawn(seed, norm=norm)
    wanted = x + rng.standard_normal(x.shape) * threat.scale * 10
    assert threat.allows(x, threat.project(x, wanted)).all()
    assert threat.allows(x, threat.steepest(x, rng.standard_normal(x.shape) / threat.scale)).all()
    assert threat.allows(x, x).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_what_leaves_the_ball_the_range_a_fixed_feature_or_the_whole_numbers_is_not_allowed(norm):
    movable, integer = np.array([True, True, False]), np.array([False, True, False])
    threat = Threat(norm, 1.0, np.ones(3), np.zeros(3), np.full(3, 10.0), movable, integer)
    x = np.full((1, 3), 9.0)
    for bad in ([7.9, 9, 9], [9, 9.5, 9], [9, 9, 9.1], [10.0001, 9, 9], [np.nan, 9, 9]):
        assert not threat.allows(x, np.array([bad])).any(), bad
    assert threat.allows(x, np.array([[8.0, 9, 9]])).all()
    assert threat.allows(x, np.array([[9.0, 10, 9]])).all()


@pytest.mark.parametrize("seed", range(12))
def test_the_steepest_step_in_linf_is_the_optimum_of_an_integer_program(seed):
    threat, x, rng = drawn(seed, norm="linf", n=1)
    direction = rng.standard_normal(5) / threat.scale
    ours = float((threat.steepest(x, direction[None])[0] - x[0]) @ direction)
    reach = np.where(threat.movable, threat.eps * threat.scale, 0)
    low, high = np.maximum(threat.low, x[0] - reach), np.minimum(threat.high, x[0] + reach)
    found = milp(
        -direction,
        integrality=threat.integer & threat.movable,
        bounds=_bounds(low, high),
        constraints=LinearConstraint(np.eye(5)),
    )
    assert ours == pytest.approx(-found.fun - x[0] @ direction, rel=1e-6, abs=1e-9)


def _bounds(low, high):
    from scipy.optimize import Bounds

    return Bounds(low, high)


@pytest.mark.parametrize("seed", range(8))
def test_the_steepest_step_in_l2_is_the_optimum_that_a_general_solver_finds(seed):
    rng = np.random.default_rng(seed)
    d = 4
    threat = Threat(
        "l2", 1.0, np.ones(d), np.full(d, -0.6), np.full(d, 0.6), np.ones(d, dtype=bool), np.zeros(d, dtype=bool)
    )
    x, direction = rng.uniform(-0.5, 0.5, size=d), rng.standard_normal(d)
    ours = float((threat.steepest(x[None], direction[None])[0] - x) @ direction)
    ball = NonlinearConstraint(lambda p: ((p - x) ** 2).sum(), -np.inf, 1.0)
    theirs = minimize(lambda p: -(p - x) @ direction, x, bounds=[(-0.6, 0.6)] * d, constraints=ball, method="SLSQP")
    assert ours == pytest.approx(-theirs.fun, rel=1e-5)
