"""Commands on what every main resource carries, over HTTP: each such resource has these routes below its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.shared import annotation_bodies as bodies
from api.shared.commanding import carry_out
from api.shared.fields import Told
from commands.shared import annotating
from domain.shared.annotations import Annotated
from domain.shared.ids import new_id


def add_routes(router: APIRouter, kind: type[Annotated]) -> None:
    """The routes of `kind` on its router, which asks for the permission."""

    async def on(request: Request, id: UUID, function: Any, told: Told | None, **facts: Any) -> Response:
        return await carry_out(request, function, told, target=id, kind=kind, id=id, **facts)

    @router.put("/{id}/assignment")
    async def assign(request: Request, id: UUID, body: bodies.AssignmentBody) -> Response:
        """Owner and team, by code; null is nobody."""
        return await on(request, id, annotating.assign, body, owner=body.owner, team=body.team)

    @router.post("/{id}/tags")
    async def tag(request: Request, id: UUID, body: bodies.TagsBody) -> Response:
        return await on(request, id, annotating.tag, body, tags=tuple(body.tags))

    @router.post("/{id}/tags/removal")
    async def untag(request: Request, id: UUID, body: bodies.TagsBody) -> Response:
        return await on(request, id, annotating.untag, body, tags=tuple(body.tags))

    @router.patch("/{id}/attributes")
    async def set_attributes(request: Request, id: UUID, body: bodies.AttributesBody) -> Response:
        """Set attributes (JSON merge patch): absent ones stay, null removes."""
        return await on(request, id, annotating.set_attributes, body, attributes=body.attributes)

    @router.post("/{id}/external-ids")
    async def link_external_id(request: Request, id: UUID, body: bodies.ExternalIdBody) -> Response:
        return await on(request, id, annotating.link_external_id, body, system=body.system, external_id=body.id)

    @router.post("/{id}/external-ids/removal")
    async def unlink_external_id(request: Request, id: UUID, body: bodies.ExternalIdBody) -> Response:
        return await on(request, id, annotating.unlink_external_id, body, system=body.system, external_id=body.id)

    @router.post("/{id}/attachments")
    async def attach(request: Request, id: UUID, body: bodies.AttachmentBody) -> Response:
        return await on(request, id, annotating.attach, body, attachment=body.value(new_id()))

    @router.delete("/{id}/attachments/{attachment_id}")
    async def detach(request: Request, id: UUID, attachment_id: UUID) -> Response:
        return await on(request, id, annotating.detach, None, attachment_id=attachment_id)
