"""How far someone has followed the log, beside the positions of the read models, and never touched by a rebuild."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from infra.read_models.database import ReadModels
from infra.read_models.positions import followed


def begin(read_models: ReadModels, name: str, head: int) -> None:
    """Whoever follows the log for the first time begins at its head; who did so before goes on."""
    try:
        with read_models.writer.begin() as connection:
            if position(connection, name) is None:
                connection.execute(insert(followed).values(name=name, position=head))
    except IntegrityError:
        """Another process was faster."""


def position(connection: Connection, name: str) -> int | None:
    """None for who never began."""
    return connection.execute(select(followed.c.position).where(followed.c.name == name)).scalar()


def advance(connection: Connection, name: str, to: int) -> None:
    """Never back, where another process has come further."""
    further = update(followed).where(followed.c.name == name, followed.c.position < to)
    connection.execute(further.values(position=to))
