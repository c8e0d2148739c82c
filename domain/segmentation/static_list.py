"""A static list: customers that a person selected by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import text

NAME_LENGTH = 200
AT_ONCE = 1_000
MEMBER_LIMIT = 100_000


class ListCreatedOtherwise(AlreadyThere):
    """A list with this id already exists, with another name."""


class ListRetired(Refusal):
    """The list was retired."""


class ListFull(Refusal):
    """A list can have at most 100,000 members."""


class Created(Event, frozen=True, tag="crm.static_list.created.v1"):
    """The name is not personal."""

    name: str

    def apply(self, listed: StaticList, metadata: Metadata) -> None:
        listed.title = self.name


class MembersAdded(Event, frozen=True, tag="crm.static_list.members_added.v1"):
    customer_ids: tuple[UUID, ...]

    def apply(self, listed: StaticList, metadata: Metadata) -> None:
        listed.members.update(self.customer_ids)


class MembersRemoved(Event, frozen=True, tag="crm.static_list.members_removed.v1"):
    customer_ids: tuple[UUID, ...]

    def apply(self, listed: StaticList, metadata: Metadata) -> None:
        listed.members.difference_update(self.customer_ids)


class Retired(Event, frozen=True, tag="crm.static_list.retired.v1"):
    """The list can no longer change; its members are kept."""

    def apply(self, listed: StaticList, metadata: Metadata) -> None:
        listed.retired_since = metadata.occurred_at


class StaticList(Aggregate):
    """`title` is the name of the list."""

    name = "static_list"
    events = (Created, MembersAdded, MembersRemoved, Retired)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.title: str | None = None
        self.members: set[UUID] = set()
        self.retired_since: datetime | None = None

    @decision
    def create(self, context: Context, name: str) -> None:
        """Raises ListCreatedOtherwise or Malformed."""
        created = Created(name=text(name, "name", NAME_LENGTH))
        if self.title is None:
            self.record(context, created)
        elif self.title != created.name:
            raise ListCreatedOtherwise(id=self.id)

    @decision
    def add_members(self, context: Context, customer_ids: Sequence[UUID]) -> None:
        """Ignores customers who are already members. Raises NotThere, ListRetired, ListFull or Malformed."""
        self.require()
        if fresh := tuple(sorted(set(_limited(customer_ids)) - self.members)):
            if len(self.members) + len(fresh) > MEMBER_LIMIT:
                raise ListFull(id=self.id)
            self.record_once(context, MembersAdded(customer_ids=fresh), *self._refuse_if_retired(context))

    @decision
    def remove_members(self, context: Context, customer_ids: Sequence[UUID], merged_ids: Sequence[UUID] = ()) -> None:
        """Ignores customers who are not members. `merged_ids` are those who were merged into the customers.

        Raises NotThere, ListRetired or Malformed.
        """
        self.require()
        if known := tuple(sorted({*_limited(customer_ids), *merged_ids} & self.members)):
            self.record_once(context, MembersRemoved(customer_ids=known), *self._refuse_if_retired(context))

    @decision
    def retire(self, context: Context) -> None:
        """Raises NotThere."""
        self.require()
        self.record_status(context, Retired(), self.retired_since)

    def _refuse_if_retired(self, context: Context) -> tuple[str, ...]:
        return self.refuse(context, ListRetired(id=self.id)) if self.retired_since else ()


def _limited(customer_ids: Sequence[UUID]) -> Sequence[UUID]:
    if not 0 < len(customer_ids) <= AT_ONCE:
        raise Malformed(f"A command must have 1 to {AT_ONCE} members.")
    return customer_ids
