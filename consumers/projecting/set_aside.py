"""Sets aside the events that a read model cannot fold, in the same transaction that continues without them.

The later events of the same subjects are set aside too, so that a retry keeps their order. An event for everyone is not folded
for waiting subjects. Events that a person has discarded are skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from consumers.projecting.arrivals import Arrival
from consumers.projecting.faults import frames_of, name_of
from infra.read_models.positions import EVERYONE, dead_letters
from infra.routing import partition_of
from projections.shared.projection import Delivery

WAITS = "waits for an earlier event"
AT_ONCE = 500


class ForEveryone(Exception):
    """An event for everyone cannot be folded. The read model stops before it."""

    def __init__(self, arrival: Arrival, cause: Exception) -> None:
        super().__init__(f"position {arrival.position} concerns everyone")
        self.arrival, self.cause = arrival, cause


class SetAside:
    """The dead letters of a read model on one partition.

    `discards_of` names the read model whose discarded events are skipped; by default it is the same one. A read model that
    `folds_for_everyone` has rows that depend on events for everyone.
    """

    def __init__(
        self,
        connection: Connection,
        projection: str,
        partitions: int,
        *,
        folds_for_everyone: bool = True,
        discards_of: str | None = None,
    ) -> None:
        self._connection, self._projection, self._partitions = connection, projection, partitions
        self._folds_for_everyone = folds_for_everyone
        self._discards_of = discards_of or projection
        self._waiting: set[UUID] = set()
        self._discarded: set[tuple[int, UUID]] = set()

    @property
    def waiting(self) -> Set[UUID]:
        """The waiting subjects that `load` found, and the subjects of events that were refused since."""
        return self._waiting

    @property
    def is_empty(self) -> bool:
        return not self._waiting and not self._discarded

    def load(self, arrivals: Sequence[Arrival]) -> None:
        """Reads the dead letters that affect these events."""
        if not arrivals:
            return
        subjects = list({subject for arrival in arrivals for subject in arrival.here})
        if any(arrival.everyone for arrival in arrivals):
            self._waiting |= self._waiting_where(dead_letters.c.subject != EVERYONE)
        else:
            for start in range(0, len(subjects), AT_ONCE):
                self._waiting |= self._waiting_where(dead_letters.c.subject.in_(subjects[start : start + AT_ONCE]))
        self._discarded |= self._discarded_between(arrivals[0].position, arrivals[-1].position)

    def admit(self, arrival: Arrival) -> Delivery | None:
        """The part of the event that may be folded now, if any; the rest is set aside.

        Raises ForEveryone if the event cannot be decoded and is for everyone.
        """
        if self.is_empty and arrival.delivery is not None:
            return arrival.delivery
        if (arrival.position, EVERYONE) in self._discarded:
            return None
        here = frozenset(s for s in arrival.here if (arrival.position, s) not in self._discarded)
        if (waiting := here & self._waiting) and not (arrival.error and self._stops_at(arrival)):
            self._keep(arrival, waiting, WAITS if arrival.error is None else name_of(arrival.error), "")
        here -= waiting
        if not here and not arrival.everyone:
            return None
        if arrival.delivery is None:
            assert arrival.error is not None
            self.refuse(arrival._replace(here=here), arrival.error)
            return None
        return arrival.delivery if here == arrival.here else Delivery(arrival.delivery.recorded, here)

    def refuse(self, arrival: Arrival, error: Exception) -> None:
        """Sets the event aside for its subjects on this partition. Raises ForEveryone if it is for everyone."""
        if self._stops_at(arrival):
            raise ForEveryone(arrival, error)
        self._keep(arrival, arrival.here, name_of(error), frames_of(error))
        self._waiting |= arrival.here

    def _stops_at(self, arrival: Arrival) -> bool:
        """Whether all rows may depend on the event.

        An event that is not understood, and that is for everyone, does not stop a read model that folds no such event. If a
        later version folds it, a retry finds that, and the read model is built again.
        """
        return arrival.everyone and (self._folds_for_everyone or arrival.understood)

    def stop_at(self, stop: ForEveryone, partition: int) -> None:
        """Stores the event that stopped the read model on a partition.

        If its own subject waits, the event was set aside for it. It is met again, and then it is set aside again.
        """
        place = (dead_letters.c.projection == self._projection, dead_letters.c.position == stop.arrival.position)
        here = (*place, dead_letters.c.partition == partition, dead_letters.c.discarded == 0)
        self._connection.execute(delete(dead_letters).where(*here, dead_letters.c.subject != EVERYONE))
        again = self._connection.execute(
            update(dead_letters)
            .where(*place, dead_letters.c.partition == partition, dead_letters.c.subject == EVERYONE)
            .values(tries=dead_letters.c.tries + 1, error=name_of(stop.cause), traceback=frames_of(stop.cause))
        )
        if not again.rowcount:
            row = self._row(stop.arrival, EVERYONE, name_of(stop.cause), frames_of(stop.cause))
            self._connection.execute(insert(dead_letters), [{**row, "partition": partition}])

    def went_past(self, partition: int, position: int) -> None:
        """Deletes the stored event that stopped the read model, if this partition is now at or after that event."""
        self._connection.execute(
            delete(dead_letters).where(
                dead_letters.c.projection == self._projection,
                dead_letters.c.partition == partition,
                dead_letters.c.subject == EVERYONE,
                dead_letters.c.position <= position,
                dead_letters.c.discarded == 0,
            )
        )

    def _keep(self, arrival: Arrival, subjects: Iterable[UUID], error: str, frames: str) -> None:
        if rows := [self._row(arrival, subject, error, frames) for subject in sorted(subjects)]:
            self._connection.execute(insert(dead_letters), rows)

    def _row(self, arrival: Arrival, subject: UUID, error: str, frames: str) -> dict[str, object]:
        return {
            "projection": self._projection,
            "position": arrival.position,
            "partition": partition_of(subject, self._partitions),
            "subject": subject,
            "type": arrival.type,
            "error": error,
            "traceback": frames,
            "tries": 1,
            "since": datetime.now(UTC),
            "discarded": 0,
        }

    def _waiting_where(self, condition: ColumnElement[bool]) -> set[UUID]:
        query = select(dead_letters.c.subject).where(
            dead_letters.c.projection == self._projection,
            dead_letters.c.discarded == 0,
            condition,
        )
        return set(self._connection.execute(query.distinct()).scalars())

    def _discarded_between(self, first: int, last: int) -> set[tuple[int, UUID]]:
        query = select(dead_letters.c.position, dead_letters.c.subject).where(
            dead_letters.c.projection == self._discards_of,
            dead_letters.c.discarded == 1,
            dead_letters.c.position.between(first, last),
        )
        return {(row.position, row.subject) for row in self._connection.execute(query)}
