"""JSON Schemas of responses about value models and predicted values."""

from __future__ import annotations

from api.shared.schemas import (
    DAY,
    FIGURE,
    FLAG,
    ID,
    INTEGER,
    MAYBE_AMOUNT,
    MAYBE_INTEGER,
    MAYBE_TEXT,
    TEXT,
    Schema,
    fields,
    group_of,
    maybe,
)

NUMBER: Schema = {"type": "number"}
_ERRORS: dict[str, Schema] = {"errors": {"type": ["array", "null"], "items": NUMBER}}
_PURCHASES = fields(
    {"r": NUMBER, "alpha": NUMBER, "a": NUMBER, "b": NUMBER, "log_likelihood": NUMBER, "converged": FLAG}, _ERRORS
)
_SPEND = fields(
    {
        "p": NUMBER,
        "q": NUMBER,
        "v": NUMBER,
        "log_likelihood": NUMBER,
        "converged": FLAG,
        "customers": INTEGER,
        "left_out": INTEGER,
        "correlation": {"type": ["number", "null"]},
    },
    _ERRORS,
)
MODEL = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "name": TEXT,
        "fit_position": INTEGER,
        "currency": TEXT,
        "time_unit": {"enum": ["day", "week"]},
        "cut_off_position": INTEGER,
        "cut_off_day": DAY,
        "customers": INTEGER,
        "repeating": INTEGER,
        "purchases": _PURCHASES,
        "spend": maybe(_SPEND),
        "versions": {"type": "object"},
    }
)
VALUE = fields(
    {
        "customer_id": ID,
        "model_id": ID,
        "model": TEXT,
        "fit_position": INTEGER,
        "currency": TEXT,
        "horizon_days": INTEGER,
        "as_of": DAY,
        "repeats": MAYBE_INTEGER,
        "last_age_days": MAYBE_INTEGER,
        "age_days": MAYBE_INTEGER,
        "mean_spend": MAYBE_AMOUNT,
        "alive": MAYBE_AMOUNT,
        "expected_purchases": MAYBE_AMOUNT,
        "expected_spend": MAYBE_AMOUNT,
        "expected_value": MAYBE_AMOUNT,
        "reason": MAYBE_TEXT,
        "caution": MAYBE_TEXT,
    }
)
CUSTOMER = fields({"customer_id": ID, "position": INTEGER, "erased": FLAG, "values": {"type": "array", "items": VALUE}})

_ABOUT: dict[str, Schema] = {
    "model_id": ID,
    "model": TEXT,
    "fit_position": INTEGER,
    "cut_off_day": DAY,
    "currency": TEXT,
    "definition": TEXT,
    "position": INTEGER,
}


def _report(about: dict[str, Schema], group: Schema, measures: tuple[str, ...]) -> Schema:
    groups: Schema = {"type": "array", "items": group}
    return fields(_ABOUT | about | {"total": group_of({}, measures), "groups": groups})


_VALUE_MEASURES = (
    "customers",
    "alive",
    "expected_purchases",
    "expected_spend",
    "expected_value",
    "expected_value_per_customer",
    "share_of_value",
)
_BY_DECILE = group_of({"decile": INTEGER}, _VALUE_MEASURES)
_BY_REPEATS = group_of({"repeats": TEXT}, _VALUE_MEASURES)
VALUE_GROUP = fields(
    {"group": fields({}, {"decile": INTEGER, "repeats": TEXT}), "measures": fields(dict.fromkeys(_VALUE_MEASURES, FIGURE))}
)
CUSTOMER_VALUE = _report({"horizon_days": INTEGER, "as_of": DAY, "without_purchase": INTEGER}, VALUE_GROUP, _VALUE_MEASURES)


def value_group(by: str) -> Schema:
    """A group of the report by this grouping."""
    return _BY_DECILE if by == "decile" else _BY_REPEATS


_CALIBRATION_MEASURES = (
    "customers",
    "actual_purchases",
    "predicted_purchases",
    "actual_purchases_per_customer",
    "predicted_purchases_per_customer",
    "actual_value_per_customer",
    "predicted_value_per_customer",
)
CALIBRATION_GROUP = group_of({"repeats": TEXT}, _CALIBRATION_MEASURES)
CALIBRATION = _report({"to": DAY}, CALIBRATION_GROUP, _CALIBRATION_MEASURES)
