"""What customers will probably buy, added up: by tenths of the customers, the most valuable first, or by their repeats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection

from domain.segmentation.value_model import Fitted
from projections.customers.all_behaviours import all_figures
from projections.customers.purchase_summaries import Summaries, joined
from projections.segmentation.predicted_values import (
    NOT_CONVERGED,
    TOO_EXTREME,
    Predicted,
    day_of,
    has_converged,
    predicted,
    why_no_spend,
)
from projections.segmentation.value_models import Model
from projections.shared.figures import Figure, Measured, counted, estimated

if TYPE_CHECKING:
    from projections.customers.purchase_summaries import Numbers, Whole

By = Literal["decile", "repeats"]
MOST_REPEATS = 7
NOBODY = "nobody has bought in this currency"
METHOD = "BG/NBD and Gamma-Gamma"


class Report(msgspec.Struct, frozen=True):
    """`total` is of all customers who have bought in the model's currency; `without_purchase` is the number of the others."""

    as_of: date
    without_purchase: int
    total: Measured
    groups: list[Measured]


class _Values(NamedTuple):
    bought: Summaries
    predicted: Predicted


def report(connection: Connection, model: Model, horizon_days: int, by: By) -> Report:
    """The values for so many days from `as_of` on. A tenth has a tenth of the customers, as near as whole numbers allow."""
    day = day_of(connection, model.fitted)
    everyone = joined([behaviours.purchases(model.fitted.currency, day) for behaviours in all_figures(connection)])
    bought = everyone.of(everyone.bought)
    values = _Values(bought, predicted(model.fitted, bought, horizon_days))
    measure, grouped = _Measure(model.fitted, values), _deciles if by == "decile" else _repeats
    return Report(
        as_of=day,
        without_purchase=len(everyone.bought) - len(bought.bought),
        total=Measured(group={}, measures=measure.of(None)),
        groups=[Measured(group=group, measures=measure.of(places)) for group, places in grouped(values)],
    )


def _deciles(values: _Values) -> Iterator[tuple[dict[str, int], Whole]]:
    """The places of the customers of each tenth. Of equal customers any may be the last in a tenth: their figures are equal."""
    import numpy as np

    of = values.predicted
    first = np.where(np.isnan(of.value), 0.0, of.value)
    order = np.lexsort((values.bought.age, values.bought.repeats, values.bought.mean, -of.purchases, -first))
    for decile, places in enumerate(np.array_split(order, 10), start=1):
        yield {"decile": decile}, places


def _repeats(values: _Values) -> Iterator[tuple[dict[str, int | str], Whole]]:
    """By repeat purchases; those with many are one group, which is named such as 7+."""
    import numpy as np

    repeats = np.minimum(values.bought.repeats, MOST_REPEATS)
    for number in np.unique(repeats).astype(int).tolist():
        yield {"repeats": f"{number}+" if number == MOST_REPEATS else str(number)}, np.flatnonzero(repeats == number)


class _Measure:
    """The figures of some customers."""

    def __init__(self, fitted: Fitted, values: _Values) -> None:
        self._fitted, self._values = fitted, values
        self._value = float(values.predicted.value.sum())
        self._caution = {} if has_converged(fitted) else {"caution": NOT_CONVERGED}

    def of(self, places: Whole | None) -> dict[str, Figure]:
        """Of the customers at these places; None is all."""
        some = slice(None) if places is None else places
        alive, purchases, _, value = (column[some] for column in self._values.predicted)
        n, unit = len(alive), self._fitted.currency
        reason = NOBODY if not n else why_no_spend(self._fitted) or ""
        money = self._values.predicted.value
        share = None if not n or not self._value > 0 else float(value.sum()) / self._value
        return {
            "customers": counted(n, "customers", "customers who have bought in the currency of the model"),
            "alive": self._estimated(_mean(alive), "1", n, "mean probability that a customer has not dropped out", NOBODY),
            "expected_purchases": self._estimated(
                float(purchases.sum()), "purchase days", n, "sum of the purchase days that the model expects in the horizon"
            ),
            "expected_spend": self._estimated(
                float(value.sum()) / float(purchases.sum()) if n and purchases.sum() else None,
                unit,
                n,
                "expected value / expected purchases: net sales per purchase day",
                reason or "no purchase is expected",
            ),
            "expected_value": self._estimated(
                float(value.sum()) if len(money) else 0.0,
                unit,
                n,
                "sum of expected purchases × expected net sales per purchase day, not discounted",
                reason,
            ),
            "expected_value_per_customer": self._estimated(
                _mean(value), unit, n, "expected value / customers", reason or NOBODY
            ),
            "share_of_value": self._estimated(
                share, "1", n, "expected value / expected value of all customers", reason or "no value is expected"
            ),
        }

    def _estimated(self, value: float | None, unit: str, n: int, definition: str, reason: str = "") -> Figure:
        return estimated(value, unit, definition, reason=reason or TOO_EXTREME, n=n, method=METHOD, **self._caution)


def _mean(column: Numbers) -> float | None:
    return float(column.mean()) if len(column) else None
