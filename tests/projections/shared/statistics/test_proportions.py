"""Two proportions compared: against statsmodels, and the cases with known values."""

from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from projections.shared.ratios import wilson
from projections.shared.statistics.proportions import Share, log_ratio, newcombe, pooled_z, score
from tests.analytics_cases import case, needs_cases

SHARES = st.integers(1, 10**6).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n)))
PAIRS = [(56, 70, 48, 80), (1, 3, 0, 900), (25, 1_000, 310, 9_000), (5, 5, 0, 5), (20, 40, 20, 40), (1_234, 100_000, 1, 2)]


@needs_cases
def test_the_known_case_of_a_lift_of_conversion() -> None:
    known, one, other = case("1 lift of conversion"), Share(56, 70), Share(48, 80)
    tested = pooled_z(one, other)
    assert newcombe(one, other) == pytest.approx(known["newcombe"], abs=1e-9)
    assert tested == pytest.approx((known["z"], known["p"]), abs=1e-9)
    assert newcombe(Share(0, 10), Share(0, 20)) == pytest.approx(known["newcombe_of_none"], abs=1e-9)
    assert pooled_z(Share(0, 10), Share(0, 20)) is known["z_of_none"]


@pytest.mark.parametrize(("a", "n", "b", "m"), PAIRS)
def test_intervals_and_tests_are_those_of_statsmodels(a: int, n: int, b: int, m: int) -> None:
    one, other = Share(a, n), Share(b, m)
    expected = confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff")
    assert newcombe(one, other) == pytest.approx(expected, abs=1e-9)
    assert pooled_z(one, other) == pytest.approx(proportions_ztest([a, b], [n, m]), rel=1e-9)
    if a and b:
        assert log_ratio(one, other) == pytest.approx(
            confint_proportions_2indep(a, n, b, m, method="log", compare="ratio"), rel=1e-9
        )


@settings(max_examples=100, deadline=None)
@given(one=SHARES, other=SHARES)
def test_an_interval_contains_its_difference_and_turns_round_with_it(one: Share, other: Share) -> None:
    low, high = newcombe(one, other)
    assert -1 - 1e-12 <= low <= one.rate - other.rate + 1e-12
    assert one.rate - other.rate - 1e-12 <= high <= 1 + 1e-12
    assert newcombe(other, one) == pytest.approx((-high, -low), abs=1e-12)
    tested, turned = pooled_z(one, other), pooled_z(other, one)
    assert (tested is None) == (turned is None)
    if tested and turned:
        assert turned == pytest.approx((-tested.statistic, tested.p_value))


def test_there_is_nothing_to_test_if_nobody_or_everybody_has_the_event() -> None:
    assert pooled_z(Share(0, 5), Share(0, 7)) is None
    assert pooled_z(Share(5, 5), Share(7, 7)) is None


def test_a_ratio_without_events_has_no_interval() -> None:
    assert log_ratio(Share(0, 5), Share(1, 7)) is None
    assert log_ratio(Share(1, 5), Share(0, 7)) is None


@pytest.mark.parametrize(("events", "n"), [(0, 1), (1, 1), (3, 7), (999_999, 1_000_000)])
def test_the_score_interval_is_that_of_rates(events: int, n: int) -> None:
    interval = wilson(events, n)
    assert score(Share(events, n)) == pytest.approx((float(interval.low or 0), float(interval.high or nan)), abs=1e-11)
