"""Predicted values added up, and compared with what happened, in edge cases. The oracles check the figures themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.segmentation.value_model import NotEnoughPurchases
from projections.customers.customers import customer_view
from projections.segmentation import customer_value, value_calibration
from projections.segmentation.customer_value import By
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.value_fitting import Wanted, fit, sample
from projections.segmentation.value_models import Model
from projections.shared.figures import Measured
from tests.domain.segmentation.given_values import FITTED
from tests.projections.harness import History, clear, fold, in_memory, uuid
from tests.projections.segmentation.given_segments import buys, customer

CUT_OFF, YEAR = date(1997, 9, 30), 365
MODEL = Model(model_id=uuid("value"), fit_position=1, fitted=FITTED)
"""In US dollars, with the parameters of the CDNOW sample."""
FIRST, AGAIN, SINCE = date(1997, 2, 3), date(1997, 4, 7), date(1997, 11, 20)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(segment_labels) as connection:
        yield connection


@pytest.fixture
def history() -> History:
    history = History()
    history.now = datetime(1999, 1, 1, tzinfo=UTC)
    return history


def value(connection: Connection, history: History, horizon: int = YEAR, by: By = "repeats") -> customer_value.Report:
    _fold(connection, history)
    return customer_value.report(connection, MODEL, horizon, by)


def calibration(connection: Connection, history: History, until: date = date(1998, 6, 30)) -> value_calibration.Report:
    _fold(connection, history)
    return value_calibration.report(connection, MODEL, until)


def _fold(connection: Connection, history: History) -> None:
    for read_model in (segment_labels, customer_view):
        clear(connection, read_model)
        fold(connection, history, read_model)


def figures(of: Measured, *names: str) -> list[Decimal | None]:
    return [of.measures[name].value for name in names]


def buyer(history: History, name: str, *days: date, net: str = "10", currency: str = "USD") -> Customer:
    who = customer(history, name)
    for day in days:
        buys(history, who, day, net, currency)
    return who


def erase(history: History, who: Customer) -> None:
    history.must(who, lambda context: who.erase(context, reason="requested", requested_by="customer", receipt="R1"))


def test_without_a_purchase_nothing_has_a_value_but_a_reason(connection: Connection, history: History) -> None:
    customer(history, "ada")
    found = value(connection, history)
    assert (found.without_purchase, found.groups, figures(found.total, "customers", "alive")) == (1, [], [0, None])
    assert found.total.measures["alive"].reason == "nobody has bought in this currency"
    compared = calibration(connection, history)
    assert (compared.groups, figures(compared.total, "actual_purchases", "predicted_purchases")) == ([], [0, None])
    assert compared.total.measures["predicted_purchases"].reason == "nobody had bought until the cut-off day"
    with pytest.raises(NotEnoughPurchases):
        fit(Wanted("value", CUT_OFF, "USD"), sample(connection, Wanted("value", CUT_OFF, "USD")), 1)


def test_one_customer_has_values_and_a_mean_without_an_interval(connection: Connection, history: History) -> None:
    buyer(history, "ada", FIRST, AGAIN, SINCE)
    [group] = value(connection, history).groups
    assert group.group == {"repeats": "2"}
    assert figures(group, "customers", "share_of_value") == [1, 1]
    [compared] = calibration(connection, history).groups
    assert compared.group == {"repeats": "1"}
    actual = compared.measures["actual_purchases_per_customer"]
    assert actual.value == 1
    assert not actual.interval


def test_customers_who_are_all_equal_have_equal_values_in_every_tenth(connection: Connection, history: History) -> None:
    for number in range(20):
        buyer(history, f"customer-{number}", FIRST, AGAIN)
    found = value(connection, history, by="decile")
    assert {group.measures["share_of_value"].value for group in found.groups} == {Decimal("0.1")}
    fitted = fit(Wanted("value", CUT_OFF, "USD"), sample(connection, Wanted("value", CUT_OFF, "USD")), 1)
    assert not fitted.purchases.converged
    assert fitted.spend is not None
    assert fitted.spend.correlation is None


def test_in_no_time_nothing_is_bought(connection: Connection, history: History) -> None:
    buyer(history, "ada", FIRST, AGAIN, SINCE)
    found = value(connection, history, horizon=0)
    assert figures(found.total, "expected_purchases", "expected_value", "share_of_value") == [0, 0, None]
    assert found.total.measures["share_of_value"].reason == "no value is expected"
    compared = calibration(connection, history, until=CUT_OFF)
    assert figures(compared.total, "actual_purchases", "predicted_purchases") == [0, 0]


def test_purchases_in_another_currency_are_never_added(connection: Connection, history: History) -> None:
    ada = buyer(history, "ada", FIRST, AGAIN)
    buyer(history, "bob", FIRST, AGAIN, currency="EUR", net="900")
    before, compared = value(connection, history), calibration(connection, history)
    buys(history, ada, SINCE, "900", "EUR")
    assert value(connection, history) == before
    assert calibration(connection, history) == compared
    assert before.without_purchase == 1
    assert figures(before.total, "customers") == [1]


def test_an_order_that_is_cancelled_after_the_period_is_no_purchase(connection: Connection, history: History) -> None:
    ada = buyer(history, "ada", FIRST, AGAIN)
    before, compared = value(connection, history), calibration(connection, history)
    order = buys(history, ada, SINCE, "10", "USD")
    assert figures(calibration(connection, history).total, "actual_purchases") == [1]
    history.must(order, lambda context: order.cancel(context, reason="other"))
    assert value(connection, history) == before
    assert calibration(connection, history) == compared


def test_merged_customers_are_one_with_the_purchases_of_both_until_they_are_unmerged(
    connection: Connection, history: History
) -> None:
    ada, bob = buyer(history, "ada", FIRST, SINCE), buyer(history, "bob", AGAIN)
    before, compared = value(connection, history), calibration(connection, history)
    history.must(bob, lambda context: bob.merge_into(context, ada.id))
    [group] = value(connection, history).groups
    assert group.group == {"repeats": "2"}
    assert figures(group, "customers") == [1]
    assert [one.group for one in calibration(connection, history).groups] == [{"repeats": "1"}]
    history.must(bob, bob.unmerge)
    assert value(connection, history) == before
    assert calibration(connection, history) == compared


def test_an_erased_customer_has_no_value_and_leaves_the_others_as_they_were(connection: Connection, history: History) -> None:
    buyer(history, "bob", FIRST, AGAIN)
    before, compared = value(connection, history), calibration(connection, history)
    erase(history, buyer(history, "ada", FIRST, SINCE))
    assert value(connection, history) == before
    assert calibration(connection, history) == compared


def test_a_purchase_that_is_recorded_late_counts_on_its_day(connection: Connection, history: History) -> None:
    ada = buyer(history, "ada", AGAIN)
    assert [one.group for one in calibration(connection, history).groups] == [{"repeats": "0"}]
    buys(history, ada, FIRST, "10", "USD")
    assert [one.group for one in calibration(connection, history).groups] == [{"repeats": "1"}]
    buys(history, ada, CUT_OFF + timedelta(days=1), "10", "USD")
    buys(history, ada, CUT_OFF, "10", "USD")
    compared = calibration(connection, history)
    assert [one.group for one in compared.groups] == [{"repeats": "2"}]
    assert figures(compared.total, "actual_purchases") == [1]
