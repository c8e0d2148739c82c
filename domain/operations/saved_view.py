"""A saved view: a list that somebody looks at again, by its filters, its fields and its order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from msgspec.structs import replace

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata, Value
from domain.shared.personal import Personal, same
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import code, optional_code, text

NAME_LENGTH = 200
PART_LIMIT = 100

Parts = TypeVar("Parts", tuple[str, ...], Mapping[str, str])


class SavedViewDefinedOtherwise(AlreadyThere):
    """A saved view with this id is already there, with other values."""


class SavedViewRetired(Refusal):
    """The saved view was retired."""


class View(Value, frozen=True):
    """`resource` is what is listed, such as `tickets`; `filters` are its query parameters, which may name a person.

    `owner` is whose it is by code, None everybody's; `shared` says whether others see it too. `sort` begins with `-` where
    the list is descending. The name is plain: it names a thing.
    """

    name: str
    resource: str
    fields: tuple[str, ...] = ()
    sort: str | None = None
    owner: str | None = None
    shared: bool = False
    filters: Personal[dict[str, str]] = None


class Defined(Event, frozen=True, tag="crm.saved_view.defined.v1"):
    view: View

    def apply(self, saved: SavedView, metadata: Metadata) -> None:
        saved.view = self.view


class Revised(Event, frozen=True, tag="crm.saved_view.revised.v1"):
    """All of it anew."""

    view: View

    def apply(self, saved: SavedView, metadata: Metadata) -> None:
        saved.view = self.view


class Retired(Event, frozen=True, tag="crm.saved_view.retired.v1"):
    """Nobody sees it any more."""

    def apply(self, saved: SavedView, metadata: Metadata) -> None:
        saved.retired_since = metadata.occurred_at


class SavedView(Aggregate):
    name = "saved_view"
    events = (Defined, Revised, Retired)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.view: View | None = None
        self.retired_since: datetime | None = None

    @decision
    def define(self, context: Context, view: View) -> None:
        """Refused as SavedViewDefinedOtherwise or Malformed."""
        told = _checked(view)
        if self.view is None:
            self.record(context, Defined(view=told))
        elif not same(self.view, told):
            raise SavedViewDefinedOtherwise(id=self.id)

    @decision
    def revise(self, context: Context, view: View) -> None:
        """The same values record nothing. Refused as NotThere, SavedViewRetired or Malformed."""
        self.require()
        told = _checked(view)
        if self.view != told:
            retired = self.refuse(context, SavedViewRetired(id=self.id)) if self.retired_since else ()
            self.record_once(context, Revised(view=told), *retired)

    @decision
    def retire(self, context: Context) -> None:
        """Refused as NotThere."""
        self.require()
        self.record_status(context, Retired(), self.retired_since)


def _checked(view: View) -> View:
    """The view in the form in which it is recorded. Raises Malformed."""
    return replace(
        view,
        name=text(view.name, "name", NAME_LENGTH),
        resource=code(view.resource, "resource"),
        fields=tuple(code(field, "field") for field in _few(view.fields)),
        sort=None if view.sort is None else _sort(view.sort),
        owner=optional_code(view.owner, "owner"),
        filters=_filters(_few(view.filters or {})) or None,
    )


def _few(parts: Parts) -> Parts:
    if len(parts) > PART_LIMIT:
        raise Malformed(f"A view has {PART_LIMIT} fields and {PART_LIMIT} filters at most.")
    return parts


def _sort(sort: str) -> str:
    return "-" * sort.startswith("-") + code(sort.removeprefix("-"), "sort")


def _filters(filters: Mapping[str, str]) -> dict[str, str]:
    return {code(name, "filter"): text(value, "filter") for name, value in filters.items()}
