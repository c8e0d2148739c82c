"""The last recount of each read model: whether its rows were the same as those that the log gives. No rebuild changes it.

Stored next to the positions of the read models. If these databases are lost, so is this, and a recount gives it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Float, Integer, MetaData, Table, Text, select

from infra.read_models.database import ReadModels, insert
from projections.shared.rows import Instant

metadata = MetaData()

recounts = Table(
    "recounts",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("position", BigInteger),
    Column("seconds", Float),
    *(Column(name, Text) for name in ("live", "rebuilt", "error")),
    Column("dead_letters", Integer),
    Column("swapped", Boolean, nullable=False),
    # The first difference, as JSON.
    Column("difference", Text),
)


class Recount(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a rebuild, or of a check, at a time. Of one that ended with an `error` nothing else is known.

    `live` and `rebuilt` are the digests of both at `position`. They are None if the live rows are of another version of the
    code. `swapped`: the rebuilt rows have become the live ones.
    """

    projection: str
    at: datetime
    position: int | None = None
    seconds: float | None = None
    live: str | None = None
    rebuilt: str | None = None
    dead_letters: int | None = None
    swapped: bool = False
    difference: Mapping[str, Any] | None = None
    error: str | None = None

    @property
    def same(self) -> bool | None:
        """Whether both were the same; None if they were not compared."""
        return None if self.live is None else self.live == self.rebuilt


def keep(read_models: ReadModels, recount: Recount) -> None:
    """Store it in the place of the last one of this read model."""
    row = msgspec.structs.asdict(recount)
    if recount.difference is not None:
        row["difference"] = msgspec.json.encode(recount.difference).decode()
    with read_models.writer.begin() as connection:
        new = insert(connection, recounts).values(row)
        rest = {name: new.excluded[name] for name in row if name != "projection"}
        connection.execute(new.on_conflict_do_update(index_elements=[recounts.c.projection], set_=rest))


def latest(connection: Connection) -> list[Recount]:
    """The last one of each read model that was recounted, by name."""
    found = connection.execute(select(recounts).order_by(recounts.c.projection)).mappings()
    return [_recount(dict(row)) for row in found]


def _recount(row: dict[str, Any]) -> Recount:
    difference = row["difference"]
    return Recount(**row | {"difference": None if difference is None else msgspec.json.decode(difference)})
