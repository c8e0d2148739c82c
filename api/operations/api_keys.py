"""API keys over HTTP: issue, list and revoke them. A key's text is shown only once."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy import Connection

from api.shared.access import Caller, may
from api.shared.commanding import shown_once
from api.shared.fields import CommandBody, Instant, Line
from api.shared.key_texts import new_key_text
from api.shared.openapi import ACCEPTED, CREATED, listed
from api.shared.reading import After, page, read
from api.shared.routes import Router
from api.shared.schemas import ID, INSTANT, INTEGER, MAYBE_INSTANT, MAYBE_TEXT, TEXTS, fields
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.operations import api_keys as commands
from domain.operations.api_key import ApiKey, Role
from domain.shared.ids import new_id
from infra.read_models.key_uses import last_uses
from projections.operations import api_keys
from projections.shared.rows import Row

KEYS = target(ApiKey, "/v1/keys", "key_id")

KEY = fields(
    {
        "key_id": ID,
        "label": MAYBE_TEXT,
        "roles": TEXTS,
        "issued_at": INSTANT,
        "expires_at": MAYBE_INSTANT,
        "revoked_at": MAYBE_INSTANT,
        "last_used_at": MAYBE_INSTANT,
        "position": INTEGER,
    }
)

router = Router(prefix=KEYS.location, tags=["keys"], route_class=StrictRoute)


class IssueBody(CommandBody):
    label: Line
    roles: Annotated[list[Role], Field(min_length=1, max_length=7)]
    expires_at: Instant | None = Field(default=None, description="From this moment on the key is refused. null: never.")


class ExpiryBody(CommandBody):
    expires_at: Instant | None = Field(description="From this moment on the key is refused. null: never.")


@router.post("", status_code=201, dependencies=[may("keys:manage")], responses={**ACCEPTED, **CREATED})
async def issue(request: Request, body: IssueBody) -> Response:
    """Issue a key. Only this answer contains its text: only a hash is recorded, so the answer to a repeat has no text."""
    id = new_id()
    text, hash = new_key_text(id, request.app.state.store.secret)
    answer = await KEYS.new(request, commands.issue, body, id, hash=hash)
    return shown_once(answer, id, "key", lambda: text)


@router.put("/{id}/expiry", dependencies=[may("keys:manage")], responses=ACCEPTED)
async def set_expiry(request: Request, id: UUID, body: ExpiryBody) -> Response:
    """Let a key expire at another moment, or never. A key that has expired works again then; a revoked one does not."""
    return await KEYS.by_id(request, id, commands.set_expiry, body)


@router.post("/{id}/revocation", dependencies=[may("keys:manage")], responses=ACCEPTED)
async def revoke(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Revoke a key. It stops working within one second."""
    return await KEYS.by_id(request, id, commands.revoke, body)


@router.get("", responses=listed(KEY))
async def keys(request: Request, caller: Annotated[Caller, may("keys:read")], after: After) -> Response:
    """All keys, newest first. A label may name a person, so it needs the permission personal:read; otherwise it is null.

    `last_used_at` is the beginning of the minute of the last use. It is stored within a minute, and belongs to no position.
    """

    def listed_with_uses(connection: Connection) -> list[Row]:
        found = api_keys.listing(connection)
        used = last_uses(connection, [row["key_id"] for row in found])
        return [row | {"last_used_at": used.get(row["key_id"])} for row in found]

    found, position = await read(request, "api_keys", after, listed_with_uses)
    shown = found if caller.may("personal:read") else [row | {"label": None} for row in found]
    return page(request, shown, None, position)
