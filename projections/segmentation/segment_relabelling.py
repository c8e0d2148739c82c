"""Lets events for everyone reach the labels of many customers at once: in columns, without an object for each customer.

The rows are those that `segment_moves` and `segment_rule_labels` write for a few customers. Each turn is written before the
next one is looked at, so a label that it ends is copied to the history inside the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Table, delete, func, select

from projections.customers.all_behaviours import behaviours_in, columns_of
from projections.customers.behaviour_figures import Behaviours
from projections.customers.customer_features import customer_features
from projections.segmentation.segment_assignment import assign_all
from projections.segmentation.segment_models import Model
from projections.segmentation.segment_moves import by_any_fit, labels, of_model, past_labels
from projections.segmentation.segment_rule_columns import NO_RULE, RuleColumns, need_attributes, need_days
from projections.segmentation.segment_rule_labels import by_any_rule, past_rule_labels, rule_labels
from projections.segmentation.segment_turns import Turn
from projections.shared.id_vectors import Places, id_of
from projections.shared.rows import Few, Rows
from projections.shared.vectors import Codes, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.customers.behaviour_figures import Numbers
    from projections.shared.vectors import Ids, Whole

    Flags = NDArray[np.bool_]

NO_CLUSTER = -1


# The customers of a portion


class Portion(NamedTuple):
    """Customers of this partition with ids after `after` and up to `last`, where there may be others too.

    `last` is None if there is no customer after `after`. `is_last` is whether there is none after `last`.
    """

    ids: Ids
    after: UUID | None
    last: UUID | None
    is_last: bool
    is_everyone: bool

    def among(self, rows: Rows, key: ColumnElement[UUID]) -> Sequence[ColumnElement[bool]]:
        """The conditions for rows of these customers."""
        if not self.is_everyone:
            return [rows.is_among(key, self.ids)]
        return [key <= self.last, *([key > self.after] if self.after else [])]


def first_own(rows: Rows, portion: Portion) -> int:
    """The least position of these customers' own last events; 0 if there are none."""
    table = rows.table(customer_features)
    query = select(func.min(table.c.position)).where(*portion.among(rows, table.c.customer_id))
    return (rows.connection.execute(query).scalar() or 0) if len(portion.ids) else 0


def portion_after(rows: Rows, cursor: UUID | None, enough: int, look_at: int) -> Portion:
    """The next customers: `enough` of this partition, or fewer if it has no more, or `look_at` of all were looked at."""
    import numpy as np

    here, last, looked_at, is_everyone = [np.zeros((0, 2), np.uint64)], cursor, 0, True
    while looked_at < look_at and sum(map(len, here)) < enough:
        ids = _next_ids(rows, last, enough)
        if len(ids):
            are_here = rows.lives_here.among(ids)
            is_everyone = is_everyone and bool(are_here.all())
            here.append(ids[are_here])
            last = id_of(ids[np.lexsort((ids[:, 1], ids[:, 0]))[-1]])
        looked_at += len(ids)
        if len(ids) < enough:
            return Portion(np.concatenate(here), cursor, last, True, is_everyone)
    return Portion(np.concatenate(here), cursor, last, False, is_everyone)


def _next_ids(rows: Rows, after: UUID | None, limit: int) -> Ids:
    import numpy as np

    key = rows.table(customer_features).c.customer_id
    query = select(key).order_by(key).limit(limit)
    some = (query if after is None else query.where(key > after)).subquery()
    found: Ids = read(rows.connection, {"id": some.c[0]}).get("id", np.zeros((0, 2), np.uint64))
    return found


class _Customers(NamedTuple):
    """A value for each customer of a portion who is not erased. `own` is the position of their own last event."""

    rows: Rows
    portion: Portion
    ids: Ids
    own: Whole
    behaviours: Behaviours

    def of(self, table: Table, columns: Mapping[str, ColumnElement[Any]], *where: ColumnElement[bool]) -> tuple[Whole, Any]:
        """The columns of their rows in the table that meet the conditions, and the place of each row's customer."""
        import numpy as np

        found = read(self.rows.connection, {"id": table.c.customer_id, **columns}, *where)
        places = Places(self.ids).of(found["id"]) if found else np.zeros(0, np.int64)
        return places, found

    def everyone(self, key: ColumnElement[UUID]) -> Sequence[ColumnElement[bool]]:
        """The conditions for their rows."""
        return self.portion.among(self.rows, key)

    def are(self, some: Flags, key: ColumnElement[UUID]) -> Sequence[ColumnElement[bool]]:
        """The conditions for rows of some of them."""
        return self.portion.among(self.rows, key) if some.all() else [self.rows.is_among(key, self.ids[some])]


def _customers(rows: Rows, portion: Portion, turns: Sequence[Turn]) -> _Customers | None:
    table = rows.table(customer_features)
    rules = [rule for turn in turns for rule in turn.rules or ()]
    of_models = any(feature.attribute is not None for turn in turns for one in turn.labels for feature in one.fitted.features)
    columns = {
        "id": table.c.customer_id,
        "position": table.c.position,
        **columns_of(table, of_attributes=of_models or need_attributes(rules), of_days=need_days(rules)),
    }
    of = read(rows.connection, columns, table.c.state.is_not(None), *portion.among(rows, table.c.customer_id))
    return _Customers(rows, portion, of["id"], of["position"], behaviours_in(of)) if of else None


def reach(rows: Rows, portion: Portion, turns: Sequence[Turn]) -> None:
    """Let the turns reach these customers, as `segment_labels.reach` does for a few."""
    customers = _customers(rows, portion, turns) if len(portion.ids) and turns else None
    if customers is None:
        return
    retired = {model.model_id for turn in turns for model in turn.retires}
    models = dict.fromkeys(model.model_id for turn in turns for model in (*turn.retires, *turn.labels))
    codes = Codes()
    held = {id: _held(customers, id, codes, has_ended=id in retired) for id in models}
    by_rule = _held_by_rule(customers) if any(turn.rules is not None for turn in turns) else None
    seen = RuleColumns(customers.behaviours)
    for turn in turns:
        for model in turn.retires:
            _retire(customers, turn, model, held[model.model_id])
        for model in turn.labels:
            _label(customers, turn, model, held[model.model_id], codes)
        if by_rule is not None and turn.rules is not None:
            _label_by_rule(customers, turn, seen, by_rule)


# Labels by models


class _Held(NamedTuple):
    """The labels of the customers by one model; `since` is 0 without one, and `ended` is when the last one has ended, if known.

    `missing` are numbers of texts. Changed in place.
    """

    since: Whole
    ended: Whole
    fits: Whole
    clusters: Whole
    missing: Whole

    @property
    def last(self) -> Whole:
        """The position of the event that gave each label, or ended it; 0 if there was none."""
        import numpy as np

        found: Whole = np.where(self.since > 0, self.since, self.ended)
        return found


def _held(customers: _Customers, model_id: UUID, codes: Codes, *, has_ended: bool) -> _Held:
    import numpy as np

    held = _Held(*(np.zeros(len(customers.ids), np.int64) for _ in _Held._fields))
    now, past = (customers.rows.table(table) for table in (labels, past_labels))
    columns: dict[str, ColumnElement[Any]] = {name: now.c[name] for name in ("since", "fit_position", "missing")}
    columns["cluster"] = func.coalesce(now.c.cluster, NO_CLUSTER)
    where = (of_model(model_id, now.c.model_id), *customers.everyone(now.c.customer_id))
    places, of = customers.of(now, columns, *where)
    if of:
        held.since[places], held.fits[places], held.clusters[places] = of["since"], of["fit_position"], of["cluster"]
        held.missing[places] = codes.of(of["missing"])
    without = held.since == 0
    if has_ended and without.any():
        where = (by_any_fit(customers.rows), past.c.model_id == model_id, *customers.are(without, past.c.customer_id))
        places, of = customers.of(past, {"until": past.c.until}, *where)
        if of:
            np.maximum.at(held.ended, places, of["until"])
    return held


def _retire(customers: _Customers, turn: Turn, model: Model, held: _Held) -> None:
    import numpy as np

    some = (np.maximum(customers.own, held.last) < turn.position) & (held.since > 0)
    if some.any():
        table = customers.rows.table(labels)
        where = (of_model(model.model_id, table.c.model_id), *customers.are(some, table.c.customer_id))
        customers.rows.copy(labels, past_labels, where, until=model.position)
        customers.rows.connection.execute(delete(table).where(*where))
        held.since[some], held.ended[some] = 0, model.position


def _label(customers: _Customers, turn: Turn, model: Model, held: _Held, codes: Codes) -> None:
    import numpy as np

    due = np.maximum(customers.own, held.last) < turn.position
    if not due.any():
        return
    day = model.day(turn.ended)
    features = [customers.behaviours.values(feature, day) for feature in model.fitted.features]
    missing = _missing(model, features, codes)
    clusters, distances = _assigned(model, features)
    as_before = (held.fits == model.fit_position) & (held.clusters == clusters) & (held.missing == missing)
    some = due & ~((held.since > 0) & as_before)
    if not some.any():
        return
    rows, table = customers.rows, customers.rows.table(labels)
    ended = some & (held.since > 0)
    if ended.any():
        where = (of_model(model.model_id, table.c.model_id), *customers.are(ended, table.c.customer_id))
        rows.copy(labels, past_labels, where, until=turn.position)
    stays = ended & (held.clusters == clusters)
    for which, keeping in ((some & stays, ("cluster",)), (some & ~stays, ())):
        if which.any():
            columns = {
                "customer_id": customers.ids[which],
                "model_id": _all(model.model_id, which),
                "since": _all(turn.position, which),
                "fit_position": _all(model.fit_position, which),
                "cluster": Few([None, *range(model.fitted.k)], clusters[which] - NO_CLUSTER),
                "missing": Few(codes.texts, missing[which]),
                "as_of": _dates(customers.behaviours.as_of(day)[which]),
                "distance": _with_nulls(distances[which]),
                "features": _texts(features, which),
            }
            rows.save_columns(labels, columns, keeping)
    held.since[some], held.fits[some] = turn.position, model.fit_position
    held.clusters[some], held.missing[some] = clusters[some], missing[some]


def _missing(model: Model, features: Sequence[Numbers], codes: Codes) -> Whole:
    """The names of the features that each customer lacks, as the number of a text."""
    import numpy as np

    lacks = np.zeros(len(features[0]), np.int64)
    for place, column in enumerate(features):
        lacks |= np.isnan(column).astype(np.int64) << place
    names = [feature.label for feature in model.fitted.features]
    different, places = np.unique(lacks, return_inverse=True)
    lacking = ([name for place, name in enumerate(names) if number >> place & 1] for number in different.tolist())
    return codes.of([_encode(some).decode() for some in lacking])[places]


def _assigned(model: Model, features: Sequence[Numbers]) -> tuple[Whole, Numbers]:
    """The cluster of each customer, and the distance from its centroid; NO_CLUSTER and NaN if they lack a feature."""
    import numpy as np

    whole = ~np.logical_or.reduce([np.isnan(column) for column in features])
    clusters, distances = np.full(len(whole), NO_CLUSTER, np.int64), np.full(len(whole), np.nan)
    if whole.any():
        clusters[whole], distances[whole] = assign_all(model.fitted, [column[whole] for column in features])
    return clusters, distances


# Labels by rule


class _HeldByRule(NamedTuple):
    """The label of each customer by rule: the position of its expression, 0 without one. See `_Held`."""

    since: Whole
    ended: Whole
    said: Whole

    @property
    def last(self) -> Whole:
        import numpy as np

        found: Whole = np.where(self.since > 0, self.since, self.ended)
        return found


def _held_by_rule(customers: _Customers) -> _HeldByRule:
    import numpy as np

    held = _HeldByRule(*(np.zeros(len(customers.ids), np.int64) for _ in _HeldByRule._fields))
    now, past = (customers.rows.table(table) for table in (rule_labels, past_rule_labels))
    columns = {"since": now.c.since, "said": now.c.said_position}
    places, of = customers.of(now, columns, *customers.everyone(now.c.customer_id))
    if of:
        held.since[places], held.said[places] = of["since"], of["said"]
    if (without := held.since == 0).any():
        where = (by_any_rule(customers.rows), *customers.are(without, past.c.customer_id))
        places, of = customers.of(past, {"until": past.c.until}, *where)
        if of:
            np.maximum.at(held.ended, places, of["until"])
    return held


def _label_by_rule(customers: _Customers, turn: Turn, seen: RuleColumns, held: _HeldByRule) -> None:
    import numpy as np

    rules, table = turn.rules or (), customers.rows.table(rule_labels)
    due = np.maximum(customers.own, held.last) < turn.position
    if not due.any():
        return
    found = seen.first_matches(rules, turn.ended)
    said = np.array([*(rule.said_position for rule in rules), 0])[found]
    some = due & (said != held.said)
    ended = some & (held.said > 0)
    if ended.any():
        customers.rows.copy(rule_labels, past_rule_labels, customers.are(ended, table.c.customer_id), until=turn.position)
    without = ended & (found == NO_RULE)
    if without.any():
        customers.rows.connection.execute(delete(table).where(*customers.are(without, table.c.customer_id)))
    for place, rule in enumerate(rules):
        of_rule = some & (found == place)
        if of_rule.any():
            customers.rows.save_columns(
                rule_labels,
                {
                    "customer_id": customers.ids[of_rule],
                    "rule_id": _all(rule.rule_id, of_rule),
                    "since": _all(turn.position, of_rule),
                    "said_position": _all(rule.said_position, of_rule),
                    "as_of": _dates(seen.as_of(rule, turn.ended)[of_rule]),
                    "facts": _texts(seen.facts(rule, turn.ended), of_rule),
                },
            )
    held.since[some] = np.where(found[some] == NO_RULE, 0, turn.position)
    held.ended[ended], held.said[some] = turn.position, said[some]


# Values of columns

_encode = msgspec.json.Encoder().encode


def _all(value: Any, some: Flags) -> Few:
    """The same value for each of them."""
    import numpy as np

    return Few([value], np.zeros(np.count_nonzero(some), np.int64))


def _with_nulls(numbers: Numbers) -> list[float | None]:
    """The numbers, with None for NaN."""
    import numpy as np

    listed: list[float | None] = numbers.tolist()
    for place in np.flatnonzero(np.isnan(numbers)).tolist():
        listed[place] = None
    return listed


def _dates(days: Numbers) -> Few:
    import numpy as np

    numbers, places = np.unique(days.astype(np.int64), return_inverse=True)
    return Few([date.fromordinal(number) for number in numbers.tolist()], places)


def _texts(columns: Sequence[Numbers], some: Flags) -> list[str]:
    """The values of each customer as a list in JSON, with null for NaN: all are encoded at once."""
    import numpy as np

    rows = np.column_stack([column[some] for column in columns]).tolist()
    return [f"[{values}]" for values in _encode(rows).decode()[2:-2].split("],[")]
