"""What needs an operator's attention. Any process notes it here, and the health of the whole deployment shows it.

A trouble stays until the process that noted it, or the command that mends it, ends it. A crash ends none. Notes are stored next
to the positions of the read models, and a rebuild never changes them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, select

from infra.read_models.database import insert
from projections.shared.rows import Instant

Code = Literal["positions-ahead", "clock-doubtful", "verification-failed", "erasures-unlisted"]

metadata = MetaData()

troubles = Table(
    "troubles",
    metadata,
    Column("code", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("detail", Text, nullable=False),
    Column("since", Instant, nullable=False),
)


class Trouble(msgspec.Struct, frozen=True):
    """`detail` says what is wrong and what to do. `source` is the part that found it: each part has its own note."""

    code: Code
    detail: str
    since: datetime
    source: str = ""


def note(connection: Connection, trouble: Trouble) -> None:
    """Store the trouble. If this source has noted it before, the detail changes, and `since` stays."""
    new = insert(connection, troubles).values(msgspec.structs.asdict(trouble))
    keys = [troubles.c.code, troubles.c.source]
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_={"detail": new.excluded.detail}))


def end(connection: Connection, code: Code, source: str | None = None) -> None:
    """End the trouble of this source, or of every source."""
    statement = delete(troubles).where(troubles.c.code == code)
    connection.execute(statement if source is None else statement.where(troubles.c.source == source))


def standing(connection: Connection) -> list[Trouble]:
    """The troubles that have not ended, the oldest first."""
    query = select(troubles).order_by(troubles.c.since, troubles.c.code, troubles.c.source)
    return [Trouble(row.code, row.detail, row.since, row.source) for row in connection.execute(query)]
