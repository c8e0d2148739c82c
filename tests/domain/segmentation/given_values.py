"""A fit of a value model, for tests."""

from __future__ import annotations

from datetime import date

from domain.segmentation.value_model import Fitted, PurchaseFit, SpendFit

PURCHASES = PurchaseFit(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, converged=True)
SPEND = SpendFit(p=6.25, q=3.74, v=15.44, log_likelihood=-4055.9, converged=True, customers=946, left_out=0, correlation=0.11)
FITTED = Fitted(
    name="value",
    currency="USD",
    time_unit="week",
    cut_off_position=1,
    cut_off_day=date(1997, 9, 30),
    customers=2357,
    repeating=946,
    purchases=PURCHASES,
    spend=SPEND,
)
