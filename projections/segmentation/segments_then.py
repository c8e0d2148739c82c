"""The segments of a customer as of a moment: what the models and rules known then say of the customer's behaviour until then.

Models and rules are kept with their positions, so those of any position are read and never folded again. For what had happened
by an earlier day, features are computed as of that day: then the answer is where the model, which may have been fitted years
later, puts the customer as they were. `segment_answers` has the labels that customers have now, and since when.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from projections.customers import customer_features
from projections.customers.customer_behaviour import Behaviour
from projections.customers.customer_features import Features
from projections.segmentation import segment_models, segment_rules
from projections.segmentation.segment_answers import by_feature_name, cluster_name
from projections.segmentation.segment_models import Known, Model
from projections.segmentation.segment_moves import seen
from projections.segmentation.segment_rule_answers import by_feature, named
from projections.segmentation.segment_rule_labels import first_match
from projections.segmentation.segment_rules import Rule
from projections.shared.projection import Delivery, Projection, types
from projections.shared.rows import Row, Rows


class Segmentation(NamedTuple):
    """The models, the last ended day and the rules in force that a customer is seen by."""

    known: Known
    rules: Sequence[Rule]

    def upto(self, day: date) -> Segmentation:
        """The same for features of this day, if it is before the day as of which they would be computed."""
        return Segmentation(self.known.upto(day), [rule.upto(day) for rule in self.rules])


def segmentation(connection: Connection, upto: int) -> Segmentation:
    """The models and rules by the events up to this position."""
    rows = Rows(connection)
    return Segmentation(segment_models.known_before(rows, upto + 1), segment_rules.known_before(rows, upto + 1))


def by_models(segmentation: Segmentation, behaviour: Behaviour) -> list[Row]:
    """The label by each active model, in the order of their names; None if the customer lacks a feature."""
    found = [_label(model, behaviour, segmentation.known.ended) for model in segmentation.known.active]
    return sorted(found, key=lambda label: str(label["model"]))


def by_rule(segmentation: Segmentation, behaviour: Behaviour) -> Row | None:
    """The label by the first rule that matches; None if no rule does."""
    found = first_match(segmentation.rules, behaviour, segmentation.known.ended)
    return found and named(found.rule) | {"as_of": found.as_of, "facts": by_feature(found.rule, found.facts)}


def _label(model: Model, behaviour: Behaviour, ended: date | None) -> Row:
    found = seen(model, behaviour, ended)
    return {
        "model_id": model.model_id,
        "model": model.fitted.name,
        "cluster": found.cluster,
        "label": cluster_name(model, found.cluster),
        "missing": found.missing,
        "fit_position": model.fit_position,
        "as_of": found.as_of,
        "distance": found.distance,
        "features": by_feature_name(model, found.features),
    }


def _apply(batch: Sequence[Delivery], rows: Rows) -> None:
    features = Features(rows, batch)
    for delivery in batch:
        features.fold(delivery)
    features.save()


def behaviours() -> Projection:
    """The part of `segment_labels` that a fold needs: behaviour without labels. Its tables of models and days stay empty."""
    tables = (*customer_features.TABLES, *segment_models.TABLES)
    return Projection("behaviours", version=1, tables=tables, apply=_apply, reads=types(*customer_features.EVENTS))
