"""Ratios, and the intervals of proportions."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from api.shared import encoding
from projections.shared.figures import plain, significant
from projections.shared.ratios import proportion, ratio, wilson


@settings(max_examples=50, deadline=None)
@given(counts=st.integers(1, 10**6).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_the_interval_of_a_proportion_is_wilsons(counts: tuple[int, int]) -> None:
    expected = binomtest(*counts).proportion_ci(0.95, "wilson")
    found = wilson(*counts)
    assert found.low is not None
    assert found.high is not None
    assert (float(found.low), float(found.high)) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= found.low <= Decimal(counts[0]) / counts[1] <= found.high <= 1


def test_a_proportion_without_trials_or_above_one_has_no_interval() -> None:
    for found in (
        proportion(0, 0, "1", "a / b", "none"),
        proportion(3, 2, "1", "a / b", "none"),
        ratio(1, 2, "1", "a / b", ""),
    ):
        assert "interval" not in msgspec.to_builtins(found)


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (Decimal(0), Decimal("12.50"), "0"),
        (Decimal("0.00"), Decimal("12.50"), "0"),
        (1, 10**7, "0.0000001"),
        (2, 3 * 10**8, "0.00000000666666666667"),
        (2, 3, "0.666666666667"),
        (Decimal("57.00"), 2, "28.50"),
        (Decimal(10**15), Decimal("0.5"), "2000000000000000"),
        (Decimal(10**14), 3, "33333333333300"),
        (Decimal("1.7E+300"), 2, "85" + "0" * 298),
        (1, Decimal("1E+300"), f"0.{'0' * 299}1"),
    ],
)
def test_a_quotient_has_twelve_significant_digits_and_no_exponent(numerator: Decimal, denominator: Decimal, text: str) -> None:
    found = ratio(numerator, denominator, "1", "a / b", "")
    assert str(found.value) == text
    assert encoding.plain(found)["value"] == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_a_rounded_number_is_nearly_the_same_and_its_text_is_plain(value: Decimal) -> None:
    found = significant(value)
    assert "E" not in str(found)
    assert abs(found - value) <= abs(value) * Decimal("5E-12")
    assert plain(found) == found
