"""Queries about segments: the labels of one customer, the labels of all customers by one model, and figures per cluster.

A label has the position of the event that moved the customer to its cluster. Features and distance are as of the latest of:
the model's cut-off day, the last day that has ended, and the customer's last purchase. The label of a merge survivor is
computed at query time from the behaviour of the survivor and everyone merged into them. The event that moved them is known only
if their own label is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from projections.customers.customer_behaviour import Behaviour, load
from projections.customers.customer_features import customer_features
from projections.customers.merging import merged_and_survivors, merged_into
from projections.customers.whole_behaviour import behaviour_of, survivor_behaviours
from projections.marketing import segment_rule_answers
from projections.marketing.segment_labels import labels, past_labels, seen
from projections.marketing.segment_models import Model, fits, known
from projections.shared.pages import Order, Page, page
from projections.shared.rows import Row

_missing = msgspec.json.Decoder(list[str]).decode
_floats = msgspec.json.Decoder(list[float | None]).decode

AT_ONCE = 5000

# One customer


def of_customer(connection: Connection, customer_id: UUID) -> Row | None:
    """The customer's labels by rule and by each active model, and their past labels; an erased customer has none.

    None if the customer is unknown.
    """
    mine = select(customer_features).where(customer_features.c.customer_id == customer_id)
    row = connection.execute(mine).mappings().first()
    if row is None:
        return None
    merged = merged_into(connection, customer_id)
    behaviour = behaviour_of(connection, customer_id, merged)
    return {
        "customer_id": customer_id,
        "position": row["position"],
        "erased": behaviour is None,
        "rule": behaviour and segment_rule_answers.current(connection, customer_id, behaviour, merged=bool(merged)),
        "labels": _current(connection, customer_id, behaviour) if behaviour else [],
        "past_rules": segment_rule_answers.past(connection, customer_id),
        "past": _past(connection, customer_id),
    }


def _current(connection: Connection, customer_id: UUID, behaviour: Behaviour) -> list[Row]:
    ended, by = known(connection).ended, fits(connection)
    query = select(labels).where(labels.c.customer_id == customer_id)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    found = [_label(row, by[row["model_id"], row["fit_position"]], behaviour, ended) for row in rows]
    return sorted(found, key=lambda label: str(label["model"]))


def _past(connection: Connection, customer_id: UUID) -> list[Row]:
    """The customer's past labels, the latest first, with the last names of the clusters of their fit."""
    by = fits(connection)
    query = select(past_labels).where(past_labels.c.customer_id == customer_id)
    rows = connection.execute(query.order_by(past_labels.c.until.desc(), past_labels.c.model_id)).mappings()
    return [_ended(dict(row), by[row["model_id"], row["fit_position"]]) for row in rows]


def _ended(row: Mapping[str, Any], model: Model) -> Row:
    return {
        "model_id": model.model_id,
        "model": model.fitted.name,
        "cluster": row["cluster"],
        "label": _name(model, row["cluster"]),
        "missing": _missing(row["missing"]),
        "since": row["since"],
        "until": row["until"],
        "fit_position": row["fit_position"],
        "as_of": row["as_of"],
    }


def _label(row: Mapping[str, Any], model: Model, behaviour: Behaviour, ended: date | None) -> Row:
    """The label with the current features; `moved` has the features at the event that moved the customer to the cluster."""
    now = seen(model, behaviour, ended)
    own = (row["cluster"], _missing(row["missing"])) == (now.cluster, now.missing)
    return {
        "customer_id": row["customer_id"],
        "model_id": model.model_id,
        "model": model.fitted.name,
        "cluster": now.cluster,
        "label": _name(model, now.cluster),
        "missing": now.missing,
        "since": row["since"] if own else None,
        "fit_position": row["fit_position"],
        "as_of": now.as_of,
        "distance": now.distance,
        "features": _by_name(model, now.features),
        "moved": {
            "as_of": row["as_of"],
            "distance": row["distance"],
            "features": _by_name(model, _floats(row["features"])),
        }
        if own
        else None,
    }


def _by_name(model: Model, features: Iterable[float | None]) -> dict[str, float | None]:
    return {feature.label: value for feature, value in zip(model.fitted.features, features, strict=True)}


def _name(model: Model, cluster: int | None) -> str | None:
    return None if cluster is None else model.cluster_names[cluster]


# All customers by one model


def listing(
    connection: Connection,
    model_id: UUID,
    *,
    label: str | None = None,
    labelled: bool | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """The labels of a model's customers in the order of their ids; none if it is not active. Raises MalformedCursor.

    A merged customer appears as the survivor only. `label` is a cluster's name. `labelled` selects customers with a cluster
    (True), or customers who lack a feature (False).
    """
    now, by = known(connection), fits(connection)
    model = now.models.get(model_id)
    if model is None or (label is not None and label not in model.cluster_names):
        return Page([], None)
    wanted = _Wanted(None if label is None else model.cluster_names.index(label), labelled)
    merged = survivor_behaviours(connection).behaviours
    alike = [id for id, behaviour in merged.items() if wanted.includes(seen(model, behaviour, now.ended).cluster)]
    row = labels.c
    others = and_(row.customer_id.not_in(merged_and_survivors()), *wanted.conditions())
    query = _states(model_id).where(or_(others, row.customer_id.in_(alike)))
    found = page(connection, query, Order(row.customer_id, row.customer_id), limit, cursor)

    def shown(row: Row) -> Row:
        behaviour = merged.get(row["customer_id"]) or load(row["state"])
        return _label(row, by[model_id, row["fit_position"]], behaviour, now.ended)

    return found._replace(rows=[shown(row) for row in found.rows])


class _Wanted(NamedTuple):
    """A filter of labels; None matches any."""

    cluster: int | None
    labelled: bool | None

    def includes(self, cluster: int | None) -> bool:
        return self.cluster in (None, cluster) and self.labelled in (None, cluster is not None)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.cluster is not None:
            yield labels.c.cluster == self.cluster
        if self.labelled is not None:
            yield labels.c.cluster.is_not(None) if self.labelled else labels.c.cluster.is_(None)


def _states(model_id: UUID) -> Select[Any]:
    """A model's labels, each with the customer's behaviour."""
    features = customer_features.c
    joined = select(labels, features.state).join(customer_features, features.customer_id == labels.c.customer_id)
    return joined.where(labels.c.model_id == model_id)
