"""A segment report over columns, against the figures of each customer alone, in portions, with merged and erased customers."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import fsum
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.segmentation.segment_model import Feature
from projections.customers.customer_behaviour import Behaviour
from projections.customers.customer_features import customer_features, stored
from projections.customers.customers import customers
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import Known, ended_days, known, model_states
from projections.segmentation.segment_moves import seen
from projections.segmentation.segment_report import mean_of, report
from projections.shared.figures import significant
from projections.shared.rows import Rows
from tests.benchmarks.reports.segments import DAY, MODEL, model_of
from tests.projections.customers.given_behaviours import behaviours
from tests.projections.harness import in_memory, uuid
from tests.projections.measured import value

ENDED = DAY + timedelta(days=1)
FEATURES = [
    [Feature(name="orders"), Feature(name="days_since_last"), Feature(name="monetary", currency="EUR")],
    [Feature(name="total", currency="KWD"), Feature(name="attribute:size")],
    [Feature(name="T"), Feature(name="recency"), Feature(name="touches")],
]


@settings(max_examples=40, deadline=None)
@given(
    some=st.lists(st.none() | behaviours(), max_size=10),
    features=st.sampled_from(FEATURES),
    merged=st.booleans(),
    active=st.booleans(),
)
def test_the_figures_are_those_of_each_customer(
    some: list[Behaviour | None], features: list[Feature], merged: bool, active: bool
) -> None:
    model = model_of(features, active=active)
    with in_memory(segment_labels) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr("projections.shared.vectors.ROWS", 3)
        rows = Rows(connection)
        rows.insert(model_states, [{"model_id": MODEL, "position": 1, "state": msgspec.json.encode(model).decode()}])
        rows.insert(ended_days, [{"position": 2, "day": ENDED}])
        rows.insert(customer_features, [_row(number, one) for number, one in enumerate(some)])
        if merged and len(some) > 1:
            empty = dict.fromkeys(column.name for column in customers.c)
            rows.insert(customers, [empty | _customer(number, 0 if number == 1 else None) for number in range(len(some))])
        now = known(connection)
        found = report(connection, now.models[MODEL])
    expected, lacking = _recomputed(some, model, now, merged=merged and len(some) > 1) if active else ({}, {})
    assert {tuple(one.group["missing"]): one.measures["customers"].value for one in found.unlabelled} == lacking
    assert found.as_of == ENDED
    for cluster, group in enumerate(found.groups):
        assert group.group["cluster"] == cluster
        columns = expected.get(cluster, [])
        assert value(group, "customers") == len(columns)
        for place, feature in enumerate(features):
            mean, values = group.measures[mean_of(feature.label)], [column[place] for column in columns]
            total = Decimal(repr(fsum(values)))
            assert (mean.numerator, mean.denominator, mean.n) == (total, len(values), len(values))
            if values:
                assert mean.value == significant(total / len(values))
            else:
                assert (mean.value, mean.reason) == (None, "nobody is in the cluster")


def _recomputed(some: list[Behaviour | None], model: Any, now: Known, *, merged: bool) -> tuple[dict[int, Any], dict[Any, int]]:
    alone = list(some)
    if merged:
        first, second = alone[:2]
        if first is not None and second is not None:
            first.add(second)
        alone = [first, *alone[2:]]
    clusters: dict[int, list[Any]] = defaultdict(list)
    lacking: dict[Any, int] = defaultdict(int)
    for behaviour in alone:
        if behaviour is not None:
            one = seen(model, behaviour, now.ended)
            if one.cluster is None:
                lacking[tuple(one.missing)] += 1
            else:
                clusters[one.cluster].append(one.features)
    return clusters, lacking


def _row(number: int, behaviour: Behaviour | None) -> dict[str, Any]:
    return {"customer_id": uuid(number), "position": number, **stored(behaviour)}


def _customer(number: int, into: int | None) -> dict[str, Any]:
    return {
        "customer_id": uuid(number),
        "position": number,
        "version": 1,
        "registered_at": datetime(2024, 3, 1, tzinfo=UTC),
        "search_name": "",
        "archived": False,
        "irregular": 0,
        "merged_into": None if into is None else uuid(into),
    }
