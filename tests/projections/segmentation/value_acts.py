"""Acts of a random history: value models. The fits are invented, not computed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from msgspec.structs import replace

from domain.segmentation.value_model import ValueModel
from tests.domain.segmentation.given_values import FITTED, SPEND
from tests.projections.harness import History

NAMES = ("value", "yearly")


def _fit(history: History, who: int, n: int) -> None:
    """Every third fit is the same as the one before, and records nothing."""
    name = NAMES[who % len(NAMES)]
    model = history.of(ValueModel, f"value model {name}")
    fitted = replace(
        FITTED,
        name=name,
        currency=("EUR", "JPY")[n % 2],
        time_unit="day" if n % 5 == 0 else "week",
        cut_off_day=date(2024, 2, 20) + timedelta(days=n // 3),
        spend=None if n % 7 == 0 else SPEND,
    )
    again = model.refit if model.exists else model.fit
    history.do(model, lambda context: again(context, fitted))
    if n % 3 == 0:
        history.do(model, lambda context: model.refit(context, fitted))


VALUE_ACTS: dict[str, Callable[[History, int, int], None]] = {"fit value": _fit}
