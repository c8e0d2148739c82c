"""What a value model expected after its cut-off day, beside what customers bought since: by their repeats until that day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection

from domain.segmentation.value_model import Fitted
from projections.customers.all_behaviours import all_purchase_days
from projections.customers.purchase_summaries import purchases
from projections.segmentation.customer_value import METHOD, MOST_REPEATS
from projections.segmentation.predicted_values import NOT_CONVERGED, TOO_EXTREME, has_converged, predicted, why_no_spend
from projections.segmentation.value_models import Model
from projections.shared.figures import Figure, Measured, between, counted, estimated

if TYPE_CHECKING:
    from projections.customers.purchase_summaries import Numbers, Whole

NOBODY = "nobody had bought until the cut-off day"
TOO_FEW = 2
"""Customers that an interval of a mean needs."""


class Report(msgspec.Struct, frozen=True):
    total: Measured
    groups: list[Measured]


def report(connection: Connection, model: Model, until: date) -> Report:
    """The customers who had bought until the cut-off day, and their purchases from then until the end of the day `until`."""
    import numpy as np

    fitted = model.fitted
    all_days = purchases(all_purchase_days(connection), fitted.currency)
    before = all_days.until(fitted.cut_off_day)
    since = all_days.between(fitted.cut_off_day, until)
    actual, spent = since.counts()[before.bought], since.sums()[before.bought]
    known = before.of(before.bought)
    expected = predicted(fitted, known, (until - fitted.cut_off_day).days)

    def measured(some: Whole) -> dict[str, Figure]:
        columns = (actual, expected.purchases, spent, expected.value)
        return _measures(fitted, *(column[some] for column in columns))

    repeats = np.minimum(known.repeats, MOST_REPEATS).astype(int)
    return Report(
        total=Measured(group={}, measures=measured(np.arange(len(repeats)))),
        groups=[
            Measured(
                group={"repeats": f"{number}+" if number == MOST_REPEATS else str(number)},
                measures=measured(np.flatnonzero(repeats == number)),
            )
            for number in np.unique(repeats).tolist()
        ],
    )


def _measures(fitted: Fitted, actual: Numbers, expected: Numbers, spent: Numbers, value: Numbers) -> dict[str, Figure]:
    n, unit = len(actual), fitted.currency
    cautioned = {} if has_converged(fitted) else {"caution": NOT_CONVERGED}
    no_purchases = TOO_EXTREME if n else NOBODY
    no_value = why_no_spend(fitted) or no_purchases

    def model(of: Numbers, unit: str, definition: str, reason: str, sum: Callable[[Numbers], float]) -> Figure:
        return estimated(sum(of) if n else None, unit, definition, reason=reason, n=n, method=METHOD, **cautioned)

    def mean(of: Numbers) -> float:
        return float(of.mean())

    def total(of: Numbers) -> float:
        return float(of.sum())

    days, each = "purchase days", "purchase days per customer"
    return {
        "customers": counted(n, "customers", "customers who had bought in the currency until the cut-off day"),
        "actual_purchases": counted(int(actual.sum()), days, "purchase days after the cut-off day"),
        "predicted_purchases": model(expected, days, "sum of the purchase days that the model expected", no_purchases, total),
        "actual_purchases_per_customer": _mean(actual, each, "purchase days after the cut-off day / customers"),
        "predicted_purchases_per_customer": model(expected, each, "predicted purchases / customers", no_purchases, mean),
        "actual_value_per_customer": _mean(spent, unit, "net sales of these purchase days / customers"),
        "predicted_value_per_customer": model(
            value, unit, "mean of expected purchases × expected net sales per purchase day", no_value, mean
        ),
    }


def _mean(of: Numbers, unit: str, definition: str) -> Figure:
    """A mean with Student's interval: of many customers, whose numbers need not be normal."""
    from scipy.stats import sem
    from scipy.stats import t as student

    if not len(of):
        return estimated(None, unit, definition, reason=NOBODY, n=0)
    value = float(of.mean())
    if len(of) < TOO_FEW:
        return estimated(value, unit, definition, n=len(of))
    spread = float(sem(of)) * float(student.ppf(0.975, len(of) - 1))
    return estimated(value, unit, definition, n=len(of), interval=between(value - spread, value + spread, "Student's t"))
