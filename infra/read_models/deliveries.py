"""How far each webhook's events were delivered. Stored next to the positions of the read models; a rebuild never changes it.

One process at a time delivers to a webhook: the process that holds it, until a time that it extends. A process that was too
slow can write nothing more, so the position never goes back. If clocks differ, an event may be delivered twice, but none is
lost.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from infra.read_models.database import ReadModels
from infra.read_models.positions import Superseded, deliveries

LONGEST_WAIT = timedelta(hours=2)
OVER = {"failures": 0, "failing_since": None, "due": None, "last_error": None}


class Delivery(NamedTuple):
    """All events up to `position` that match the webhook's filters were delivered.

    `failures` are failed tries in a row. They began at `failing_since`, with the webhook's `version`. `due` is the time of the
    next try. Of the redeliveries that were requested, those up to the number `redelivered` are done, and of the next one all up
    to the position `redelivered_to`.
    """

    webhook_id: UUID
    position: int
    version: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    due: datetime | None = None
    last_error: str | None = None
    holder: UUID | None = None
    held_until: datetime | None = None
    redelivered: int = 0
    redelivered_to: int = 0

    def free(self, holder: UUID, now: datetime) -> bool:
        return self.holder in (None, holder) or self.held_until is None or self.held_until <= now

    def well(self) -> Delivery:
        """The delivery after the receiver accepted an event."""
        return self._replace(failures=0, failing_since=None, due=None, last_error=None)

    def lasts(self, until: datetime) -> bool:
        """Whether the webhook is held until then, by any process."""
        return self.held_until is not None and self.held_until > until

    def to_be_tried(self, version: int, now: datetime) -> bool:
        """Whether the next try is due. A webhook that was changed or resumed is tried immediately.

        A try that is due in more than LONGEST_WAIT was set by a clock that was ahead.
        """
        return self.due is None or not now < self.due <= now + LONGEST_WAIT or self.version < version


def load(connection: Connection) -> Mapping[UUID, Delivery]:
    """Deliveries by webhook id. A webhook whose delivery never began is missing."""
    return {row.webhook_id: Delivery(*row) for row in connection.execute(select(deliveries))}


def of(connection: Connection, webhook_id: UUID) -> Delivery | None:
    row = connection.execute(select(deliveries).where(deliveries.c.webhook_id == webhook_id)).one_or_none()
    return None if row is None else Delivery(*row)


def hold(
    read_models: ReadModels, wanted: Collection[Delivery], holder: UUID, now: datetime, until: datetime
) -> Mapping[UUID, Delivery]:
    """Hold these webhooks, in one transaction; returns those that no other process holds, as they are stored.

    What is not stored yet is stored as it is in `wanted`.
    """
    ids = [one.webhook_id for one in wanted]
    mine = deliveries.c.webhook_id.in_(ids), deliveries.c.holder == holder
    try:
        with read_models.writer.begin() as connection:
            stored = set(connection.scalars(select(deliveries.c.webhook_id).where(deliveries.c.webhook_id.in_(ids))))
            if new := [one._asdict() for one in wanted if one.webhook_id not in stored]:
                connection.execute(insert(deliveries), new)
            free = or_(deliveries.c.holder.is_(None), deliveries.c.holder == holder, deliveries.c.held_until <= now)
            change = update(deliveries).where(deliveries.c.webhook_id.in_(ids), free)
            connection.execute(change.values(holder=holder, held_until=until))
            return {row.webhook_id: Delivery(*row) for row in connection.execute(select(deliveries).where(*mine))}
    except IntegrityError:
        """Another process was faster."""
        return {}


def advance(connection: Connection, webhook_id: UUID, holder: UUID, to: int) -> None:
    """Record delivery up to `to`, which ends failures. Raises Superseded if another process holds the webhook now."""
    _write(connection, webhook_id, holder, {"position": to, **OVER})


def pass_by(connection: Connection, holder: UUID, reached: Mapping[UUID, int]) -> None:
    """Record the positions that webhooks have reached without an event to send. What others hold now does not change."""
    mine = deliveries.c.webhook_id == bindparam("id"), deliveries.c.holder == holder
    change = update(deliveries).where(*mine).values(position=bindparam("to"))
    connection.execute(change, [{"id": id, "to": to} for id, to in reached.items()])


def redeliver(connection: Connection, webhook_id: UUID, holder: UUID, number: int, to: int) -> None:
    """Record the progress of redeliveries, which ends failures. Raises Superseded if another process holds the webhook now."""
    _write(connection, webhook_id, holder, {"redelivered": number, "redelivered_to": to, **OVER})


def fail(connection: Connection, failed: Delivery, holder: UUID) -> None:
    """Record a failed delivery. Raises Superseded if another process holds the webhook now."""
    values = {name: getattr(failed, name) for name in ("version", "failures", "failing_since", "due", "last_error")}
    _write(connection, failed.webhook_id, holder, values)


def let_go(read_models: ReadModels, holder: UUID) -> None:
    """Release every webhook that this process holds, so that another process can take it immediately."""
    with read_models.writer.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.holder == holder).values(holder=None, held_until=None))


def release(read_models: ReadModels) -> None:
    """Release every webhook, for a process that is the only one that delivers now."""
    with read_models.writer.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.holder.is_not(None)).values(holder=None, held_until=None))


def _write(connection: Connection, webhook_id: UUID, holder: UUID, values: Mapping[str, Any]) -> None:
    mine = update(deliveries).where(deliveries.c.webhook_id == webhook_id, deliveries.c.holder == holder)
    if connection.execute(mine.values(values)).rowcount != 1:
        raise Superseded(f"webhook {webhook_id} is delivered by another process")
