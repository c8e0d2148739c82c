"""The commands on every annotated aggregate: owner and team, tags, attributes, external ids, attachments.

`kind` is the aggregate's class and `id` its id. An aggregate that does not exist is refused as NotThere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from commands.customers.field_definitions import plain_keys
from commands.shared.deciding import described, fact, facts_of
from commands.shared.unit_of_work import UnitOfWork
from domain.shared.annotations import Annotated
from domain.shared.attributes import Number


def _decides(decision: Callable[..., None]) -> Callable[..., Annotated]:
    """The command for this decision. It calls the method of the aggregate's own class, because a ticket overrides `assign`."""

    def command(work: UnitOfWork, *, kind: type[Annotated], id: UUID, **facts: Any) -> Annotated:
        annotated = work.existing(kind, id)
        getattr(annotated, decision.__name__)(work.context, **facts)
        return annotated

    return described(command, decision, [fact("kind", type[Annotated]), fact("id", UUID), *facts_of(decision, skip=2)])


assign = _decides(Annotated.assign)
"""Sets owner and team, each by its code; None clears one."""
tag = _decides(Annotated.tag)
untag = _decides(Annotated.untag)
link_external_id = _decides(Annotated.link_external_id)
unlink_external_id = _decides(Annotated.unlink_external_id)
attach = _decides(Annotated.attach)
detach = _decides(Annotated.detach)


def set_attributes(
    work: UnitOfWork, *, kind: type[Annotated], id: UUID, attributes: Mapping[str, str | Number | None]
) -> Annotated:
    """None removes an attribute. Raises AttributeDoesNotFit if a field is defined for it and does not accept the value."""
    plain = plain_keys(work, kind.name, attributes)
    annotated = work.existing(kind, id)
    annotated.set_attributes(work.context, attributes, plain)
    return annotated
