"""What can be asked of everything that is annotated: owner and team, tags, attributes, external ids, attachments.

`kind` is the aggregate's class, `id` the one of it that is meant; who is unknown is refused as NotThere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from commands.customers.field_definitions import plain_keys
from commands.shared.unit_of_work import UnitOfWork
from domain.shared.annotations import Annotated, Attachment, Number


def assign(work: UnitOfWork, *, kind: type[Annotated], id: UUID, owner: str | None, team: str | None) -> Annotated:
    """Owner and team by code; None is nobody."""
    annotated = work.existing(kind, id)
    annotated.assign(work.context, owner, team)
    return annotated


def tag(work: UnitOfWork, *, kind: type[Annotated], id: UUID, tags: Sequence[str]) -> Annotated:
    annotated = work.existing(kind, id)
    annotated.tag(work.context, tuple(tags))
    return annotated


def untag(work: UnitOfWork, *, kind: type[Annotated], id: UUID, tags: Sequence[str]) -> Annotated:
    annotated = work.existing(kind, id)
    annotated.untag(work.context, tuple(tags))
    return annotated


def set_attributes(
    work: UnitOfWork, *, kind: type[Annotated], id: UUID, attributes: Mapping[str, str | Number | None]
) -> Annotated:
    """None removes an attribute. Raises AttributeDoesNotFit where a field is defined that does not take the value."""
    plain = plain_keys(work, kind.name, attributes)
    annotated = work.existing(kind, id)
    annotated.set_attributes(work.context, attributes, plain)
    return annotated


def link_external_id(work: UnitOfWork, *, kind: type[Annotated], id: UUID, system: str, external_id: str) -> Annotated:
    annotated = work.existing(kind, id)
    annotated.link_external_id(work.context, system, external_id)
    return annotated


def unlink_external_id(work: UnitOfWork, *, kind: type[Annotated], id: UUID, system: str, external_id: str) -> Annotated:
    annotated = work.existing(kind, id)
    annotated.unlink_external_id(work.context, system, external_id)
    return annotated


def attach(work: UnitOfWork, *, kind: type[Annotated], id: UUID, attachment: Attachment) -> Annotated:
    annotated = work.existing(kind, id)
    annotated.attach(work.context, attachment)
    return annotated


def detach(work: UnitOfWork, *, kind: type[Annotated], id: UUID, attachment_id: UUID) -> Annotated:
    annotated = work.existing(kind, id)
    annotated.detach(work.context, attachment_id)
    return annotated
