"""Commands on annotations over HTTP. Every main resource has these routes below its own path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.shared import annotation_bodies as bodies
from api.shared.targets import Target, target
from commands.shared import annotating
from domain.shared.annotations import Annotated

Untag = Callable[[Request, UUID, bodies.TagsBody], Awaitable[Response]]
SetAttributes = Callable[[Request, UUID, bodies.AttributesBody], Awaitable[Response]]


def add_routes(
    router: APIRouter,
    kind: type[Annotated],
    untagging: Untag | None = None,
    setting_attributes: SetAttributes | None = None,
) -> None:
    """Add the routes for `kind` to its router, which checks the permission.

    `untagging` and `setting_attributes` are a kind's own ways to remove tags and to set attributes.
    """
    things = target(kind, router.prefix, "id")
    setting = setting_attributes or _setting_attributes(things, kind)

    @router.put("/{id}/assignment")
    async def assign(request: Request, id: UUID, body: bodies.AssignmentBody) -> Response:
        """Assign an owner and a team, by code. This replaces both; null or absent clears one."""
        return await things.by_id(request, id, annotating.assign, body, kind=kind)

    @router.post("/{id}/tags")
    async def tag(request: Request, id: UUID, body: bodies.TagsBody) -> Response:
        """Add tags. A tag is a code; the resource keeps its other tags."""
        return await things.by_id(request, id, annotating.tag, body, kind=kind)

    @router.post("/{id}/tags/removal")
    async def untag(request: Request, id: UUID, body: bodies.TagsBody) -> Response:
        if untagging is not None:
            return await untagging(request, id, body)
        return await things.by_id(request, id, annotating.untag, body, kind=kind)

    @router.patch("/{id}/attributes")
    async def set_attributes(request: Request, id: UUID, body: bodies.AttributesBody) -> Response:
        """Set attributes (JSON merge patch): absent ones stay, null removes one."""
        return await setting(request, id, body)

    @router.post("/{id}/external-ids")
    async def link_external_id(request: Request, id: UUID, body: bodies.ExternalIdBody) -> Response:
        """Add the id of the resource in another system. A resource may have several external ids."""
        return await things.by_id(request, id, annotating.link_external_id, body, kind=kind)

    @router.post("/{id}/external-ids/removal")
    async def unlink_external_id(request: Request, id: UUID, body: bodies.ExternalIdBody) -> Response:
        return await things.by_id(request, id, annotating.unlink_external_id, body, kind=kind)

    @router.post("/{id}/attachments")
    async def attach(request: Request, id: UUID, body: bodies.AttachmentBody) -> Response:
        """Attach a file that is stored elsewhere. Only the reference to it is recorded."""
        return await things.by_id(request, id, annotating.attach, body, kind=kind)

    @router.delete("/{id}/attachments/{attachment_id}")
    async def detach(request: Request, id: UUID, attachment_id: UUID) -> Response:
        """Remove an attachment. The file itself is not deleted."""
        return await things.by_id(request, id, annotating.detach, kind=kind, attachment_id=attachment_id)


def _setting_attributes(things: Target, kind: type[Annotated]) -> SetAttributes:
    async def set_attributes(request: Request, id: UUID, body: bodies.AttributesBody) -> Response:
        return await things.by_id(request, id, annotating.set_attributes, body, kind=kind)

    return set_attributes
