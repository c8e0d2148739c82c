"""Ghosts: messages of events that the log does not have, because it was restored to a moment before the topic's end.

A read model must not fold them. It must also not go past them: later events of the log have the same positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consumers import same_log
from consumers.projecting.lane import Lane
from infra.event_store.store import EventStore
from infra.read_models.database import ReadModels
from infra.routing import Message

ByPartition = Mapping[int, Sequence[Message]]

SOURCE = "projector"


class Ghosts:
    """Finds ghosts before any read model takes them, and notes them. One query compares a whole batch with the log."""

    def __init__(self, store: EventStore, read_models: ReadModels) -> None:
        self._store, self._read_models = store, read_models

    def apart(self, messages: ByPartition) -> tuple[ByPartition, Mapping[int, Message]]:
        """The messages up to the first ghost of each partition, and these ghosts. Raises the errors of the databases."""
        absent = set(self._store.absent(message.stored for some in messages.values() for message in some))
        if not absent:
            return messages, {}
        ghosts = {
            partition: next(message for message in some if message.stored in absent)
            for partition, some in messages.items()
            if any(message.stored in absent for message in some)
        }
        true = {partition: _before(ghosts.get(partition), some) for partition, some in messages.items()}
        self._note(same_log.ghost_at(min(ghost.stored.position for ghost in ghosts.values())))
        return true, ghosts

    def note_folded(self, lane: Lane) -> None:
        """Notes that the lane has folded an event that the log does not have."""
        self._note(same_log.folded_at(lane.projection.name, lane.held.position))

    def _note(self, detail: str) -> None:
        with self._read_models.writer.begin() as connection:
            same_log.note(connection, detail, SOURCE)


def _before(ghost: Message | None, messages: Sequence[Message]) -> Sequence[Message]:
    return messages if ghost is None else messages[: messages.index(ghost)]
