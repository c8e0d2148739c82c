"""Reads one resource by its id, now or as it was, and its history. All resources share these functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from api.shared.access import Caller
from api.shared.admission import in_its_thread
from api.shared.as_of import Moment, Resource, as_of
from api.shared.history import Part, history
from api.shared.problems import Problem
from api.shared.reading import absent, found, page, read
from infra.event_store.mapper import metadata_of
from infra.event_store.store import EventStore

Row = Mapping[str, Any]
Show = Callable[[Row], Row]


async def get_one(
    request: Request,
    resource: Resource,
    id: UUID,
    after: int,
    when: Moment,
    *,
    name: str,
    show: Show,
    called: object = None,
    subject: UUID | None = None,
) -> Response:
    """The resource as it is now, or as it was at that moment.

    `called` is the caller's name for it, if that is not the id. `subject` is the subject that its row belongs to, if known; if
    not, the log is asked if somebody waits in the read model.
    """
    row: Row | None
    if when.now:
        needed = {resource.projection.name: subject or await subject_of(request, resource.projection.name, id)}
        row, position = await read(request, needed, after, lambda connection: resource.one(connection, id))
    else:
        row, position = await as_of(request, resource, id, when)
    if row is None:
        return absent(name, called or id, position)
    return found(request, show(row), position, row["version"])


async def get_history(
    request: Request,
    resource: Resource,
    id: UUID,
    part: Part,
    *,
    name: str,
    show: Show,
    called: object = None,
    personal: bool = False,
) -> Response:
    """A page of the resource's events, with their changes. They are read from the log, so they are complete up to its end."""
    items, following, position = await history(request, resource, id, part, personal, lambda row: show(row) if row else row)
    if not items and part.cursor is None:
        return absent(name, called or id, position)
    return page(request, items, following, position)


async def subject_of(request: Request, projection: str, id: UUID) -> UUID | None:
    """The subject that the stream's row belongs to, read from the log if somebody waits in the read model; else None."""
    if not request.app.state.completeness.has_waiting([projection]):
        return None
    return await in_its_thread(request, _subject_of, request.app.state.store, id)


def require_personal(caller: Caller) -> None:
    """Raises Problem 403 unless the caller may read personal data, and so may search and sort by it."""
    if not caller.may("personal:read"):
        raise Problem(403, "forbidden", "Searching and sorting by personal data needs the permission personal:read.")


def seen_by(caller: Caller, row: Row, key: str, private: Collection[str] = ("private",)) -> dict[str, Any]:
    """The row with its `key` renamed to `id`; its `private` fields stay only for a caller with `personal:read`."""
    hidden = (key,) if caller.may("personal:read") else (key, *private)
    return {"id": row[key], **{name: value for name, value in row.items() if name not in hidden}}


def _subject_of(store: EventStore, id: UUID) -> UUID | None:
    """The subject of the stream, and so of its row: its first event fixes it. None if there is no such stream."""
    first = store.part(id, 1, 1)
    metadata = metadata_of(first[0]) if first else None
    return None if metadata is None else metadata.subject
