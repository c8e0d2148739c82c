"""Behaviour of any customer, with purchases in currencies with two, no and three decimals."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from projections.customers.customer_behaviour import Behaviour, Spent

DAY = date(2024, 3, 1)
_DAYS = st.integers(-400, 10).map(lambda days: (DAY + timedelta(days=days)).isoformat())
_SPENT = st.builds(Spent, st.integers(1, 3), st.integers(-(10**6), 10**9))
_NUMBERS = st.dictionaries(st.sampled_from(["size", "vip"]), st.integers(-5, 10**17) | st.floats(-1e9, 1e9) | st.booleans())


def behaviours() -> st.SearchStrategy[Behaviour]:
    return st.builds(
        Behaviour,
        purchases=st.dictionaries(
            st.sampled_from(["EUR", "JPY", "KWD"]), st.dictionaries(_DAYS, _SPENT, min_size=1, max_size=4), max_size=2
        ),
        tickets=st.integers(0, 9),
        touches=st.integers(-2, 9),
        numbers=_NUMBERS,
    )
