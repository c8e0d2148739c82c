"""What each customer will probably buy, by a value model: computed from the recorded parameters when it is asked for.

The customer's purchases are those known now, as of the later of the model's cut-off day and the last day that has ended, or as
of the customer's last purchase if that is later still. A merged customer counts with the survivor only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from domain.segmentation.value_model import DAYS_IN, Fitted
from projections.customers.behaviour_figures import Behaviours, packed
from projections.customers.customer_behaviour import Behaviour
from projections.customers.customer_features import customer_features
from projections.customers.merging import merged_into, survivors
from projections.customers.purchase_summaries import Summaries
from projections.customers.whole_behaviour import behaviour_of, survivor_behaviours
from projections.segmentation import segment_models
from projections.segmentation.value_fitting import histories_of
from projections.segmentation.value_models import Model, known
from projections.shared.figures import as_decimal
from projections.shared.pages import Order, Page, page
from projections.shared.rows import Row
from projections.shared.statistics import purchase_rates, spend_per_purchase
from projections.shared.statistics.purchase_rates import Rates
from projections.shared.statistics.spend_per_purchase import Spending

if TYPE_CHECKING:
    from projections.customers.purchase_summaries import Numbers

NEVER_BOUGHT = "the customer has not bought in this currency"
NO_SPEND = "too few customers had a repeat purchase and a mean spend above zero"
NO_MEAN = "q is 1 or less, so the mean spend of all customers is infinite"
TOO_EXTREME = "the parameters of the fit are too extreme to compute it"
NOT_CONVERGED = "the fit has not converged: the parameters are not the most likely ones"


class Predicted(NamedTuple):
    """A value for each customer who has bought.

    `alive` is the probability of being a customer still; `purchases` are expected within the horizon, `spend` is expected per
    purchase, and `value` is their product. The last two are NaN where the model says nothing about spend.
    """

    alive: Numbers
    purchases: Numbers
    spend: Numbers
    value: Numbers


def predicted(fitted: Fitted, bought: Summaries, horizon_days: float) -> Predicted:
    """The values of customers who have bought, for so many days from the day as of which the summaries are."""
    import numpy as np

    histories, places = histories_of(bought, fitted.time_unit)
    rates = Rates(fitted.purchases.r, fitted.purchases.alpha, fitted.purchases.a, fitted.purchases.b)
    alive = purchase_rates.alive(rates, histories)[places]
    purchases = purchase_rates.expected_purchases(rates, histories, horizon_days / DAYS_IN[fitted.time_unit])[places]
    if fitted.spend is None:
        spend = np.full(len(alive), np.nan)
    else:
        of = Spending(fitted.spend.p, fitted.spend.q, fitted.spend.v)
        spend = spend_per_purchase.expected_spend(of, bought.repeats, bought.mean)
    return Predicted(alive, purchases, spend, purchases * spend)


def day_of(connection: Connection, fitted: Fitted) -> date:
    """The day as of which purchases count for values, unless a customer's last purchase is later."""
    ended = segment_models.known(connection).ended
    return fitted.cut_off_day if ended is None else max(fitted.cut_off_day, ended)


def why_no_spend(fitted: Fitted) -> str | None:
    """Why there is no expected spend for some customers; None if there is one for everyone."""
    if fitted.spend is None:
        return NO_SPEND
    return None if fitted.spend.q > 1 else NO_MEAN


def has_converged(fitted: Fitted) -> bool:
    return fitted.purchases.converged and (fitted.spend is None or fitted.spend.converged)


# The customers one by one


def of_customer(connection: Connection, customer_id: UUID, horizon_days: int) -> Row | None:
    """The customer's values by each model; an erased customer has none. None if the customer is unknown."""
    row = connection.execute(select(customer_features.c.position).where(customer_features.c.customer_id == customer_id)).first()
    if row is None:
        return None
    behaviour = behaviour_of(connection, customer_id, merged_into(connection, customer_id))
    models = known(connection) if behaviour is not None else []
    values = [
        one
        for model in models
        for one in _shown(model, day_of(connection, model.fitted), horizon_days, {customer_id: _figures(behaviour)})
    ]
    return {"customer_id": customer_id, "position": row.position, "erased": behaviour is None, "values": values}


def _figures(behaviour: Behaviour | None) -> bytes:
    return packed(behaviour or Behaviour())


def listing(connection: Connection, model: Model, horizon_days: int, *, limit: int = 50, cursor: str | None = None) -> Page:
    """The values of all customers by the model, in the order of their ids. Raises MalformedCursor.

    A customer who has not bought in the model's currency has a reason instead of values.
    """
    row = customer_features.c
    merged = survivor_behaviours(connection).behaviours
    there = (row.state.is_not(None), row.customer_id.not_in(select(survivors().c.customer_id)))
    query = select(row.customer_id, row.figures).where(*there)
    found = page(connection, query, Order(row.customer_id, row.customer_id), limit, cursor)
    figures = {
        one["customer_id"]: packed(merged[one["customer_id"]]) if one["customer_id"] in merged else one["figures"]
        for one in found.rows
    }
    return found._replace(rows=_shown(model, day_of(connection, model.fitted), horizon_days, figures))


def _shown(model: Model, day: date, horizon_days: int, figures: Mapping[UUID, bytes]) -> list[Row]:
    if not figures:
        return []
    fitted = model.fitted
    of_all = Behaviours(b"".join(figures.values())).purchases(fitted.currency, day)
    bought = of_all.of(of_all.bought)
    values = predicted(fitted, bought, horizon_days)
    of_bought = zip(*(column.tolist() for column in (*bought[1:], *values)), strict=True)
    about = {
        "model_id": model.model_id,
        "model": fitted.name,
        "fit_position": model.fit_position,
        "currency": fitted.currency,
        "horizon_days": horizon_days,
    }
    return [
        {"customer_id": id, **about} | (_of(fitted, day, next(of_bought)) if bought else _nothing(day))
        for id, bought in zip(figures, of_all.bought.tolist(), strict=True)
    ]


ESTIMATES = ("alive", "expected_purchases", "expected_spend", "expected_value")


def _of(fitted: Fitted, day: date, numbers: Sequence[float]) -> Row:
    repeats, last_age, age, mean, *estimates = numbers
    shown = dict(zip(ESTIMATES, map(as_decimal, estimates), strict=True))
    no_spend = why_no_spend(fitted) if shown["expected_spend"] is None else None
    return {
        "repeats": int(repeats),
        "last_age_days": int(last_age),
        "age_days": int(age),
        "mean_spend": as_decimal(mean) if repeats else None,
        **shown,
        "reason": TOO_EXTREME if shown["expected_purchases"] is None else no_spend,
        "caution": None if has_converged(fitted) else NOT_CONVERGED,
        "as_of": day,
    }


def _nothing(day: date) -> Row:
    numbers = ("repeats", "last_age_days", "age_days", "mean_spend", *ESTIMATES)
    return {**dict.fromkeys(numbers), "reason": NEVER_BOUGHT, "caution": None, "as_of": day}
