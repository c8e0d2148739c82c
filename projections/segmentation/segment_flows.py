"""How many customers moved from which segment to which, between two positions of the log: from the history of labels.

A cluster is recognised across fits by its id. The labels are those of each customer's own record, because those of merge
survivors are computed when they are read and have no history. Erased customers have no history either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Integer, cast, func

from projections.segmentation.segment_models import LAST, Model, fits
from projections.segmentation.segment_moves import labels, of_model, past_labels
from projections.segmentation.segment_turns import turns_between
from projections.shared.figures import Measured, counted
from projections.shared.group_vectors import groups
from projections.shared.id_vectors import numbered
from projections.shared.ratios import ratio
from projections.shared.rows import Rows
from projections.shared.vectors import by_key, by_place, portions

if TYPE_CHECKING:
    from projections.shared.vectors import Ids, Whole

NO_CLUSTER, NOT_THERE = -1, -2
"""The clusters of customers who lacked a feature, and of those who had no label by the model at all."""
GONE, LACKING = "no label", "lacks a feature"


class Flow(NamedTuple):
    """A cluster: its id and its name in the last fit that had it; without an id, why a customer had no cluster."""

    id: int | None
    name: str


def last_turn(connection: Connection, model_id: UUID, settled: int, upto: int) -> int | None:
    """The position of an event for everyone that has not reached all labels of the model yet; None if there is none."""
    turns = [turn for turn in turns_between(Rows(connection), settled, upto + 1) if turn.concerns(model_id)]
    return turns[-1].position if turns else None


def report(connection: Connection, model_id: UUID, start: int, end: int) -> list[Measured]:
    """The customers by their cluster after the event at `start` and after the one at `end`. All labels up to then are there."""
    import numpy as np

    by_fit = {position: model for (id, position), model in fits(connection).items() if id == model_id}
    ids, before, after = _clusters(connection, model_id, (start, end), by_fit)
    places = _of_customers(ids, before, after)
    names = _names(by_fit)
    flows = groups(*places)
    moved = list(zip(flows.keys, np.bincount(flows.of_rows, minlength=flows.length).tolist(), strict=True))
    of_origin: dict[int, int] = {}
    for (origin, _), count in moved:
        of_origin[origin] = of_origin.get(origin, 0) + count
    return [
        _measured(names, origin, target, count, of_origin[origin])
        for (origin, target), count in moved
        if (origin, target) != (NOT_THERE, NOT_THERE)
    ]


def _of_customers(ids: Ids, before: Whole, after: Whole) -> tuple[Whole, Whole]:
    """The cluster of each customer at each position; customers are in no order.

    A label that was in force at both positions is all that there is of its customer. So only the others are joined.
    """
    import numpy as np

    stayed = (before != NOT_THERE) & (after != NOT_THERE)
    customers, length = numbered(ids[~stayed])
    sides = []
    for clusters in (before, after):
        moved = np.full(length, NOT_THERE, np.int64)
        theirs = clusters[~stayed]
        there = theirs != NOT_THERE
        moved[customers[there]] = theirs[there]
        sides.append(np.concatenate((clusters[stayed], moved)))
    return sides[0], sides[1]


def _measured(names: dict[int, str], origin: int, target: int, count: int, of_origin: int) -> Measured:
    (from_id, from_name), (to_id, to_name) = (_flow(names, cluster) for cluster in (origin, target))
    return Measured(
        group={"from_id": from_id, "from": from_name, "to_id": to_id, "to": to_name},
        measures={
            "customers": counted(
                count, "customers", "customers who were in `from` at the first position, in `to` at the second"
            ),
            "share": ratio(count, of_origin, "1", "these customers / all who were in `from`", "nobody was there"),
        },
    )


def _flow(names: dict[int, str], cluster: int) -> Flow:
    if cluster >= 0:
        return Flow(cluster, names[cluster])
    return Flow(None, LACKING if cluster == NO_CLUSTER else GONE)


def _names(by_fit: dict[int, Model]) -> dict[int, str]:
    """The name of each cluster in the last fit that had it."""
    return {
        id: name for _, model in sorted(by_fit.items()) for id, name in zip(model.fitted.ids, model.cluster_names, strict=True)
    }


def _clusters(
    connection: Connection, model_id: UUID, positions: tuple[int, int], by_fit: dict[int, Model]
) -> tuple[Ids, Whole, Whole]:
    """The customers with a label, and the id of its cluster at each of the two positions; a customer may come several times."""
    import numpy as np

    ids, sides = [np.zeros((0, 2), np.uint64)], [[np.zeros(0, np.int64)] for _ in positions]
    width = 2 + max((model.fitted.k for model in by_fit.values()), default=0)
    for of in _rows(connection, model_id, positions, by_fit, width):
        labels, there = of["label"] >> len(positions), of["label"]
        clusters = _ids_of(labels // width, labels % width, by_fit)
        ids.append(of["id"])
        for place, side in enumerate(sides):
            side.append(np.where(there >> place & 1, clusters, NOT_THERE))
    before, after = (np.concatenate(side) for side in sides)
    return np.concatenate(ids), before, after


def _rows(
    connection: Connection, model_id: UUID, positions: tuple[int, int], fits: Iterable[int], width: int
) -> Iterator[dict[str, Any]]:
    """The labels that are in force, and past ones that were it at the first position or later.

    `label` is one number, because the database joins one column in half the time of two: the position of the fit, the cluster
    from 1 or 0 for none, and a bit for each position at which the label was in force.
    """
    now, past = labels.c, past_labels.c
    since = [now.since <= position for position in positions]
    where = [of_model(model_id, now.model_id)]
    columns = {"id": now.customer_id, "label": _label(now, width, since)}
    yield from portions(connection, columns, where, by_place(connection, labels, where))
    within = [(past.since <= position) & (past.until > position) for position in positions]
    for fit in _between(fits, *positions):
        where = [past.fit_position == fit, past.until > positions[0]]
        columns = {"id": past.customer_id, "label": _label(past, width, within)}
        yield from portions(connection, columns, where, by_key(connection, past.customer_id, where))


def _between(fits: Iterable[int], start: int, end: int) -> list[int]:
    """The fits by which there may have been labels between the positions: the next fit ends all of a fit's labels."""
    begun = sorted(fits)
    return [fit for fit, following in zip(begun, [*begun[1:], LAST], strict=True) if fit <= end and following > start]


def _label(row: Any, width: int, in_force: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    label: ColumnElement[int] = row.fit_position * width + func.coalesce(row.cluster, NO_CLUSTER) + 1
    for there in reversed(in_force):
        label = label * 2 + cast(there, Integer)
    return label


def _ids_of(fit_positions: Whole, clusters: Whole, by_fit: dict[int, Model]) -> Whole:
    """The ids of clusters, which are numbered from 1; NO_CLUSTER for 0."""
    import numpy as np

    found = groups(fit_positions, clusters)
    ids = [by_fit[fit].fitted.ids[cluster - 1] if cluster else NO_CLUSTER for fit, cluster in found.keys]
    return np.array(ids, np.int64)[found.of_rows]
