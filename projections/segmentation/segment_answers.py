"""Queries about segments: the labels of one customer, and the labels of all customers by one model.

A label has the position of the event that moved the customer to its cluster. Features and distance are as of the latest of:
the model's cut-off day, the last day that has ended, and the customer's last purchase. The label of a merge survivor is
computed at query time from the behaviour of the survivor and everyone merged into them. The event that moved them is known only
if their own label is the same.

A fit may not have reached the rows of all customers yet. Then it reaches those that are read here, so every answer is of the
last fit. `settled` is a position up to which all events for everyone have reached all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from projections.customers.customer_behaviour import Behaviour, load
from projections.customers.customer_features import customer_features
from projections.customers.merging import merged_and_survivors, merged_into
from projections.customers.whole_behaviour import behaviour_of, survivor_behaviours
from projections.segmentation import segment_rule_answers
from projections.segmentation.segment_labels import reached
from projections.segmentation.segment_models import LAST, Model, fits, known
from projections.segmentation.segment_moves import all_seen, labels, of_model, past_of, seen
from projections.segmentation.segment_scanning import scanned
from projections.segmentation.segment_turns import turns_between
from projections.shared.pages import Order, Page, page
from projections.shared.rows import Row, Rows

_missing = msgspec.json.Decoder(list[str]).decode
_floats = msgspec.json.Decoder(list[float | None]).decode

AT_MOST = 20_000
"""The customers that a page looks at while a fit reaches all rows."""

# One customer


def of_customer(connection: Connection, customer_id: UUID, settled: int = 0) -> Row | None:
    """The customer's labels by rule and by each active model, and their past labels; an erased customer has none.

    None if the customer is unknown.
    """
    mine = select(customer_features).where(customer_features.c.customer_id == customer_id)
    row = connection.execute(mine).mappings().first()
    if row is None:
        return None
    merged = merged_into(connection, customer_id)
    behaviour = behaviour_of(connection, customer_id, merged)
    rows = Rows(connection)
    moves, by_rule = reached(rows, [dict(row)], turns_between(rows, max(settled, row["position"]), LAST))
    own = by_rule.current(customer_id)
    return {
        "customer_id": customer_id,
        "position": row["position"],
        "erased": behaviour is None,
        "rule": behaviour and segment_rule_answers.current(connection, customer_id, behaviour, own, merged=bool(merged)),
        "labels": _current(connection, moves.current(customer_id), behaviour) if behaviour else [],
        "past_rules": segment_rule_answers.past(connection, customer_id, by_rule.past(customer_id)),
        "past": _past(connection, customer_id, moves.past(customer_id)),
    }


def _current(connection: Connection, rows: Iterable[Row], behaviour: Behaviour) -> list[Row]:
    ended, by = known(connection).ended, fits(connection)
    found = [_label(row, by[row["model_id"], row["fit_position"]], behaviour, ended) for row in rows]
    return sorted(found, key=lambda label: str(label["model"]))


def _past(connection: Connection, customer_id: UUID, lately: Sequence[Row]) -> list[Row]:
    """The customer's past labels, the latest first, with the last names of the clusters of their fit.

    The labels that have ended `lately` are not in the table yet.
    """
    by = fits(connection)
    rows = [*lately, *past_of(Rows(connection), [customer_id])]
    rows.sort(key=lambda row: (-row["until"], row["model_id"]))
    return [_ended(row, by[row["model_id"], row["fit_position"]]) for row in rows]


def _ended(row: Mapping[str, Any], model: Model) -> Row:
    return {
        "model_id": model.model_id,
        "model": model.fitted.name,
        "cluster": row["cluster"],
        "label": cluster_name(model, row["cluster"]),
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
        "label": cluster_name(model, now.cluster),
        "missing": now.missing,
        "since": row["since"] if own else None,
        "fit_position": row["fit_position"],
        "as_of": now.as_of,
        "distance": now.distance,
        "features": by_feature_name(model, now.features),
        "moved": {
            "as_of": row["as_of"],
            "distance": row["distance"],
            "features": by_feature_name(model, _floats(row["features"])),
        }
        if own
        else None,
    }


def by_feature_name(model: Model, features: Iterable[float | None]) -> dict[str, float | None]:
    return {feature.label: value for feature, value in zip(model.fitted.features, features, strict=True)}


def cluster_name(model: Model, cluster: int | None) -> str | None:
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
    settled: int = 0,
) -> Page:
    """The labels of a model's customers in the order of their ids; none if it is not active. Raises MalformedCursor.

    A merged customer appears as the survivor only. `label` is a cluster's name. `labelled` selects customers with a cluster
    (True), or customers who lack a feature (False). While the last fit has not reached all rows, a page may have fewer rows
    than `limit`, though there are more.
    """
    now = known(connection)
    model = now.models.get(model_id)
    if model is None or model.fit_in_force is None or (label is not None and label not in model.cluster_names):
        return Page([], None)
    wanted = _Wanted(None if label is None else model.cluster_names.index(label), labelled)
    merged = survivor_behaviours(connection).behaviours
    turns = turns_between(Rows(connection), settled, LAST)
    order = Order(labels.c.customer_id, labels.c.customer_id)
    if any(turn.concerns(model_id) for turn in turns):

        def clusters(customers: Sequence[Row]) -> list[bool]:
            behaviours = [merged.get(row["customer_id"]) or load(row["state"]) for row in customers]
            return [wanted.includes(one.cluster) for one in all_seen(model, behaviours, now.ended)]

        found = scanned(connection, order, clusters, limit, cursor, AT_MOST)
    else:
        alike = [id for id, behaviour in merged.items() if wanted.includes(seen(model, behaviour, now.ended).cluster)]
        others = and_(labels.c.customer_id.not_in(merged_and_survivors()), *wanted.conditions())
        query = _customers(connection, model_id, is_of_one_cluster=wanted.is_of_one_cluster and not alike)
        query = query.where(or_(others, labels.c.customer_id.in_(alike)) if alike else others)
        found = page(connection, query, order, limit, cursor)
    moves, _ = reached(Rows(connection), found.rows, turns)
    by = fits(connection)

    def shown(customer: Row) -> Row:
        id = customer["customer_id"]
        [row] = [row for row in moves.current(id) if row["model_id"] == model_id]
        behaviour = merged.get(id) or load(customer["state"])
        return _label(row, by[model_id, row["fit_position"]], behaviour, now.ended)

    return found._replace(rows=[shown(row) for row in found.rows])


class _Wanted(NamedTuple):
    """A filter of labels; None matches any."""

    cluster: int | None
    labelled: bool | None

    def includes(self, cluster: int | None) -> bool:
        return self.cluster in (None, cluster) and self.labelled in (None, cluster is not None)

    @property
    def is_of_one_cluster(self) -> bool:
        """Whether all wanted labels have the same cluster, or all have none."""
        return self.cluster is not None or self.labelled is False

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.cluster is not None:
            yield labels.c.cluster == self.cluster
        if self.labelled is not None:
            yield labels.c.cluster.is_not(None) if self.labelled else labels.c.cluster.is_(None)


def _customers(connection: Connection, model_id: UUID, *, is_of_one_cluster: bool) -> Select[Any]:
    """The customers whom a model labels, as rows of `customer_features`.

    The index of clusters has the customers of one cluster in their order. Else SQLite would find all customers by it and sort
    them, a million for a page. Without that index it reads them in their order, and stops.
    """
    joined = select(customer_features).join(labels, customer_features.c.customer_id == labels.c.customer_id)
    by_index = is_of_one_cluster or connection.dialect.name != "sqlite"
    return joined.where(labels.c.model_id == model_id if by_index else of_model(model_id, labels.c.model_id))
