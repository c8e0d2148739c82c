"""Whether what was sent belongs to the log. It does not after the log was restored to an earlier moment.

The topic then has messages of events that the log does not have, and the log gives their positions to other events. Nothing may
be sent after such a message, and no read model may go past it, until `recount repair` has begun a new topic.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.store import EventStore
from infra.read_models import troubles
from infra.read_models.checkpoints import Checkpoint
from infra.read_models.troubles import Code, Trouble
from infra.routing import partitions_of

if TYPE_CHECKING:
    from infra.kafka.ends import Ends

AHEAD: Code = "positions-ahead"
AT_ONCE = 1_000


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


def compared(store: EventStore, ends: Ends, checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint; an earlier one if the topic has lost its last messages, so that they are sent again.

    Raises AheadOfLog if one of the topic's last messages is of an event that the log does not have.
    """
    found = ends.last_messages(checkpoint.last)
    highest = {p: max(message.stored.position for message in messages) for p, messages in found.items() if messages}
    if absent := store.absent(message.stored for messages in found.values() for message in messages):
        raise AheadOfLog(ghost_at(absent[0].position), max(checkpoint.routed, *highest.values()))
    # If the last records were deleted, or cannot be read, nothing shows that messages were lost.
    present = dict.fromkeys(ends.unused, 0) | highest
    lost = [present[p] for p, last in checkpoint.last.items() if present.get(p, last) < last]
    return _earlier(store, checkpoint, min(lost)) if lost else checkpoint


def _earlier(store: EventStore, checkpoint: Checkpoint, upto: int) -> Checkpoint:
    """The checkpoint after everything up to this position was sent."""
    last: dict[int, int] = {}
    routed = 0
    while len(last) < checkpoint.partitions and (page := store.log(0, AT_ONCE, upto, backwards=True)):
        routed, upto = routed or page[0].position, page[-1].position - 1
        for stored in page:
            for partition in partitions_of(metadata_of(stored), checkpoint.partitions):
                last.setdefault(partition, stored.position)
    return checkpoint._replace(routed=routed, last=last)


def sent_last(store: EventStore, checkpoint: Checkpoint) -> list[Stored]:
    """The event that was sent last, if any was. Raises AheadOfLog if the log has none at its position."""
    if (sent := store.at([checkpoint.routed])) or not checkpoint.routed:
        return sent
    what = restored(f"events up to position {checkpoint.routed} were sent, and the log has none there")
    raise AheadOfLog(what, checkpoint.routed)


def require(store: EventStore, events: Collection[Stored]) -> None:
    """Raises AheadOfLog if the log no longer has one of these events, which were read from it."""
    if absent := store.absent(events):
        what = restored(f"the log no longer has the event that it had at position {absent[0].position}")
        raise AheadOfLog(what, absent[-1].position)


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
