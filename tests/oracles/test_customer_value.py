"""Predicted values of the CDNOW sample: fitted to its first 39 weeks as in the paper, and beside its other 39 weeks."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from domain.segmentation.value_model import Fitted
from projections.customers.customer_behaviour import Behaviour
from projections.customers.customer_features import customer_features, stored
from projections.segmentation import customer_value, value_calibration
from projections.segmentation.predicted_values import listing
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import ended_days
from projections.segmentation.value_fitting import Wanted, fit, sample
from projections.segmentation.value_models import Model
from projections.shared.figures import Interval, Measured
from projections.shared.rows import Rows
from tests.projections.harness import in_memory, uuid

DATA = Path(__file__).parents[1] / "data"
LINES = [line.split() for line in (DATA / "cdnow" / "CDNOW_sample.txt").read_text().splitlines()]
LIFETIMES: dict[str, Any] = json.loads((DATA / "oracles" / "value_by_lifetimes.json").read_text())
CUT_OFF, LAST = date(1997, 9, 30), date(1998, 6, 30)


def behaviours(until: date) -> dict[str, Behaviour]:
    found: dict[str, Behaviour] = defaultdict(Behaviour)
    for _, customer, day, _, spent in LINES:
        on = date.fromisoformat(day)
        if on <= until:
            found[customer].spend("USD", on, 1, int(Decimal(spent) * 100))
    return found


def keep(connection: Connection, known: dict[str, Behaviour]) -> None:
    rows = [{"customer_id": uuid(name), "position": 1, **stored(one)} for name, one in known.items()]
    Rows(connection).insert(customer_features, rows)


@pytest.fixture(scope="module")
def everything() -> Iterator[Connection]:
    with in_memory(segment_labels) as connection:
        keep(connection, behaviours(LAST))
        yield connection


@pytest.fixture(scope="module")
def fitted(everything: Connection) -> Fitted:
    wanted = Wanted("value", CUT_OFF)
    return fit(wanted, sample(everything, wanted), 1)


@pytest.fixture(scope="module")
def model(fitted: Fitted) -> Model:
    return Model(model_id=uuid("value"), fit_position=1, fitted=fitted)


def test_the_fit_is_that_of_fader_hardie_and_lee(fitted: Fitted) -> None:
    found = fitted.purchases
    assert [round(one, 3) for one in (found.r, found.alpha, found.a, found.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(found.log_likelihood, 1) == -9582.4
    assert (fitted.customers, fitted.currency, found.converged) == (2357, "USD", True)
    assert found.errors == pytest.approx((0.0518, 0.0857, 0.234, 0.291), rel=5e-3)


def test_the_fit_of_spend_is_that_of_lifetimes(fitted: Fitted) -> None:
    assert fitted.spend is not None
    expected = LIFETIMES["spend"]
    found = {name: getattr(fitted.spend, name) for name in ("p", "q", "v")}
    assert found == pytest.approx(expected, rel=1e-6)
    assert (fitted.spend.customers, fitted.spend.converged) == (LIFETIMES["spend_customers"], True)
    assert fitted.spend.correlation == pytest.approx(0.113884, abs=1e-5)


def test_parameters_in_days_are_those_in_weeks(everything: Connection, fitted: Fitted) -> None:
    wanted = Wanted("value", CUT_OFF, "USD", "day")
    found = fit(wanted, sample(everything, wanted), 1).purchases
    assert (found.r, found.alpha / 7, found.a, found.b) == pytest.approx(
        (fitted.purchases.r, fitted.purchases.alpha, fitted.purchases.a, fitted.purchases.b), rel=1e-4
    )


def test_each_customer_has_the_values_of_lifetimes(model: Model) -> None:
    with in_memory(segment_labels) as connection:
        keep(connection, behaviours(CUT_OFF))
        Rows(connection).insert(ended_days, [{"position": 1, "day": CUT_OFF}])
        found, cursor = {}, None
        while rows := listing(connection, model, 39 * 7, limit=500, cursor=cursor):
            found.update({row["customer_id"]: row for row in rows.rows})
            if (cursor := rows.next) is None:
                break
        total = customer_value.report(connection, model, 39 * 7, "decile")
    assert len(found) == 2357
    for customer in LIFETIMES["customers"]:
        row = found[uuid(customer["customer"])]
        assert (row["repeats"], row["last_age_days"], row["age_days"]) == (customer["x"], customer["t_x"], customer["T"])
        assert customer["x"] == 0 or float(row["mean_spend"]) == pytest.approx(customer["m"], rel=1e-9)
        assert float(row["alive"]) == pytest.approx(customer["alive"], rel=1e-5)
        assert float(row["expected_purchases"]) == pytest.approx(customer["purchases"]["39"], rel=1e-5)
        assert float(row["expected_spend"]) == pytest.approx(customer["spend"], rel=1e-5)
        assert float(row["expected_value"]) == pytest.approx(customer["purchases"]["39"] * customer["spend"], rel=1e-5)
    assert number(total.total, "expected_value") == pytest.approx(sum(float(row["expected_value"]) for row in found.values()))
    assert [number(group, "customers") for group in total.groups] == [236] * 7 + [235] * 3
    shares = [number(group, "share_of_value") for group in total.groups]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)


def number(group: Measured, name: str) -> float:
    value = group.measures[name].value
    assert value is not None
    return float(value)


def test_the_other_39_weeks_are_near_what_the_model_expected(everything: Connection, model: Model) -> None:
    found = value_calibration.report(everything, model, LAST)
    assert [group.group["repeats"] for group in found.groups] == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    for group in (found.total, *found.groups):
        interval = group.measures["actual_purchases_per_customer"].interval
        assert isinstance(interval, Interval)
        assert interval.low is not None
        assert interval.high is not None
        predicted = number(group, "predicted_purchases_per_customer")
        assert float(interval.low) * 0.75 < predicted < float(interval.high) * 1.1, group.group
    assert number(found.total, "actual_purchases") == sum(number(group, "actual_purchases") for group in found.groups)
