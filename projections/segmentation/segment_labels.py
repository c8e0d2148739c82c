"""segment_labels: each customer's segment by every active model, since when, and by which event.

A label depends only on the customer's features as of a day and on the last fit of the model; a replay never fits. The day is
the latest of: the model's cut-off day, the last day that has ended, the customer's last purchase. So a label changes with the
customer's own facts, with a fit, and with the end of a day. Labels by rule are separate and change in the same batch: see
`segment_rule_labels`.

A customer who lacks a feature has no label; the row names the missing features. Erasing a customer deletes all of their rows.

A fit or the end of a day may move a million customers, so `apply` only keeps it. It reaches a customer's rows before their next
own event is folded, or with a portion of `settle`, and until then when they are read: see `segment_turns`. The customer's
features are the same at each of these times, because only their own events change them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from domain.operations.calendar import DayEnded
from domain.shared.events import Recorded
from projections.customers import customer_features
from projections.customers.customer_behaviour import Behaviour, load
from projections.customers.customer_features import Features
from projections.segmentation import segment_models, segment_relabelling, segment_rule_labels, segment_rules
from projections.segmentation.segment_models import keep_day, keep_model, known_before
from projections.segmentation.segment_moves import Moves, all_seen, labels, past_labels, seen
from projections.segmentation.segment_relabelling import first_own, portion_after
from projections.segmentation.segment_rule_labels import RuleMoves, first_match
from projections.segmentation.segment_turns import Turn, turns_between
from projections.shared.projection import Delivery, Projection, Settling, types
from projections.shared.rows import Row, Rows

PORTION, LOOKED_AT = 5_000, 50_000
"""A portion is over after so many customers of this partition, or so many of all partitions."""
FEW = 8


class Standing(NamedTuple):
    """A customer's behaviour, and the position of their own last event."""

    behaviour: Behaviour
    position: int


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    for everyone, run in groupby(batch, key=lambda delivery: delivery.recorded.metadata.everyone):
        if everyone:
            for delivery in run:
                _keep(rows, delivery.recorded)
                if rows.is_alone:
                    settle_all(rows, 0, delivery.recorded.position + 1)
        else:
            _apply_to_customers(rows, list(run))


def _keep(rows: Rows, recorded: Recorded) -> None:
    if isinstance(recorded.event, DayEnded):
        keep_day(rows, recorded.position, recorded.event)
    elif isinstance(recorded.event, segment_rules.EVENTS):
        segment_rules.keep_rule(rows, recorded)
    else:
        keep_model(rows, known_before(rows, recorded.position).models.get(recorded.stream), recorded)


def _apply_to_customers(rows: Rows, batch: Sequence[Delivery]) -> None:
    first = batch[0].recorded.position
    known = known_before(rows, first)
    features = Features(rows, batch)
    rules = segment_rules.known_before(rows, first)
    turns = _turns_for(rows, features.before.values(), rows.settled, first)
    moves = Moves(rows, rows.select(labels, "customer_id", features.of) if known.active or turns else ())
    by_rule = RuleMoves(rows, features.of if rules or turns else ())
    if turns:
        reach({id: Standing(features.of[id], features.before[id]["position"]) for id in features.of}, turns, moves, by_rule)
    for delivery in batch:
        position = delivery.recorded.position
        for id in features.fold(delivery):
            behaviour = features.of.get(id)
            if behaviour is None:
                moves.forget(id)
                by_rule.forget(id)
            else:
                for model in known.active:
                    moves.see(id, model, seen(model, behaviour, known.ended), position)
                by_rule.see(id, first_match(rules, behaviour, known.ended), position)
    features.save()
    moves.save()
    by_rule.save()


# How events for everyone reach customers


def reach(customers: Mapping[UUID, Standing], turns: Sequence[Turn], moves: Moves, by_rule: RuleMoves) -> None:
    """Let the turns reach these customers.

    A turn is passed over if it was before the customer's own last event, or before the event that gave or ended the label:
    then it has reached the label already. Any other turn may reach it again, which changes nothing.
    """
    retired = {model.model_id for turn in turns for model in turn.retires}
    if retired:
        moves.look_up_ends(customers, retired)
    if any(turn.rules is not None for turn in turns):
        by_rule.look_up_ends(customers)
    for turn in turns:
        _reach_labels(customers, turn, moves)
        if turn.rules is not None:
            for id, (behaviour, own) in customers.items():
                if max(own, by_rule.last(id)) < turn.position:
                    by_rule.see(id, first_match(turn.rules, behaviour, turn.ended), turn.position)


def _reach_labels(customers: Mapping[UUID, Standing], turn: Turn, moves: Moves) -> None:
    for model in (*turn.retires, *turn.labels):
        due = {
            id: behaviour
            for id, (behaviour, own) in customers.items()
            if max(own, moves.last(id, model.model_id)) < turn.position
        }
        if model.fit_in_force is None:
            for id in due:
                moves.end(id, model)
        elif len(due) < FEW:
            for id, behaviour in due.items():
                moves.see(id, model, seen(model, behaviour, turn.ended), turn.position)
        else:
            for id, found in zip(due, all_seen(model, list(due.values()), turn.ended), strict=True):
                moves.see(id, model, found, turn.position)


def reached(rows: Rows, customers: Sequence[Row], turns: Sequence[Turn]) -> tuple[Moves, RuleMoves]:
    """The labels of customers, who are rows of `customer_features`, after the turns. Nothing is saved."""
    standing = {
        row["customer_id"]: Standing(load(row["state"]), row["position"]) for row in customers if row["state"] is not None
    }
    moves, by_rule = Moves(rows, rows.select(labels, "customer_id", standing)), RuleMoves(rows, standing)
    reach(standing, turns, moves, by_rule)
    return moves, by_rule


def lacks_turns(rows: Rows, after: int, before: int) -> bool:
    return bool(turns_between(rows, after, before))


def settle(rows: Rows, after: int, before: int, cursor: UUID | None) -> UUID | None:
    """Let the turns reach the next customers in the order of their ids: see `Settling`."""
    portion = portion_after(rows, cursor, PORTION, LOOKED_AT)
    segment_relabelling.reach(rows, portion, turns_between(rows, after, before))
    return None if portion.is_last else portion.last


def settle_all(rows: Rows, after: int, before: int) -> None:
    """Let the turns reach all customers of these rows."""
    if rows.is_alone:
        _settle_alone(rows, after, before)
        return
    cursor, is_last = None, False
    while not is_last:
        portion = portion_after(rows, cursor, PORTION, LOOKED_AT)
        if len(portion.ids):
            # They lack no turn before the first of their own last events.
            begun = max(after, first_own(rows, portion))
            segment_relabelling.reach(rows, portion, turns_between(rows, begun, before) if begun < before - 1 else ())
        cursor, is_last = portion.last, portion.is_last


def _settle_alone(rows: Rows, after: int, before: int) -> None:
    for customers in rows.each(customer_features.customer_features):
        if turns := _turns_for(rows, customers, after, before):
            for moved in reached(rows, customers, turns):
                moved.save()


def _turns_for(rows: Rows, customers: Iterable[Row], after: int, before: int) -> Sequence[Turn]:
    """The turns that these customers may lack: none before the first of their own last events."""
    begun = max(after, min((row["position"] for row in customers), default=before))
    return turns_between(rows, begun, before) if begun < before - 1 else ()


segment_labels = Projection(
    name="segment_labels",
    version=8,
    tables=(
        *segment_models.TABLES,
        *segment_rules.TABLES,
        *customer_features.TABLES,
        labels,
        past_labels,
        *segment_rule_labels.TABLES,
    ),
    apply=apply,
    reads=types(*segment_models.EVENTS, *segment_rules.EVENTS, *customer_features.EVENTS),
    settling=Settling(lacks_turns, settle, settle_all),
)
