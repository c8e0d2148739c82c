"""A million customers with their behaviour, and the reports on segments."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from api.segmentation.fitting_libraries import FittingLibraries
from domain.segmentation.segment_model import Bins, Feature, Fitted, Quality
from projections.customers.customer_behaviour import Behaviour, Spent
from projections.customers.customer_features import customer_features, stored
from projections.customers.customers import customer_view, customers
from projections.segmentation import (
    customer_value,
    segment_drift,
    segment_explanation,
    segment_fitting,
    segment_flows,
    segment_report,
    segment_rule_answers,
    value_calibration,
    value_fitting,
)
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import LAST, Model, ended_days, known, model_states
from projections.segmentation.segment_moves import labels, past_labels
from projections.segmentation.segment_rule_labels import rule_labels
from projections.segmentation.segment_rules import Rule, rule_states
from projections.segmentation.value_fitting import Wanted
from projections.segmentation.value_models import Model as ValueModel
from projections.shared.rows import Row, Rows
from tests.benchmarks.reports.part import Part
from tests.domain.segmentation.given_values import FITTED

AT_ONCE = 20_000
DAY = date(2026, 3, 1)
AT = datetime(2026, 3, 1, tzinfo=UTC)
MODEL, RULE = UUID(int=1), UUID(int=2)
BEHAVIOURS = 20_000
VALUE = ValueModel(
    model_id=UUID(int=3),
    fit_position=1,
    fitted=msgspec.structs.replace(FITTED, currency="EUR", cut_off_day=DAY - timedelta(days=273)),
)
WANTED = Wanted("value", DAY, "EUR")
FEATURES = (Feature(name="orders"), Feature(name="days_since_last"), Feature(name="monetary", currency="EUR"))


def fill(connection: Connection, rows: int) -> None:
    """So many customers with their behaviour, half of them with a label by rule, and a model that labels all of them."""
    writing = Rows(connection)
    writing.insert(
        model_states, [{"model_id": MODEL, "position": 1, "state": msgspec.json.encode(model_of(FEATURES)).decode()}]
    )
    writing.insert(rule_states, [{"rule_id": RULE, "position": 1, "state": msgspec.json.encode(_rule()).decode()}])
    writing.insert(ended_days, [{"position": 2, "day": DAY}])
    all_rows = {
        customers: (_customer(number) for number in range(rows)),
        customer_features: _behaviours(rows),
        rule_labels: (_rule_label(number) for number in range(0, rows, 2)),
        labels: (_label(number) | {"distance": 1.0, "features": "[1.0,2.0,3.0]"} for number in range(rows)),
        past_labels: (_label(number) | {"since": 2, "until": 4} for number in range(0, rows, 3)),
    }
    for table, of_table in all_rows.items():
        while some := list(islice(of_table, AT_ONCE)):
            writing.insert(table, some)


def _id(number: int) -> UUID:
    return UUID(int=random.Random(number).getrandbits(128))


def _customer(number: int) -> Row:
    empty: Row = dict.fromkeys(column.name for column in customers.c)
    known = {"customer_id": _id(number), "position": number, "version": 1, "registered_at": AT, "kind": "person"}
    return empty | known | {"search_name": f"name {number}", "archived": False, "irregular": 0}


def _behaviours(count: int) -> Iterator[Row]:
    chance = random.Random(7)
    known = [_behaviour(chance) for _ in range(BEHAVIOURS)]
    values = [stored(one) for one in known]
    for number in range(count):
        yield {"customer_id": _id(number), "position": number, **values[chance.randrange(BEHAVIOURS)]}


def _behaviour(chance: random.Random) -> Behaviour:
    days = [DAY - timedelta(days=chance.randrange(700)) for _ in range(chance.randrange(7))]
    spent = {day.isoformat(): Spent(1, chance.randrange(100, 50_000)) for day in days}
    return Behaviour(purchases={"EUR": spent} if spent else {}, tickets=chance.randrange(4), touches=chance.randrange(20))


def _rule_label(number: int) -> Row:
    return {"customer_id": _id(number), "rule_id": RULE, "since": 3, "said_position": 1, "as_of": DAY, "facts": "[3.0]"}


def _label(number: int) -> Row:
    at = {"customer_id": _id(number), "model_id": MODEL, "since": 4 if number % 3 == 0 else 2, "fit_position": 1}
    return {**at, "cluster": number % 3, "missing": "[]", "as_of": DAY}


def model_of(features: Sequence[Feature], *, active: bool = True) -> Model:
    """A model of up to three features with three clusters."""
    length = len(features)
    fitted = Fitted(
        name="baseline",
        features=tuple(features),
        cut_off_position=1,
        cut_off_day=DAY,
        transform="log1p",
        mean=(1.0, 4.0, 5.0)[:length],
        scale=(0.5, 1.5, 0.8)[:length],
        centroids=((1.0, -1.0, 1.0)[:length], (0.0,) * length, (-1.0, 1.0, -1.0)[:length]),
        cluster_names=("1", "2", "3"),
        seed=1,
        customers=1,
        left_out=0,
        quality=Quality(inertia=0.0, silhouette=None, smallest_share=1.0),
    )
    at: dict[str, Any] = {"model_id": MODEL, "version": 2, "position": 1, "fit_position": 1}
    return Model(
        **at, fitted=fitted, cluster_names=fitted.cluster_names, active_since=AT if active else None, retired_since=None
    )


def _explained(connection: Connection) -> segment_explanation.Report:
    """As the route does: the libraries are loaded while customers are read."""
    libraries = FittingLibraries()
    libraries.load()
    return segment_explanation.report(connection, model_of(FEATURES), libraries.wait)


def _found(connection: Connection) -> Fitted:
    """As the route does: see `_explained`."""
    libraries = FittingLibraries()
    libraries.load()
    sample = segment_fitting.sample(connection, FEATURES, DAY)
    libraries.wait()
    return segment_fitting.fit(segment_fitting.Wanted("baseline", FEATURES, 3, "log1p"), sample, 1)


def _rule() -> Rule:
    at: dict[str, Any] = {"rule_id": RULE, "version": 1, "position": 1, "defined_position": 1, "said_position": 1}
    expression = msgspec.json.encode({"op": "compare", "feature": "orders", "is": ">=", "value": 3}).decode()
    return Rule(**at, said_on=DAY, name="often", rule=expression, priority=1, retired_since=None)


_BINS = Bins(edges=(1.0, 2.0, 4.0, 8.0), shares=(0.2,) * 5)
DRIFTING = model_of(FEATURES)
DRIFTING = msgspec.structs.replace(
    DRIFTING, fitted=msgspec.structs.replace(DRIFTING.fitted, bins=(_BINS,) * len(FEATURES), mix=(0.3, 0.3, 0.4))
)

PART = Part(
    read_models=(segment_labels, customer_view),
    fill=fill,
    reports={
        "segments": lambda connection: segment_report.report(connection, known(connection).models[MODEL]),
        "segments-by-rule": lambda connection: segment_rule_answers.report(connection, settled=LAST),
        # While a change of the rules has not reached the rows of all customers.
        "segments-by-rule-meanwhile": segment_rule_answers.report,
        "segment-flows": lambda connection: segment_flows.report(connection, MODEL, 3, LAST - 1),
        "segment-drift": lambda connection: segment_drift.report(connection, DRIFTING),
        "segment-explanation": _explained,
        "segment-fit": _found,
        "customer-value": lambda connection: customer_value.report(connection, VALUE, 365, "decile"),
        "value-calibration": lambda connection: value_calibration.report(connection, VALUE, DAY),
        "value-fit": lambda connection: value_fitting.fit(WANTED, value_fitting.sample(connection, WANTED), 1),
    },
)
