"""Packed behaviour of many customers has the same features as each behaviour alone."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.segmentation.segment_model import FEATURE_NAMES, MONEY_FEATURES, Feature
from projections.customers.behaviour_figures import Behaviours, attributes, packed
from projections.customers.customer_behaviour import Behaviour, Spent, values
from tests.projections.customers.given_behaviours import DAY, behaviours

PLAIN = [Feature(name=name) for name in FEATURE_NAMES if name not in MONEY_FEATURES]
MONEY = [Feature(name=name, currency=currency) for name in sorted(MONEY_FEATURES) for currency in ("EUR", "JPY", "KWD")]
FEATURES = [*PLAIN, *MONEY, Feature(name="attribute:size"), Feature(name="attribute:vip")]


@settings(max_examples=60, deadline=None)
@given(some=st.lists(behaviours(), max_size=6), out=st.integers(0, 63))
def test_features_of_many_customers_are_those_of_each(some: list[Behaviour], out: int) -> None:
    states = attributes([one.dump() for one in some])
    without = np.array([out >> place & 1 for place in range(len(some))], dtype=bool)
    found = Behaviours(b"".join(map(packed, some)), states).without(without)
    others = [one for one, is_out in zip(some, without, strict=True) if not is_out]
    assert len(found) == len(others)
    for feature in FEATURES:
        expected = [values([feature], one, DAY)[0] for one in others]
        assert [None if isnan(value) else value for value in found.values(feature, DAY).tolist()] == expected, feature


def test_a_day_before_the_last_purchase_is_moved_to_it() -> None:
    later = Behaviour(purchases={"EUR": {(DAY + timedelta(days=5)).isoformat(): Spent(1, 100)}})
    [since] = Behaviours(packed(later)).values(Feature(name="days_since_last"), DAY)
    assert since == 0
    [age] = Behaviours(packed(later)).values(Feature(name="T"), date(2030, 1, 1))
    assert age == (date(2030, 1, 1) - DAY).days - 5
