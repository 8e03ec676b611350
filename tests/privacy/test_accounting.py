"""The accountants against theorems, against each other, and against brute force on distributions of outputs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lepton_privacy.accounting.basic import basic
from lepton_privacy.accounting.claims import claims, inverted
from lepton_privacy.accounting.closed import amplified, epsilon_of_one, gaussian, gaussian_delta
from lepton_privacy.accounting.costs import Cost, adjacency_of, cost, counted
from lepton_privacy.accounting.distribution import distribution
from lepton_privacy.accounting.renyi import renyi
from lepton_privacy.accounting.totals import bounded, total
from scipy.stats import norm

from lepton_audit import Release

ADD, REPLACE = "add-or-remove-one", "replace-one"
DELTA = 1e-6


def release(mechanism="laplace", adjacency=ADD, **figures):
    return Release(id=figures.pop("id", "r"), mechanism=mechanism, adjacency=adjacency, **figures)


def by_brute_force(p, q, epsilon):
    """Hockey-stick divergence of two vectors of probabilities, both ways."""
    return max(np.maximum(p - math.exp(epsilon) * q, 0).sum(), np.maximum(q - math.exp(epsilon) * p, 0).sum())


def power(p, count):
    """The joint distribution of that many independent outputs."""
    joint = p
    for _ in range(count - 1):
        joint = np.outer(joint, p).ravel()
    return joint


def test_three_hundred_laplace_releases():
    draws = {Cost("laplace", 0.1): 300}
    assert basic(draws, DELTA) == pytest.approx(30.0)
    assert renyi(draws, DELTA) == pytest.approx(9.55, abs=0.01)
    assert distribution(draws, DELTA) == pytest.approx(8.995, abs=0.001)


@pytest.mark.parametrize("mu", [0.05, 0.3, 1.0, 4.0, 20.0])
@pytest.mark.parametrize("delta", [1e-9, 1e-6, 0.01])
def test_a_gaussian_costs_what_balle_and_wang_say(mu, delta):
    epsilon = gaussian(mu, delta)
    textbook = norm.cdf(mu / 2 - epsilon / mu) - math.exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu)
    assert textbook == pytest.approx(delta, rel=1e-4)
    assert distribution({Cost("gaussian", mu): 1}, delta) == pytest.approx(epsilon, rel=2e-3, abs=1e-3)
    assert distribution({Cost("gaussian", mu): 1}, delta) >= epsilon * (1 - 1e-9)


def test_many_gaussians_are_one_of_root_n_times_the_loss():
    """Dong, Roth, Su (2019), corollary 2: n draws of mu are one draw of mu sqrt(n)."""
    exact = gaussian(0.1 * 10, DELTA)
    found = distribution({Cost("gaussian", 0.1): 100}, DELTA)
    assert exact <= found <= exact + 1e-3


def test_a_gaussian_at_delta_zero_has_no_bound():
    draws = {Cost("gaussian", 0.1): 1}
    assert [f(draws, 0.0) for f in (basic, renyi, distribution)] == [math.inf] * 3


@pytest.mark.parametrize("count", [1, 2, 5, 10])
@pytest.mark.parametrize(("epsilon", "delta"), [(0.3, 0.0), (1.0, 0.01), (2.0, 0.2)])
def test_randomized_response_composes_as_its_outputs_do(count, epsilon, delta):
    """Kairouz, Oh, Viswanath (2015): four outputs; two of them give the table away."""
    stays = (1 - delta) / (1 + math.exp(-epsilon))
    p = np.array([delta, 0.0, stays, 1 - delta - stays])
    q = p[[1, 0, 3, 2]]
    draws = {Cost("response", epsilon, delta=delta): count}
    for at in (0.3, 0.9):
        found = distribution(draws, at)
        if math.isinf(found):
            assert 1 - (1 - delta) ** count > at
            continue
        assert by_brute_force(power(p, count), power(q, count), found) <= at + 1e-9
        if found > 0.01:
            assert by_brute_force(power(p, count), power(q, count), found - 0.005) > at
    assert basic(draws, 0.0) == pytest.approx(count * epsilon if not delta else math.inf)


@pytest.mark.parametrize("sampling", [1.0, 0.1])
@pytest.mark.parametrize(
    ("kind", "loss", "whole"),
    [
        ("discrete_laplace", 0.5, 1),
        ("discrete_laplace", 2.0, 3),
        ("discrete_gaussian", 0.5, 1),
        ("discrete_gaussian", 1.5, 3),
    ],
)
def test_discrete_noise_costs_what_its_probabilities_say(kind, loss, whole, sampling):
    scale = whole / loss
    x = np.arange(-400, 401)
    weights = np.exp(-np.abs(x) / scale) if kind == "discrete_laplace" else np.exp(-(x**2) / (2 * scale**2))
    q = weights / weights.sum()
    p = sampling * np.roll(q, whole) + (1 - sampling) * q
    of_one = Cost(kind, loss, sensitivity=whole, sampling=sampling)
    for delta in (1e-6, 1e-3):
        for found in (distribution({of_one: 1}, delta), epsilon_of_one(of_one, delta), renyi({of_one: 1}, delta)):
            assert by_brute_force(p, q, found) <= delta * (1 + 1e-6)
    tight = distribution({of_one: 1}, 1e-3)
    assert tight < 0.01 or by_brute_force(p, q, tight - 0.005) > 1e-3


@pytest.mark.parametrize(("kind", "loss"), [("laplace", 0.7), ("laplace", 3.0), ("gaussian", 0.8), ("gaussian", 2.5)])
@pytest.mark.parametrize("sampling", [1.0, 0.05])
def test_sampled_noise_costs_what_its_density_says(kind, loss, sampling):
    """The closed form against sums over a fine grid: a coarser view of the outputs never shows more."""
    edges = np.linspace(-60, 60, 1_200_001)
    density = np.exp(-np.abs(edges)) if kind == "laplace" else np.exp(-(edges**2) / 2)
    shifted = np.exp(-np.abs(edges - loss)) if kind == "laplace" else np.exp(-((edges - loss) ** 2) / 2)
    q, p = density / density.sum(), shifted / shifted.sum()
    p = sampling * p + (1 - sampling) * q
    for delta in (1e-5, 1e-2):
        exact = epsilon_of_one(Cost(kind, loss, sampling=sampling), delta)
        found = distribution({Cost(kind, loss, sampling=sampling): 1}, delta)
        assert by_brute_force(p, q, exact) == pytest.approx(delta, rel=1e-2) or exact == 0
        assert exact - 1e-6 <= found <= exact + 2e-3


COSTS = st.one_of(
    st.builds(Cost, st.just("laplace"), st.floats(1e-3, 3)),
    st.builds(Cost, st.just("gaussian"), st.floats(1e-3, 3)),
    st.builds(Cost, st.just("response"), st.floats(1e-3, 3), delta=st.sampled_from([0.0, 1e-9])),
    st.builds(Cost, st.just("discrete_laplace"), st.floats(0.01, 3), sensitivity=st.integers(1, 3)),
    st.builds(Cost, st.just("discrete_gaussian"), st.floats(0.01, 3), sensitivity=st.integers(1, 3)),
)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(draws=st.dictionaries(COSTS, st.integers(1, 40), min_size=1, max_size=4))
def test_the_distribution_is_never_much_above_the_cheaper_bounds(draws):
    """Rényi and basic composition are upper bounds: a sharper account may exceed them by its grid alone."""
    found = distribution(draws, DELTA)
    cheaper = min(renyi(draws, DELTA), basic(draws, DELTA))
    assert found <= cheaper * (1 + 1e-3) + 1e-3
    assert total(draws, DELTA).least <= cheaper
    alone = (
        max(epsilon_of_one(one, DELTA) for one in draws if one.kind in ("laplace", "gaussian", "response"))
        if any(one.kind in ("laplace", "gaussian", "response") for one in draws)
        else 0.0
    )
    assert found >= alone - 1e-6


@settings(max_examples=12, deadline=None, derandomize=True)
@given(mus=st.lists(st.floats(0.01, 2), min_size=1, max_size=4))
def test_gaussians_of_any_deviation_compose_exactly(mus):
    """Dong, Roth, Su (2019), corollary 2."""
    exact = gaussian(math.sqrt(math.fsum(mu**2 for mu in mus)), DELTA)
    draws = counted([release("gaussian", scale=1.0, sensitivity=mu) for mu in mus], ADD)
    assert exact - 1e-9 <= total(draws, DELTA).least <= exact + 5e-3


def test_more_releases_never_cost_less():
    found = [total({Cost("laplace", 0.2): n, Cost("gaussian", 0.1): n}, DELTA).least for n in (1, 3, 10, 100, 1000)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    "draws",
    [
        {Cost("gaussian", 1000.0): 1},
        {Cost("gaussian", 1e7): 3},
        {Cost("laplace", 1e6): 10},
        {Cost("response", 1e5, delta=1e-9): 2},
        {Cost("discrete_gaussian", 1e-6, sensitivity=1): 10},
        {Cost("discrete_laplace", 1e-7, sensitivity=1): 10},
        {Cost("laplace", 1e-3): 10**12},
        {Cost("gaussian", 1e-12): 2**53},
        {Cost("laplace", 0.1 + i / 1e4): 3 for i in range(2000)},
        {Cost("response", 1e-12): 1},
    ],
)
def test_extreme_ledgers_are_bounded_in_a_moment(draws):
    assert 0 <= total(draws, DELTA).least < math.inf


def test_training_with_sampled_gaussian_noise():
    """10,000 steps, noise 1.1, rate 0.01, delta 1e-5: Rényi accounting of sampled noise, as published, gives 5.6; this is sharper."""
    draws = {Cost("gaussian", 1 / 1.1, sampling=0.01): 10_000}
    import dp_accounting as dp
    from dp_accounting.rdp import rdp_privacy_accountant as rdp

    step = dp.PoissonSampledDpEvent(sampling_probability=0.01, event=dp.GaussianDpEvent(noise_multiplier=1.1))
    peer = rdp.RdpAccountant().compose(dp.SelfComposedDpEvent(step, 10_000)).get_epsilon(target_delta=1e-5)
    assert 0.8 * peer < distribution(draws, 1e-5) < peer


@pytest.mark.parametrize(("epsilon", "sampling"), [(0.5, 0.1), (800.0, 0.01), (1e4, 0.5), (3.0, 1.0)])
def test_sampling_amplifies_as_its_theorem_says(epsilon, sampling):
    found = amplified(epsilon, sampling)
    assert found == pytest.approx(
        np.logaddexp(math.log1p(-sampling) if sampling < 1 else -np.inf, math.log(sampling) + epsilon)
    )


# Adjacency


def test_one_replaced_row_makes_the_whole_ledger_speak_of_replaced_rows():
    assert adjacency_of([release(), release()]) == ADD
    assert adjacency_of([release(), release(adjacency=REPLACE)]) == REPLACE


@pytest.mark.parametrize("mechanism", ["laplace", "gaussian", "discrete_laplace", "discrete_gaussian"])
def test_noise_against_one_row_more_is_worth_half_against_a_replaced_one(mechanism):
    of_one = release(mechanism, scale=10.0, sensitivity=1.0, sampling=0.5)
    assert cost(of_one, ADD).loss == pytest.approx(0.1)
    assert cost(of_one, ADD).sampling == 0.5
    assert cost(of_one, REPLACE).loss == pytest.approx(0.2)
    assert cost(of_one, REPLACE).sampling == 1.0
    of_replaced = release(mechanism, adjacency=REPLACE, scale=10.0, sensitivity=1.0, sampling=0.5)
    assert (cost(of_replaced, REPLACE).loss, cost(of_replaced, REPLACE).sampling) == (0.1, 1.0)


def test_a_claim_is_converted_by_group_privacy():
    found = cost(release("approximate", epsilon=1.0, delta=1e-6), REPLACE)
    assert (found.loss, found.delta) == (2.0, pytest.approx((1 + math.e) * 1e-6))
    assert cost(release("approximate", epsilon=1000.0, delta=1e-6), REPLACE) is None


# Claims


def test_understated_overstated_and_inverted_claims_are_told_apart():
    honest = [release(id=f"h{e}", scale=1 / e, sensitivity=1.0, epsilon=e) for e in (0.1, 1.0, 5.0)]
    assert [(c.understated, c.overstated) for c in claims(honest)] == [(False, False)] * 3
    assert inverted(claims(honest)) == 0
    upside_down = [release(id=f"u{e}", scale=e, sensitivity=1.0, epsilon=e) for e in (0.1, 1.0, 5.0)]
    assert [(c.understated, c.overstated) for c in claims(upside_down)] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    assert inverted(claims(upside_down)) == 3


def test_a_gaussian_with_deviation_one_over_epsilon_and_no_delta_is_understated():
    assert [c.understated for c in claims([release("gaussian", scale=10.0, sensitivity=1.0, epsilon=0.1)])] == [True]


def test_the_classical_gaussian_claim_holds_below_one_and_not_far_above():
    def classical(epsilon):
        scale = math.sqrt(2 * math.log(1.25 / 1e-5)) / epsilon
        return release("gaussian", scale=scale, sensitivity=1.0, epsilon=epsilon, delta=1e-5)

    assert [c.understated for c in claims([classical(0.5), classical(0.99), classical(20.0)])] == [False, False, True]


@pytest.mark.parametrize("mechanism", ["discrete_laplace", "discrete_gaussian"])
@pytest.mark.parametrize("scale", [0.02, 2.0, 50.0, 1e6])
def test_a_claim_on_discrete_noise_is_understated_only_when_it_surely_is(mechanism, scale):
    of_one = cost(release(mechanism, scale=scale, sensitivity=1.0), ADD)
    enough = epsilon_of_one(of_one, DELTA)
    told = [
        release(mechanism, id=str(f), scale=scale, sensitivity=1.0, epsilon=f * enough, delta=DELTA) for f in (1.0, 0.3)
    ]
    assert claims(told)[0].understated is False
    if scale < 1e6:
        assert claims(told)[1].understated is True


def test_no_noise_understates_any_claim_and_missing_noise_none():
    assert claims([release(scale=0.0, sensitivity=1.0, epsilon=0.1)])[0].understated
    assert claims([release(sensitivity=1.0, epsilon=0.1), release("pure", epsilon=1.0)]) == []


def test_gaussian_delta_falls_with_epsilon():
    assert gaussian_delta(1.0, 0.5) > gaussian_delta(1.0, 1.0) > gaussian_delta(1.0, 5.0) >= 0


@pytest.mark.parametrize(
    ("epsilon", "told"), [(0.1 * 3, 0.3), (math.inf, "unbounded"), (1 + 1e-10, 1.000000001), (0.0, 0.0), (1e20, 1e20)]
)
def test_epsilon_is_rounded_up_but_not_for_a_floating_point_error(epsilon, told):
    assert bounded(epsilon) == told
