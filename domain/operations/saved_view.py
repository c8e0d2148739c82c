"""A saved view: the filters, fields and sort order of a list, saved for reuse."""

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
    """A saved view with this id already exists, with other values."""


class SavedViewRetired(Refusal):
    """The saved view was retired."""


class View(Value, frozen=True):
    """`resource` is the listed resource, such as `tickets`. `filters` are its query parameters, which may identify a person.

    `owner` is the owner's code, None for everybody. `shared` says whether other users also see the view. `sort` starts with `-`
    for descending order. The name is not personal.
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
    """Replaces the whole view."""

    view: View

    def apply(self, saved: SavedView, metadata: Metadata) -> None:
        saved.view = self.view


class Retired(Event, frozen=True, tag="crm.saved_view.retired.v1"):
    """The view is no longer shown to anybody."""

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
        """Raises SavedViewDefinedOtherwise or Malformed."""
        checked = _checked(view)
        if self.view is None:
            self.record(context, Defined(view=checked))
        elif not same(self.view, checked):
            raise SavedViewDefinedOtherwise(id=self.id)

    @decision
    def revise(self, context: Context, view: View) -> None:
        """Records only changes. Raises NotThere or Malformed; SavedViewRetired (a flag on import)."""
        self.require()
        checked = _checked(view)
        if self.view != checked:
            retired = self.refuse(context, SavedViewRetired(id=self.id)) if self.retired_since else ()
            self.record_once(context, Revised(view=checked), *retired)

    @decision
    def retire(self, context: Context) -> None:
        """Raises NotThere."""
        self.require()
        self.record_status(context, Retired(), self.retired_since)


def _checked(view: View) -> View:
    """The view in the form in which it is recorded. Raises Malformed."""
    return replace(
        view,
        name=text(view.name, "name", NAME_LENGTH),
        resource=code(view.resource, "resource"),
        fields=tuple(code(field, "field") for field in _limited(view.fields)),
        sort=None if view.sort is None else _sort(view.sort),
        owner=optional_code(view.owner, "owner"),
        filters=_filters(_limited(view.filters or {})) or None,
    )


def _limited(parts: Parts) -> Parts:
    if len(parts) > PART_LIMIT:
        raise Malformed(f"A view can have at most {PART_LIMIT} fields and {PART_LIMIT} filters.")
    return parts


def _sort(sort: str) -> str:
    return "-" * sort.startswith("-") + code(sort.removeprefix("-"), "sort")


def _filters(filters: Mapping[str, str]) -> dict[str, str]:
    return {code(name, "filter"): text(value, "filter") for name, value in filters.items()}
