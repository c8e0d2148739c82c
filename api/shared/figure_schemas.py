"""JSON Schemas of the simpler kinds of figures, so that a report with many of them has few columns."""

from __future__ import annotations

from collections.abc import Iterable

from api.shared.schemas import AMOUNT, EXACT, INTEGER, MAYBE_AMOUNT, MAYBE_TEXT, TEXT, Schema, fields
from projections.shared.distributions import STATISTICS
from projections.shared.grouped import QUANTILES

_ALWAYS: dict[str, Schema] = {"value": MAYBE_AMOUNT, "unit": TEXT, "definition": TEXT, "reason": MAYBE_TEXT}
_QUANTITY: Schema = {"type": ["string", "integer", "null"], **EXACT}
_BOUNDS = fields({"low": MAYBE_AMOUNT, "high": MAYBE_AMOUNT, "confidence": AMOUNT, "method": TEXT})
_DIVIDED = {"numerator": _QUANTITY, "denominator": _QUANTITY}

COUNT = fields(_ALWAYS)
QUOTIENT = fields(_ALWAYS | _DIVIDED)
MEAN = fields(_ALWAYS | _DIVIDED, {"n": INTEGER})
SHARE = fields(_ALWAYS | _DIVIDED, {"interval": _BOUNDS})
RATE = fields(_ALWAYS | _DIVIDED, {"interval": _BOUNDS, "caution": TEXT})
SCORE = fields(_ALWAYS | _DIVIDED, {"n": INTEGER, "interval": _BOUNDS, "caution": TEXT})
QUANTILE = fields(_ALWAYS, {"n": INTEGER, "interval": _BOUNDS})
LARGEST = fields(_ALWAYS, {"n": INTEGER})


def distributions(measures: Iterable[str]) -> dict[str, Schema]:
    """The figures of these measures, as `distributed` makes them."""
    kinds = {"mean": MEAN, "max": LARGEST} | dict.fromkeys(QUANTILES, QUANTILE)
    return {f"{measure}_{statistic}": kinds[statistic] for measure in measures for statistic in STATISTICS}


def counts(names: Iterable[str]) -> dict[str, Schema]:
    return dict.fromkeys(names, COUNT)
