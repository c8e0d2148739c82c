"""What can be asked of everything that is annotated: owner and team, tags, attributes, external ids, attachments.

`kind` is the aggregate's class, `id` the one of it that is meant; who is unknown is refused as NotThere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from commands.customers.field_definitions import plain_keys
from commands.shared.deciding import described, fact, facts_of
from commands.shared.unit_of_work import UnitOfWork
from domain.shared.annotations import Annotated, Number


def _decides(decision: Callable[..., None]) -> Callable[..., Annotated]:
    """The command of that decision, as the kind takes it: a ticket is assigned by a rule of its own."""

    def command(work: UnitOfWork, *, kind: type[Annotated], id: UUID, **facts: Any) -> Annotated:
        annotated = work.existing(kind, id)
        getattr(annotated, decision.__name__)(work.context, **facts)
        return annotated

    return described(command, decision, [fact("kind", type[Annotated]), fact("id", UUID), *facts_of(decision, skip=2)])


assign = _decides(Annotated.assign)
"""Owner and team by code; None is nobody."""
tag = _decides(Annotated.tag)
untag = _decides(Annotated.untag)
link_external_id = _decides(Annotated.link_external_id)
unlink_external_id = _decides(Annotated.unlink_external_id)
attach = _decides(Annotated.attach)
detach = _decides(Annotated.detach)


def set_attributes(
    work: UnitOfWork, *, kind: type[Annotated], id: UUID, attributes: Mapping[str, str | Number | None]
) -> Annotated:
    """None removes an attribute. Raises AttributeDoesNotFit where a field is defined that does not take the value."""
    plain = plain_keys(work, kind.name, attributes)
    annotated = work.existing(kind, id)
    annotated.set_attributes(work.context, attributes, plain)
    return annotated
