"""The aggregate that a command acts on: a new one, one by the id in the path, or one by its external id.

These are plain calls, because each dependency of FastAPI costs every request about 12 µs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from fastapi import Request, Response

from api.shared.commanding import carry_out
from api.shared.fields import CommandBody
from domain.shared.aggregate import Aggregate
from domain.shared.ids import external_id, new_id

Command = Callable[..., Aggregate]


class Target(msgspec.Struct, frozen=True):
    """The aggregates of one kind, on which commands over HTTP act.

    `location` is the path below which they are read. A command takes the id as the fact `key`, and the body's facts as its
    other facts. `facts` are added to these and take precedence.
    """

    kind: type[Aggregate]
    location: str
    key: str

    async def new(
        self, request: Request, command: Command, body: CommandBody, id: UUID | None = None, /, **facts: Any
    ) -> Response:
        """Run a command that creates one: 201, with its location. The id is new, unless the route has drawn it itself."""
        id = id or new_id()
        facts = {self.key: id, **body.facts(), **facts}
        return await carry_out(request, command, body, target=id, location=self.location, fresh=True, **facts)

    async def by_id(
        self, request: Request, id: UUID, command: Command, body: CommandBody | None = None, /, **facts: Any
    ) -> Response:
        """Run a command on the aggregate with this id."""
        stated = body.facts() if body else {}
        return await carry_out(request, command, body, target=id, **{self.key: id, **stated, **facts})

    async def by_external_id(
        self, request: Request, system: str, external: str, command: Command, body: CommandBody, /, **facts: Any
    ) -> Response:
        """Run a command on the aggregate with this external id: 201 if the command creates it."""
        id = external_id(self.kind.name, system, external, request.app.state.store.secret)
        facts = {self.key: id, "external": (system, external), **body.facts(), **facts}
        return await carry_out(request, command, body, target=id, location=self.location, **facts)


def target(kind: type[Aggregate], location: str, key: str | None = None) -> Target:
    """The target for this kind. Its commands call the id `key`; by default that is the kind's name with `_id`: `ticket_id`."""
    return Target(kind, location, key or f"{kind.name}_id")


async def by_code(
    request: Request, id: UUID, code: str, command: Command, body: CommandBody | None = None, *, location: str | None = None
) -> Response:
    """Run a command on the aggregate with this code, from which its `id` is derived: 201 if it is created below `location`."""
    return await by_words(request, id, {"code": code}, command, body, location=location)


async def by_words(
    request: Request,
    id: UUID,
    words: Mapping[str, str],
    command: Command,
    body: CommandBody | None = None,
    *,
    location: str | None = None,
) -> Response:
    """Like `by_code`, for an `id` derived from several words. They are facts of the command and the segments of its path."""
    facts = {**words, **(body.facts() if body else {})}
    response = await carry_out(request, command, body, target=id, location=location, **facts)
    if "Location" in response.headers:
        response.headers["Location"] = "/".join([location or "", *map(quote, words.values())])
    return response
