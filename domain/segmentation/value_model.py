"""A value model: the stored result of a fit of what customers will buy. A replay never fits again.

Two models are fitted to the purchase days of customers in one currency: BG/NBD says how often a customer will buy, and
Gamma-Gamma how much they will spend each time. The customers' values are computed from these parameters when they are read.
"""

from __future__ import annotations

from datetime import date
from math import isfinite
from typing import Literal
from uuid import UUID

import msgspec

from domain.shared import money
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata, Value
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import check_code

TimeUnit = Literal["day", "week"]
DAYS_IN: dict[TimeUnit, int] = {"day": 1, "week": 7}


class ValueModelExists(AlreadyThere):
    """A value model with this name already exists. It can be fitted again."""


class NotEnoughPurchases(Refusal):
    """Nobody had bought on a second day until the cut-off day, so there is nothing to fit."""


class BoughtInSeveralCurrencies(Malformed):
    """A value model is about one currency, and customers bought in several."""


class PurchaseFit(Value, frozen=True):
    """BG/NBD: how often customers buy, and when they drop out.

    They buy at a rate that is gamma distributed (`r`, and `alpha` in the model's unit of time). They drop out after a purchase
    with a probability that is beta distributed (`a`, `b`). `errors` are the standard errors of the logarithms of the four, None
    if they are not known. `converged` is false if no maximum of the likelihood was found.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    converged: bool
    errors: tuple[float, ...] | None = None


class SpendFit(Value, frozen=True):
    """Gamma-Gamma: how much customers spend per purchase day.

    Spend is gamma distributed (`p`), with a rate that is gamma distributed among customers (`q`, and `v` in units of money). It
    was fitted to `customers` with a repeat purchase and a mean spend above zero; `left_out` had a repeat purchase and a mean of
    zero or less. `correlation` of the number of repeat purchases and mean spend is Pearson's; the model assumes that there is
    none. It is None if all are equal.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    converged: bool
    customers: int
    left_out: int
    correlation: float | None
    errors: tuple[float, ...] | None = None


class Fitted(Event, frozen=True, tag="crm.value_model.fitted.v1"):
    """The model was fitted to purchases in `currency` until the end of `cut_off_day`, as known at `cut_off_position`.

    `customers` bought in the currency until then, `repeating` of them on two days or more. `spend` is None if fewer than two
    of those have a mean spend above zero. `versions` are the versions of the libraries used.
    """

    name: str
    currency: str
    time_unit: TimeUnit
    cut_off_position: int
    cut_off_day: date
    customers: int
    repeating: int
    purchases: PurchaseFit
    spend: SpendFit | None = None
    versions: dict[str, str] = msgspec.field(default_factory=dict)

    def apply(self, model: ValueModel, metadata: Metadata) -> None:
        model.fitted = self


class ValueModel(Aggregate):
    name = "value_model"
    events = (Fitted,)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.fitted: Fitted | None = None

    @decision
    def fit(self, context: Context, fitted: Fitted) -> None:
        """Records the first fit. Raises ValueModelExists, UnknownCurrency, Malformed."""
        self.record_first(context, self.fitted, _checked(fitted), ValueModelExists)

    @decision
    def refit(self, context: Context, fitted: Fitted) -> None:
        """Records another fit if it differs from the last one. Raises NotThere, UnknownCurrency, Malformed."""
        self.require()
        if self.fitted != _checked(fitted):
            self.record_once(context, fitted)


def _checked(fitted: Fitted) -> Fitted:
    """Raises UnknownCurrency, and Malformed if a parameter is not finite and above zero."""
    check_code(fitted.name, "name")
    money.minor_digits(fitted.currency)
    rates, spend = fitted.purchases, fitted.spend
    parameters = [rates.r, rates.alpha, rates.a, rates.b, *((spend.p, spend.q, spend.v) if spend else ())]
    if not all(isfinite(one) and one > 0 for one in parameters):
        raise Malformed("The parameters of a value model are finite and above zero.")
    if not all(isfinite(part.log_likelihood) for part in (rates, spend) if part):
        raise Malformed("The log-likelihood of a value model is finite.")
    return fitted
