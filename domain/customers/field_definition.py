"""A field definition: the name of an attribute, the values it accepts, and whether it is personal.

It is identified by the kind of entity and the attribute's key. Attributes without a definition accept any value. The kind of a
field and whether it is personal never change: to change one of them, define another field under another key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.attributes import Number
from domain.shared.events import Context, GlobalEvent, Metadata
from domain.shared.ids import derived_id
from domain.shared.refusals import AlreadyThere, Malformed
from domain.shared.text import choice, one_form, text
from domain.shared.text import code as checked_code

Kind = Literal["text", "number", "flag", "choice", "date"]
Entity = Literal["campaign", "customer", "deal", "feedback", "interaction", "lead", "order", "ticket"]
"""The kinds of aggregates that have attributes."""

ALWAYS_PLAIN = frozenset({"number", "flag"})
NAME_LENGTH = 200
OPTION_LENGTH = 200
OPTION_LIMIT = 500


class FieldDefinedOtherwise(AlreadyThere):
    """The field is already defined with another kind, or with the other value of `personal`. Define a new field instead."""


class AttributeDoesNotFit(Malformed):
    """The attribute's value does not fit its field definition."""


@lru_cache(maxsize=10_000)
def field_definition_id(entity: str, key: str) -> UUID:
    return derived_id("field_definition", entity, key)


class Defined(GlobalEvent, frozen=True, tag="crm.field_definition.defined.v1"):
    """`entity` is a kind of aggregate, such as `customer`; `options` are all values of a choice. The name is plain.

    `personal` is whether the values are personal data. Personal texts are encrypted, and are erased with their subject.
    """

    entity: str
    key: str
    kind: Kind
    personal: bool
    name: str
    options: tuple[str, ...] = ()

    def apply(self, field: FieldDefinition, metadata: Metadata) -> None:
        field.defined, field.title, field.options, field.retired_since = self, self.name, self.options, None


class Revised(GlobalEvent, frozen=True, tag="crm.field_definition.revised.v1"):
    """Replaces the name and the options. Existing values that are no longer an option are kept."""

    name: str
    options: tuple[str, ...] = ()

    def apply(self, field: FieldDefinition, metadata: Metadata) -> None:
        field.title, field.options = self.name, self.options


class Retired(GlobalEvent, frozen=True, tag="crm.field_definition.retired.v1"):
    """The field is no longer in use. Existing values are kept."""

    def apply(self, field: FieldDefinition, metadata: Metadata) -> None:
        field.retired_since = metadata.occurred_at


class FieldDefinition(Aggregate):
    """`title` is the name of the field."""

    name = "field_definition"
    events = (Defined, Revised, Retired)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.defined: Defined | None = None
        self.title: str | None = None
        self.options: tuple[str, ...] = ()
        self.retired_since: datetime | None = None

    @decision
    def define(
        self,
        context: Context,
        *,
        entity: str,
        key: str,
        kind: Kind,
        name: str,
        options: Sequence[str] = (),
        personal: bool | None = None,
    ) -> None:
        """Defines the field, or revises it if it exists.

        If `personal` is None, the kind decides: numbers and flags are plain, all others are personal.
        Raises FieldDefinedOtherwise or Malformed.
        """
        defined = Defined(
            entity=choice(entity, Entity, "kind of resource"),
            key=checked_code(key, "key"),
            kind=choice(kind, Kind, "kind of a field"),
            personal=_personal(kind, personal),
            name=text(name, "name", NAME_LENGTH),
            options=_options(kind, options),
        )
        if self.defined is None:
            self.record(context, defined)
            return
        if (self.defined.kind, self.defined.personal) != (defined.kind, defined.personal):
            raise FieldDefinedOtherwise(kind=self.defined.kind, personal=self.defined.personal)
        if self.retired_since is not None:
            self.record_once(context, defined)
        elif (self.title, self.options) != (defined.name, defined.options):
            self.record_once(context, Revised(name=defined.name, options=defined.options))

    @decision
    def retire(self, context: Context) -> None:
        """Raises NotThere."""
        self.require()
        self.record_status(context, Retired(), self.retired_since)

    @property
    def plain(self) -> bool:
        """Whether the values are certainly not personal. False for a field that is undefined or retired."""
        return self.defined is not None and self.retired_since is None and not self.defined.personal

    def admits(self, value: str | Number | None) -> bool:
        """Whether the field accepts the value. A field that is undefined or retired accepts any value."""
        if self.defined is None or self.retired_since is not None:
            return True
        match self.defined.kind:
            case "flag":
                return isinstance(value, bool)
            case "number":
                return isinstance(value, int | float) and not isinstance(value, bool)
            case "choice":
                return isinstance(value, str) and one_form(value) in self.options
            case "date":
                return isinstance(value, str) and _is_date(one_form(value))
            case "text":
                return isinstance(value, str)


def _personal(kind: Kind, personal: bool | None) -> bool:
    if kind in ALWAYS_PLAIN and personal:
        raise Malformed("Numbers and flags are always plain; only texts can be personal.")
    return kind not in ALWAYS_PLAIN if personal is None else personal


def _options(kind: Kind, options: Sequence[str]) -> tuple[str, ...]:
    checked = tuple(text(option, "option", OPTION_LENGTH) for option in options)
    if not len(set(checked)) == len(checked) <= OPTION_LIMIT or (kind == "choice") != bool(checked):
        raise Malformed(f"A choice must have 1 to {OPTION_LIMIT} different options, and other kinds of fields must have none.")
    return checked


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
