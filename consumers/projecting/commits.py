"""One commit of a read model on one partition: rows, dead letters and position, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from prometheus_client import Counter

from consumers.projecting.arrivals import Arrival, Arrived
from consumers.projecting.folding import Unfoldable, fold, rows_on
from consumers.projecting.lane import Lane
from consumers.projecting.set_aside import ForEveryone, SetAside
from infra.read_models.database import ReadModels
from infra.read_models.positions import advance, advance_together, all_registered, registered, require_current
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
        with suppress(Unfoldable):
            return self._commit(lane, messages, arrived, one_by_one=False)
        searched.labels(lane.projection.name).inc()
        return self._commit(lane, messages, arrived, one_by_one=True)

    def pass_over(self, taken: Sequence[tuple[Lane, Sequence[Message]]], arrived: Mapping[int, Arrived]) -> None:
        """Moves the positions of lanes that want none of their messages, all in one transaction: there are no rows to write.

        A read model with dead letters is left out: its commits must also delete a stored event that no longer stops the lane.
        If one lane cannot move, none of them does; the error then appears when each lane commits alone.
        """
        idle = [(lane, messages) for lane, messages in taken if not any(_wanted(lane, messages, arrived[lane.partition]))]
        if len(idle) > 1:
            with suppress(Exception):
                self._pass_over(idle)

    def _pass_over(self, lanes: Sequence[tuple[Lane, Sequence[Message]]]) -> None:
        """Most lanes of a partition are at the same place: one statement moves all of them."""
        with self._read_models.writer.begin() as connection:
            waiting = {name for name, known in all_registered(connection).items() if known.has_dead_letters}
            moved = [(lane, messages) for lane, messages in lanes if lane.projection.name not in waiting]
            steps: dict[tuple[int, Held, Held], list[str]] = defaultdict(list)
            for lane, messages in moved:
                steps[lane.partition, lane.held, self._held(messages[-1])].append(lane.projection.name)
            for (partition, old, new), names in sorted(steps.items()):
                advance_together(connection, names, partition, old, new)
            # Read after the positions are locked, because a rebuild swaps the rows under the same lock.
            known = all_registered(connection)
            for projection in {lane.projection.name: lane.projection for lane, _ in lanes}.values():
                require_current(known.get(projection.name), projection.name, projection.version, self._partitions)
        for lane, messages in moved:
            folded.labels(lane.projection.name).inc(len(messages))
            lane.holds(self._held(messages[-1]))

    def _commit(self, lane: Lane, messages: Sequence[Message], arrived: Arrived, *, one_by_one: bool) -> ForEveryone | None:
        projection, partition = lane.projection, lane.partition
        wanted = list(_wanted(lane, messages, arrived))
        reached = self._held(messages[-1])
        with self._read_models.writer.begin() as connection:
            advance(connection, projection.name, partition, lane.held, reached)
            known = registered(connection, projection.name)
            known = require_current(known, projection.name, projection.version, self._partitions)
            stops = projection.wants_any(self._types_for_everyone)
            aside = SetAside(connection, projection.name, self._partitions, folds_for_everyone=stops)
            if known.has_dead_letters:
                aside.load(wanted)
            rows = rows_on(connection, partition, self._partitions)
            stop = fold(projection, rows, wanted, aside, one_by_one=one_by_one)
            if stop:
                before = self._before(stop, lane, messages)
                advance(connection, projection.name, partition, reached, before)
                aside.stop_at(stop, partition)
                reached = before
            if known.has_dead_letters:
                aside.went_past(partition, reached.position)
        folded.labels(projection.name).inc(sum(m.stored.position <= reached.position for m in messages))
        lane.holds(reached)
        return stop

    def _held(self, message: Message) -> Held:
        return Held(message.stored.position, message.offset + 1, self._topic_id)

    def _before(self, stop: ForEveryone, lane: Lane, messages: Sequence[Message]) -> Held:
        before = [m for m in messages if m.stored.position < stop.arrival.position]
        return self._held(before[-1]) if before else lane.held


def _wanted(lane: Lane, messages: Sequence[Message], arrived: Arrived) -> Iterator[Arrival]:
    return arrived.wanted_by(lane.projection, (message.stored for message in messages))
