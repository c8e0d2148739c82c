"""What a command acts on: a new thing, one by the id in the path, or one by what another system calls it.

These are plain calls and not dependencies of FastAPI, each of which costs every request some 12 µs.
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
    """The aggregates of one kind, as commands over HTTP name them.

    `location` is the path below which they are read. A command takes the id as the fact `key`, and what the body says
    as its other facts; `facts` come on top of them.
    """

    kind: type[Aggregate]
    location: str
    key: str

    async def new(
        self, request: Request, command: Command, body: CommandBody, id: UUID | None = None, /, **facts: Any
    ) -> Response:
        """Run a command that makes one: 201, with its location. Its id is drawn, unless the route needs to know it."""
        id = id or new_id()
        facts = {self.key: id, **body.facts(), **facts}
        return await carry_out(request, command, body, target=id, location=self.location, fresh=True, **facts)

    async def by_id(
        self, request: Request, id: UUID, command: Command, body: CommandBody | None = None, /, **facts: Any
    ) -> Response:
        """Run a command on the one with this id."""
        stated = body.facts() if body else {}
        return await carry_out(request, command, body, target=id, **{self.key: id, **stated, **facts})

    async def by_external_id(
        self, request: Request, system: str, external: str, command: Command, body: CommandBody, /, **facts: Any
    ) -> Response:
        """Run a command on the one that another system calls this: 201 where it makes it."""
        id = external_id(self.kind.name, system, external, request.app.state.store.secret)
        facts = {self.key: id, "external": (system, external), **body.facts(), **facts}
        return await carry_out(request, command, body, target=id, location=self.location, **facts)


def target(kind: type[Aggregate], location: str, key: str | None = None) -> Target:
    """The target whose commands call the id `key`, or as their kind does: `ticket_id`."""
    return Target(kind, location, key or f"{kind.name}_id")


async def by_code(
    request: Request, id: UUID, code: str, command: Command, body: CommandBody | None = None, *, location: str | None = None
) -> Response:
    """Run a command on the one with this code, which derives its `id`: 201 where it is made below `location`."""
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
    """As `by_code`, for one that several words derive the `id` of: facts of the command, and the steps of its path."""
    facts = {**words, **(body.facts() if body else {})}
    response = await carry_out(request, command, body, target=id, location=location, **facts)
    if "Location" in response.headers:
        response.headers["Location"] = "/".join([location or "", *map(quote, words.values())])
    return response
