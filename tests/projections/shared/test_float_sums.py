"""Sums of floats by group, in portions: each is exactly what `math.fsum` says."""

from __future__ import annotations

from math import fsum, inf

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.shared.float_sums import FloatSums

FLOATS = st.floats(-1e300, 1e300, allow_subnormal=True) | st.integers(-(10**6), 10**6).map(lambda cents: cents / 100)
PORTIONS = st.lists(st.lists(st.tuples(FLOATS, st.integers(0, 2)), max_size=8), max_size=4)


@settings(max_examples=100, deadline=None)
@given(portions=PORTIONS)
def test_each_sum_is_rounded_once(portions: list[list[tuple[float, int]]]) -> None:
    sums = FloatSums(3)
    for portion in portions:
        groups = np.array([group for _, group in portion], dtype=np.int64)
        sums.add(np.array([value for value, _ in portion], dtype=float), groups)
    values = [[value for portion in portions for value, of in portion if of == group] for group in range(3)]
    assert sums.sums() == list(map(fsum, values))


def test_a_sum_beyond_the_largest_float_is_infinite() -> None:
    sums = FloatSums(3)
    sums.add(np.array([1.7e308, 1.7e308, -1.7e308, -1.7e308, 1.7e308, -1.7e308]), np.array([0, 0, 1, 1, 2, 2]))
    assert sums.sums() == [inf, -inf, 0.0]


def test_the_sum_of_a_million_amounts_is_exact() -> None:
    amounts = np.random.default_rng(3).integers(0, 10**7, 1_000_000) / 100
    sums = FloatSums(1)
    for portion in np.split(amounts, 4):
        sums.add(portion, np.zeros(len(portion), dtype=np.int64))
    assert sums.sums() == [fsum(amounts.tolist())]
