"""Whether what was sent belongs to the log. It does not after the log was restored to an earlier moment.

The topic then has messages of events that the log does not have, and the log gives their positions to other events. Nothing may
be sent after such a message, and no read model may go past it, until `recount repair` has begun a new topic.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from infra.event_store.mapper import Stored
from infra.event_store.store import EventStore
from infra.read_models import troubles
from infra.read_models.checkpoints import Checkpoint
from infra.read_models.troubles import Code, Trouble

if TYPE_CHECKING:
    from infra.kafka.ends import Ends

AHEAD: Code = "positions-ahead"


class AheadOfLog(Exception):
    """Events were sent that the log does not have. `position` is the highest position that was seen."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(what)
        self.position = position


class WaitsForRepair(Exception):
    """Any process has noted that something is ahead of the log, and nobody has repaired it."""


def ghost_at(position: int) -> str:
    return restored(f"the topic has an event at position {position} that the log does not have")


def folded_at(projection: str, position: int) -> str:
    return restored(f"{projection} has folded an event at position {position} that the log does not have")


def compare(store: EventStore, ends: Ends, checkpoint: Checkpoint) -> None:
    """Raises AheadOfLog if one of the topic's last messages is of an event that the log does not have."""
    messages = [message for messages in ends.last_messages(checkpoint.last).values() for message in messages]
    if absent := store.absent(message.stored for message in messages):
        highest = max(message.stored.position for message in messages)
        raise AheadOfLog(ghost_at(absent[0].position), max(highest, checkpoint.routed))


def sent_last(store: EventStore, checkpoint: Checkpoint) -> Stored | None:
    """The event that was sent last; None if none was. Raises AheadOfLog if the log has none at its position."""
    if checkpoint.routed == 0:
        return None
    for stored in store.at([checkpoint.routed]):
        return stored
    what = restored(f"events up to position {checkpoint.routed} were sent, and the log has none there")
    raise AheadOfLog(what, checkpoint.routed)


def require(store: EventStore, sent: Stored | None) -> None:
    """Raises AheadOfLog if the log no longer has the event that was sent last."""
    if sent and store.absent([sent]):
        what = restored(f"the log no longer has the event at position {sent.position}, which was sent")
        raise AheadOfLog(what, sent.position)


def require_no_trouble(connection: Connection) -> None:
    """Raises WaitsForRepair while it is noted that something is ahead of the log."""
    for trouble in troubles.standing(connection):
        if trouble.code == AHEAD:
            raise WaitsForRepair(trouble.detail)


def note(connection: Connection, detail: str, source: str) -> None:
    """Shows it in the health of the deployment, and lets every relay wait."""
    troubles.note(connection, Trouble(AHEAD, detail, datetime.now(UTC), source))


def restored(what: str) -> str:
    """What an operator reads of it."""
    return f"The log was restored to an earlier moment, or lost events: {what}. Stop all processes and run `recount repair`."
