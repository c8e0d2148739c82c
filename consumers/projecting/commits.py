"""One commit of a read model: rows, dead letters and the positions of one partition or of several, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress

from prometheus_client import Counter
from sqlalchemy import Connection

from consumers.projecting.arrivals import Arrival, Arrived, joined
from consumers.projecting.folding import Unfoldable, fold, rows_on
from consumers.projecting.lane import Lane, Taken
from consumers.projecting.set_aside import ForEveryone, SetAside
from infra.read_models.advancing import Moves, advance
from infra.read_models.database import ReadModels
from infra.read_models.positions import all_registered, registered, require_current
from infra.read_models.settled import settled_upto
from infra.routing import Held, Message

folded = Counter("recount_projector_events_total", "Messages that a read model folded or skipped.", ["projection"])
searched = Counter(
    "recount_projector_failed_batches_total",
    "Batches folded again, one event at a time.",
    ["projection"],
)


class Commits:
    """Commits the messages that lanes take. Raises Superseded, Outdated and transient errors, with nothing written."""

    def __init__(self, read_models: ReadModels, partitions: int, topic_id: str, types_for_everyone: frozenset[str]) -> None:
        self._read_models, self._partitions, self._topic_id = read_models, partitions, topic_id
        self._types_for_everyone = types_for_everyone

    def commit(self, lane: Lane, messages: Sequence[Message], arrived: Arrived) -> ForEveryone | None:
        """Folds the messages together or, if that fails, one by one. Returns the event that stops the lane, if any."""
        taken, wanted = [(lane, messages)], list(arrived.wanted(lane, messages))
        with suppress(Unfoldable):
            return self._commit(taken, wanted)
        searched.labels(lane.projection.name).inc()
        return self._commit(taken, wanted, one_by_one=True)

    def commit_together(self, taken: Sequence[Taken], arrived: Mapping[int, Arrived]) -> None:
        """Folds what these lanes of one read model take, as if their partitions were one. Raises Unfoldable too."""
        self._commit(taken, joined(one for lane, messages in taken for one in arrived[lane.partition].wanted(lane, messages)))

    def pass_over(self, taken: Sequence[Taken], arrived: Mapping[int, Arrived]) -> None:
        """Moves the positions of lanes that want none of their messages, all in one transaction: there are no rows to write.

        If one lane cannot move, none of them does; the error then appears when each read model commits alone.
        """
        idle = [(lane, messages) for lane, messages in taken if not any(arrived[lane.partition].wanted(lane, messages))]
        if len(idle) > 1:
            with suppress(Exception):
                self._pass_over(idle)

    def _pass_over(self, taken: Sequence[Taken]) -> None:
        """Most read models are at the same places: one statement moves all of them."""
        lanes: dict[str, list[Taken]] = defaultdict(list)
        for lane, messages in taken:
            lanes[lane.projection.name].append((lane, messages))
        moves = {name: self._moves(each) for name, each in lanes.items()}
        with self._read_models.writer.begin() as connection:
            alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
            for name, each in moves.items():
                alike[tuple(each.items())].append(name)
            for names in alike.values():
                advance(connection, names, moves[names[0]])
            # Read after the positions are locked, because a rebuild swaps the rows under the same lock.
            known = all_registered(connection)
            for name, [(lane, _), *_] in lanes.items():
                if require_current(known.get(name), name, lane.projection.version, self._partitions).has_dead_letters:
                    self._go_past(SetAside(connection, name, self._partitions), moves[name])
        for lane, messages in taken:
            self._note(lane, messages, moves[lane.projection.name][lane.partition][1])

    def _commit(self, taken: Sequence[Taken], wanted: Sequence[Arrival], *, one_by_one: bool = False) -> ForEveryone | None:
        projection, moves = taken[0][0].projection, self._moves(taken)
        with self._read_models.writer.begin() as connection:
            advance(connection, [projection.name], moves)
            known = registered(connection, projection.name)
            known = require_current(known, projection.name, projection.version, self._partitions)
            stops = projection.wants_any(self._types_for_everyone)
            aside = SetAside(connection, projection.name, self._partitions, folds_for_everyone=stops)
            if known.has_dead_letters:
                aside.load(wanted)
            rows = rows_on(connection, moves.keys(), self._partitions)
            rows.settled = self._settled(connection, taken)
            stop = fold(projection, rows, wanted, aside, one_by_one=one_by_one)
            if stop:
                [(lane, messages)] = taken
                back = {lane.partition: (moves[lane.partition][1], self._before(stop, lane, messages))}
                advance(connection, [projection.name], back)
                aside.stop_at(stop, lane.partition)
                moves = back
            if known.has_dead_letters:
                self._go_past(aside, moves)
        for lane, messages in taken:
            self._note(lane, messages, moves[lane.partition][1])
            lane.unsettled |= projection.settling is not None and any(arrival.everyone for arrival in wanted)
        return stop

    @staticmethod
    def _settled(connection: Connection, taken: Sequence[Taken]) -> int:
        """The position up to which events for everyone have reached all rows of these lanes."""
        unsettled = [lane.partition for lane, _ in taken if lane.unsettled]
        known = [lane.held.position for lane, _ in taken if not lane.unsettled]
        return min([*known, *([settled_upto(connection, taken[0][0].projection.name, unsettled)] if unsettled else [])])

    def _moves(self, taken: Sequence[Taken]) -> Moves:
        return {lane.partition: (lane.held, self._held(messages[-1])) for lane, messages in taken}

    def _held(self, message: Message) -> Held:
        return Held(message.stored.position, message.offset + 1, self._topic_id)

    def _before(self, stop: ForEveryone, lane: Lane, messages: Sequence[Message]) -> Held:
        before = [m for m in messages if m.stored.position < stop.arrival.position]
        return self._held(before[-1]) if before else lane.held

    @staticmethod
    def _go_past(aside: SetAside, moves: Moves) -> None:
        for partition, (_, reached) in moves.items():
            aside.went_past(partition, reached.position)

    @staticmethod
    def _note(lane: Lane, messages: Sequence[Message], reached: Held) -> None:
        """Notes that the lane has committed its messages up to here."""
        folded.labels(lane.projection.name).inc(sum(m.stored.position <= reached.position for m in messages))
        lane.holds(reached)
