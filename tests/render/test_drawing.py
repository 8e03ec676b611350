from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_audit.facts.finding import Measured
from lepton_audit.render.drawing import WIDTH, drawing_of, scale_of


def drawn(build, value, operator, limit, **more):
    return drawing_of(build.measured("x", value, operator, limit, "fail", **more))


def test_a_floor_is_met_to_the_right_of_its_limit(build):
    d = drawn(build, 0.414, "min", 0.6, unit="ratio", low=0.371, high=0.458)
    assert (float(d.good_from), float(d.good_width)) == pytest.approx((0.6 * WIDTH, 0.4 * WIDTH))
    assert float(d.point) == pytest.approx(0.414 * WIDTH, abs=0.06)
    assert (float(d.low), float(d.high)) == pytest.approx((0.371 * WIDTH, 0.458 * WIDTH), abs=0.06)


def test_a_ceiling_is_met_to_the_left_of_its_limit(build):
    d = drawn(build, 8.9954, "max", 1.0)
    assert float(d.good_from) == 0
    assert float(d.good_width) == float(d.limit) < float(d.point)


def test_an_unbounded_value_has_no_point(build):
    d = drawn(build, "unbounded", "max", 1.0)
    assert d.point is None
    assert "unbounded" in d.says


@pytest.mark.parametrize(("value", "operator", "limit"), [(True, "min", 1), (3, "equals", 3), (None, "max", 1), ("a", "max", 1), ([1, 2], "max", 1), (3, "max", True), (10**400, "max", 1)])  # fmt: skip
def test_what_is_no_number_beside_a_bound_is_not_drawn(build, value, operator, limit):
    assert drawn(build, value, operator, limit) is None


def test_numbers_close_together_are_seen_close_up():
    scale = scale_of([0.95, 0.952, 0.929, 0.969], "ratio")
    assert 0.85 <= scale.low < 0.929
    assert 0.969 < scale.high <= 1


def test_numbers_orders_apart_are_drawn_on_a_logarithmic_scale(build):
    d = drawn(build, 0.004, "max", 3650)
    assert d.end.endswith("(log)")
    assert 0 < float(d.point) < float(d.limit) < WIDTH


def test_the_drawing_says_in_words_what_it_shows(build):
    d = drawn(build, 0.414, "min", 0.6, unit="ratio", low=0.371, high=0.458, confidence=0.95, n=500)
    assert d.says == "0.414, 95 % interval 0.371 to 0.458, at least 0.6"


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=300, deadline=None)
@given(
    value=NUMBERS,
    limit=NUMBERS,
    width=st.floats(0, 1e6),
    operator=st.sampled_from(["min", "max"]),
    unit=st.sampled_from(["ratio", "rows"]),
)
def test_point_and_limit_lie_inside_and_in_their_order(value, limit, width, operator, unit):
    m = Measured(field="x", value=value, low=value - width, high=value + width, unit=unit, operator=operator, limit=limit, strength="proven", verdict="fail", because="")  # fmt: skip
    d = drawing_of(m)
    if d is None:
        return
    at = [float(x) for x in (d.point, d.limit, d.low, d.high, d.good_from, d.good_width)]
    assert all(math.isfinite(x) and 0 <= x <= WIDTH for x in at)
    assert at[2] <= at[0] <= at[3]
    assert (at[0] <= at[1]) if value <= limit else (at[0] >= at[1])
