"""Sums and quantiles by group, checked against the same figures computed in whole numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.shared.grouped import QUANTILES, spreads


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**16), st.integers(0, 3)), max_size=30))
def test_sums_and_quantiles_are_exact(pairs: list[tuple[int, int]]) -> None:
    values = np.array([value for value, _ in pairs], dtype=np.int64)
    groups = np.array([group for _, group in pairs], dtype=np.int64)
    for group, spread in enumerate(spreads(values, groups, 4)):
        mine = sorted(value for value, of in pairs if of == group)
        assert (spread.values, spread.sum, spread.largest) == (len(mine), sum(mine), mine[-1] if mine else None)
        for name, (part, of) in QUANTILES.items():
            assert spread.quantiles[name] == ((_exact(mine, part, of), of) if mine else None)


def _exact(ordered: list[int], part: int, of: int) -> int:
    """`of` times the quantile at part/of."""
    place, rest = divmod((len(ordered) - 1) * part, of)
    return ordered[place] * of + ((ordered[place + 1] - ordered[place]) * rest if rest else 0)
