"""How far each named follower has read the log. Stored next to the positions of the read models; no rebuild changes it."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from infra.read_models.database import ReadModels
from infra.read_models.positions import followed

POLICIES, ASSIGNMENT, LATE_FACTS = NAMES = ("policies", "assignment", "late-facts")


def begin(read_models: ReadModels, name: str, head: int) -> None:
    """A new follower starts at the head of the log; a known one continues where it was."""
    try:
        with read_models.writer.begin() as connection:
            start(connection, name, head)
    except IntegrityError:
        """Another process was faster."""


def start(connection: Connection, name: str, head: int) -> None:
    """Like `begin`, in a transaction of the caller. Raises IntegrityError if another process is faster."""
    if position(connection, name) is None:
        connection.execute(insert(followed).values(name=name, position=head))


def all_positions(connection: Connection) -> dict[str, int]:
    """The position of each follower, by its name."""
    return {row.name: row.position for row in connection.execute(select(followed).order_by(followed.c.name))}


def position(connection: Connection, name: str) -> int | None:
    """The position that the follower has reached; None if it never started."""
    return connection.execute(select(followed.c.position).where(followed.c.name == name)).scalar()


def advance(connection: Connection, name: str, to: int) -> None:
    """Move the position forward, never back: another process may have come further."""
    further = update(followed).where(followed.c.name == name, followed.c.position < to)
    connection.execute(further.values(position=to))
