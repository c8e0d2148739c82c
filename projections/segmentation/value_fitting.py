"""Fitting a value model to the purchase days of all customers until a day. Nothing here runs in a replay.

The result is recorded as an event. SciPy is imported when it is first needed.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection

from domain.segmentation.value_model import (
    DAYS_IN,
    BoughtInSeveralCurrencies,
    Fitted,
    NotEnoughPurchases,
    PurchaseFit,
    SpendFit,
    TimeUnit,
)
from projections.customers.all_behaviours import all_purchase_days
from projections.customers.purchase_summaries import Purchases, Summaries, alike, currencies, purchases
from projections.shared.statistics import purchase_rates, spend_per_purchase
from projections.shared.statistics.purchase_rates import Histories

if TYPE_CHECKING:
    from projections.shared.vectors import Whole


class Wanted(NamedTuple):
    """The request for a fit to purchases until the end of `cut_off_day`.

    Without a currency it is the only one that customers bought in.
    """

    name: str
    cut_off_day: date
    currency: str | None = None
    time_unit: TimeUnit = "week"


class Sample(NamedTuple):
    """The purchases of all customers in one currency."""

    currency: str
    purchases: Purchases


def sample(connection: Connection, wanted: Wanted) -> Sample:
    """Raises BoughtInSeveralCurrencies if the currency is not clear, and NotEnoughPurchases if nobody has bought anything."""
    currency = wanted.currency or _only_currency(connection)
    return Sample(currency, purchases(all_purchase_days(connection), currency))


def _only_currency(connection: Connection) -> str:
    found = sorted(currencies(all_purchase_days(connection)))
    if not found:
        raise NotEnoughPurchases("No customer has bought anything yet.")
    if len(found) > 1:
        raise BoughtInSeveralCurrencies(f"Customers bought in {', '.join(found)}: name one currency.")
    return found[0]


def fit(wanted: Wanted, sample: Sample, position: int) -> Fitted:
    """Maximum likelihood estimates of both models. Raises NotEnoughPurchases if nobody has a repeat purchase."""
    import numpy
    import scipy

    summaries = sample.purchases.until(wanted.cut_off_day)
    known = summaries.of(summaries.bought)
    repeating = int((known.repeats > 0).sum())
    if not repeating:
        raise NotEnoughPurchases(
            f"Until {wanted.cut_off_day}, {len(known.bought)} customers had bought in {sample.currency}, none on a second day.",
            customers=len(known.bought),
        )
    return Fitted(
        name=wanted.name,
        currency=sample.currency,
        time_unit=wanted.time_unit,
        cut_off_position=position,
        cut_off_day=wanted.cut_off_day,
        customers=len(known.bought),
        repeating=repeating,
        purchases=_purchase_fit(histories_of(known, wanted.time_unit)[0]),
        spend=_spend_fit(known),
        versions={"numpy": numpy.__version__, "scipy": scipy.__version__},
    )


def histories_of(known: Summaries, unit: TimeUnit) -> tuple[Histories, Whole]:
    """The customers, who have bought, in the model's unit of time, and the place of each customer.

    Those that are alike share a place.
    """
    some, places, customers = alike(known)
    days = DAYS_IN[unit]
    return Histories(some.repeats, some.last_age / days, some.age / days, customers.astype(float)), places


def _purchase_fit(histories: Histories) -> PurchaseFit:
    found = purchase_rates.fitted(histories)
    r, alpha, a, b = found.parameters
    return PurchaseFit(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=found.log_likelihood,
        converged=found.converged,
        errors=found.errors,
    )


def _spend_fit(known: Summaries) -> SpendFit | None:
    import numpy

    again = known.repeats > 0
    unordered = known.of(again & (known.mean > 0))
    # In one order, so that sums of the same customers are the same on every engine.
    fitted = unordered.of(numpy.lexsort((unordered.mean, unordered.repeats)))
    if len(fitted.mean) < 2:
        return None
    found = spend_per_purchase.fitted(fitted.repeats, fitted.mean)
    p, q, v = found.parameters
    return SpendFit(
        p=p,
        q=q,
        v=v,
        log_likelihood=found.log_likelihood,
        converged=found.converged,
        customers=len(fitted.mean),
        left_out=int(again.sum()) - len(fitted.mean),
        correlation=_correlation(fitted),
        errors=found.errors,
    )


def _correlation(fitted: Summaries) -> float | None:
    import numpy
    from scipy.stats import pearsonr

    if len(numpy.unique(fitted.repeats)) < 2 or len(numpy.unique(fitted.mean)) < 2:
        return None
    return float(pearsonr(fitted.repeats, fitted.mean).statistic)
