"""How far each webhook's events were delivered. Stored next to the positions of the read models; a rebuild never changes it.

One process at a time delivers to a webhook: the process that holds the webhook. Each delivery extends the time until which it
is held. A process that was too slow can write nothing more, so the position never goes back. If clocks differ, an event may be
delivered twice, but none is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from infra.read_models.database import ReadModels
from infra.read_models.positions import Superseded, deliveries


class Delivery(NamedTuple):
    """All events up to `position` that match the webhook's filters were delivered.

    `failures` are failed tries in a row. They began at `failing_since`, with the webhook's `version`. `due` is the time of the
    next try.
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

    def free(self, holder: UUID, now: datetime) -> bool:
        return self.holder in (None, holder) or self.held_until is None or self.held_until <= now

    def to_be_tried(self, version: int, now: datetime) -> bool:
        """Whether the next try is due. A webhook that was changed or resumed is tried immediately."""
        return self.due is None or self.due <= now or self.version < version


def load(connection: Connection) -> Mapping[UUID, Delivery]:
    """Deliveries by webhook id. A webhook whose delivery never began is missing."""
    return {row.webhook_id: Delivery(*row) for row in connection.execute(select(deliveries))}


def of(connection: Connection, webhook_id: UUID) -> Delivery | None:
    row = connection.execute(select(deliveries).where(deliveries.c.webhook_id == webhook_id)).one_or_none()
    return None if row is None else Delivery(*row)


def hold(read_models: ReadModels, begin: Delivery, holder: UUID, now: datetime, until: datetime) -> Delivery | None:
    """Hold the webhook and return its delivery; None if another process holds it. `begin` is stored if there is none."""
    try:
        with read_models.writer.begin() as connection:
            if of(connection, begin.webhook_id) is None:
                connection.execute(insert(deliveries).values(begin._asdict()))
            free = or_(deliveries.c.holder.is_(None), deliveries.c.holder == holder, deliveries.c.held_until <= now)
            mine = update(deliveries).where(deliveries.c.webhook_id == begin.webhook_id, free)
            held = connection.execute(mine.values(holder=holder, held_until=until))
            return of(connection, begin.webhook_id) if held.rowcount else None
    except IntegrityError:
        """Another process was faster."""
        return None


def advance(connection: Connection, webhook_id: UUID, holder: UUID, to: int, until: datetime) -> None:
    """Record delivery up to `to`, which ends failures. Raises Superseded if another process holds the webhook now."""
    over = {"failures": 0, "failing_since": None, "due": None, "last_error": None}
    _write(connection, webhook_id, holder, {"position": to, "held_until": until, **over})


def fail(connection: Connection, failed: Delivery, holder: UUID) -> None:
    """Record a failed delivery. Raises Superseded if another process holds the webhook now."""
    values = {name: getattr(failed, name) for name in ("version", "failures", "failing_since", "due", "last_error")}
    _write(connection, failed.webhook_id, holder, values)


def let_go(read_models: ReadModels, holder: UUID) -> None:
    """Release every webhook that this process holds, so that another process can take it immediately."""
    with read_models.writer.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.holder == holder).values(holder=None, held_until=None))


def _write(connection: Connection, webhook_id: UUID, holder: UUID, values: Mapping[str, Any]) -> None:
    mine = update(deliveries).where(deliveries.c.webhook_id == webhook_id, deliveries.c.holder == holder)
    if connection.execute(mine.values(values)).rowcount != 1:
        raise Superseded(f"webhook {webhook_id} is delivered by another process")
