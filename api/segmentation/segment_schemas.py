"""JSON Schemas of responses about segments."""

from __future__ import annotations

from collections.abc import Iterable

from api.shared.figure_schemas import COUNT, MEAN, QUOTIENT
from api.shared.schemas import (
    DAY,
    FIGURE,
    FLAG,
    ID,
    INTEGER,
    MAYBE_INSTANT,
    MAYBE_INTEGER,
    MAYBE_TEXT,
    TEXT,
    TEXTS,
    Schema,
    fields,
    group_of,
    maybe,
)
from projections.segmentation.segment_report import mean_of

NUMBER: Schema = {"type": "number"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
NUMBERS: Schema = {"type": "array", "items": NUMBER}
FEATURES: Schema = {"type": "object", "additionalProperties": MAYBE_NUMBER}

_STATUS: Schema = {"enum": ["fitted", "active", "retired"]}
_CLUSTER = fields(
    {
        "cluster": INTEGER,
        "id": INTEGER,
        "name": TEXT,
        "named_by": {"enum": ["people", "rule"]},
        "centroid": NUMBERS,
        "centre": {"type": "object", "additionalProperties": NUMBER},
    }
)
MODEL = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "name": TEXT,
        "status": _STATUS,
        "active_since": MAYBE_INSTANT,
        "retired_since": MAYBE_INSTANT,
        "fit_position": INTEGER,
        "features": TEXTS,
        "k": INTEGER,
        "clusters": {"type": "array", "items": _CLUSTER},
        "cut_off_position": INTEGER,
        "cut_off_day": DAY,
        "transform": TEXT,
        "mean": NUMBERS,
        "scale": NUMBERS,
        "seed": INTEGER,
        "customers": INTEGER,
        "left_out": INTEGER,
        "quality": fields({"inertia": NUMBER, "smallest_share": NUMBER}, {"silhouette": MAYBE_NUMBER}),
        "versions": {"type": "object"},
        "names_defined": TEXT,
    }
)
_LABEL: dict[str, Schema] = {
    "model_id": ID,
    "model": TEXT,
    "cluster": MAYBE_INTEGER,
    "label": MAYBE_TEXT,
    "missing": TEXTS,
    "since": INTEGER,
    "fit_position": INTEGER,
    "as_of": DAY,
}


def _label(features: Schema) -> Schema:
    return fields(
        _LABEL
        | {
            # Null if the label of a merge survivor comes from a merged customer: the event of that label is not known.
            "since": MAYBE_INTEGER,
            "customer_id": ID,
            "distance": MAYBE_NUMBER,
            "features": features,
            "moved": maybe(fields({"as_of": DAY, "distance": MAYBE_NUMBER, "features": features})),
        }
    )


LABEL = _label(FEATURES)


def label_by(features: Iterable[str]) -> Schema:
    """A label by a model with these features."""
    return _label(fields({}, dict.fromkeys(features, MAYBE_NUMBER)))


RULE = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "name": TEXT,
        "rule": {"type": "object"},
        "priority": INTEGER,
        "status": {"enum": ["in_force", "retired"]},
        "retired_since": MAYBE_INSTANT,
        "said_position": INTEGER,
        "said_on": DAY,
    }
)
_FACT = fields({"feature": TEXT, "window": {"type": ["object", "null"]}, "value": MAYBE_NUMBER})
_FACTS: Schema = {"type": "array", "items": _FACT}
_BY_RULE: dict[str, Schema] = {
    "rule_id": ID,
    "label": TEXT,
    "priority": INTEGER,
    "since": INTEGER,
    "said_position": INTEGER,
    "as_of": DAY,
    "facts": _FACTS,
}
_GIVEN: Schema = {"anyOf": [fields({"as_of": DAY, "facts": _FACTS}), {"type": "null"}]}
RULE_LABEL = fields(_BY_RULE | {"since": MAYBE_INTEGER, "customer_id": ID, "given": _GIVEN})
LABEL_THEN = fields(
    {name: schema for name, schema in _LABEL.items() if name != "since"} | {"distance": MAYBE_NUMBER, "features": FEATURES}
)
RULE_LABEL_THEN = fields({name: schema for name, schema in _BY_RULE.items() if name != "since"})
SEGMENT = fields(
    {
        "customer_id": ID,
        "position": INTEGER,
        "erased": FLAG,
        "rule": {"anyOf": [RULE_LABEL, {"type": "null"}]},
        "past_rules": {"type": "array", "items": fields(_BY_RULE | {"until": INTEGER})},
        "labels": {"type": "array", "items": LABEL},
        "past": {"type": "array", "items": fields(_LABEL | {"until": INTEGER})},
    }
)
_GROUP = fields({"cluster": INTEGER, "cluster_id": INTEGER, "label": TEXT})
_COUNTED = {"customers": COUNT, "share": QUOTIENT}
# Beside these, the mean of each feature, such as `mean:orders`.
GROUP = fields({"group": _GROUP, "measures": fields(_COUNTED) | {"additionalProperties": MEAN}})


def group_by(features: Iterable[str]) -> Schema:
    """A group of the customers with the same label by a model with these features."""
    return fields({"group": _GROUP, "measures": fields(_COUNTED, {mean_of(feature): MEAN for feature in features})})


_HEADING: dict[str, Schema] = {
    "model_id": ID,
    "model": TEXT,
    "status": _STATUS,
    "fit_position": INTEGER,
    "cut_off_day": DAY,
    "definition": TEXT,
    "position": INTEGER,
}


def _report(more: dict[str, Schema], group: Schema) -> Schema:
    """A report on a model; it begins with `heading` of `model_reports.py`."""
    return fields(_HEADING | more | {"groups": {"type": "array", "items": group}})


_LACKING = fields({"group": fields({"missing": TEXTS}), "measures": fields({"customers": COUNT})})
SEGMENTS = _report({"as_of": DAY, "unlabelled": {"type": "array", "items": _LACKING}}, GROUP)
RULE_GROUP = fields({"group": fields({"rule_id": ID, "label": TEXT, "priority": INTEGER}), "measures": fields(_COUNTED)})
RULE_SEGMENTS = fields(
    {
        "definition": TEXT,
        "position": INTEGER,
        "groups": {"type": "array", "items": RULE_GROUP},
        "unlabelled": COUNT,
    }
)
SEGMENT_FLOW = group_of({"from_id": MAYBE_INTEGER, "from": TEXT, "to_id": MAYBE_INTEGER, "to": TEXT}, ("customers", "share"))
SEGMENT_FLOWS = _report({"from": INTEGER, "to": INTEGER}, SEGMENT_FLOW)
SEGMENT_DRIFT_GROUP = group_of({"of": TEXT}, ("psi",))
SEGMENT_DRIFT = _report({"as_of": DAY, "refit_advised": FLAG}, SEGMENT_DRIFT_GROUP)
EXPLAINED = fields(
    group_of({"cluster_id": INTEGER, "label": TEXT}, ("customers", "precision", "coverage"))["properties"]
    | {"rule": {"type": "object"}, "text": TEXT}
)
EXPLANATION = _report({"as_of": DAY, "fidelity": FIGURE}, EXPLAINED)
