"""A field definition: what an attribute of a kind of thing is called, which values it takes, and whether it is personal.

Known by the kind of thing and the attribute's key. Attributes that nobody defined are as free as ever. What a field is stays
for good; another kind, or personal data that is not any more, is another field under another key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.annotations import Number
from domain.shared.events import Context, GlobalEvent, Metadata
from domain.shared.ids import derived_id
from domain.shared.refusals import AlreadyThere, Malformed
from domain.shared.text import choice, text
from domain.shared.text import code as checked_code

Kind = Literal["text", "number", "flag", "choice", "date"]

ALWAYS_PLAIN = frozenset({"number", "flag"})
NAME_LENGTH = 200
OPTION_LENGTH = 200
OPTION_LIMIT = 500


class FieldDefinedOtherwise(AlreadyThere):
    """The field is defined as one of another kind, or the other way with personal data: make a new field."""


class AttributeDoesNotFit(Malformed):
    """The attribute's value is not one that its field takes."""


@lru_cache(maxsize=10_000)
def field_definition_id(entity: str, key: str) -> UUID:
    return derived_id("field_definition", entity, key)


class Defined(GlobalEvent, frozen=True, tag="crm.field_definition.defined.v1"):
    """`entity` is the kind of thing, such as `customer`; `options` are all values of a choice. The name is plain.

    `personal` is whether a value may tell of a person: such a text is sealed, and goes with whom it tells of.
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
    """What it is called, and its options, anew. Values that are no option any more stay where they are."""

    name: str
    options: tuple[str, ...] = ()

    def apply(self, field: FieldDefinition, metadata: Metadata) -> None:
        field.title, field.options = self.name, self.options


class Retired(GlobalEvent, frozen=True, tag="crm.field_definition.retired.v1"):
    """Its values stay; none are asked for any more."""

    def apply(self, field: FieldDefinition, metadata: Metadata) -> None:
        field.retired_since = metadata.occurred_at


class FieldDefinition(Aggregate):
    """`title` is what the field is called."""

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
        """Defines the field; one that is there is revised. None leaves it to the kind: texts are personal, numbers are not.

        Refused as FieldDefinedOtherwise or Malformed.
        """
        told = Defined(
            entity=checked_code(entity, "entity"),
            key=checked_code(key, "key"),
            kind=choice(kind, Kind, "kind of a field"),
            personal=_personal(kind, personal),
            name=text(name, "name", NAME_LENGTH),
            options=_options(kind, options),
        )
        if self.defined is None:
            self.record(context, told)
            return
        if (self.defined.kind, self.defined.personal) != (told.kind, told.personal):
            raise FieldDefinedOtherwise(kind=self.defined.kind, personal=self.defined.personal)
        if self.retired_since is not None:
            self.record_once(context, told)
        elif (self.title, self.options) != (told.name, told.options):
            self.record_once(context, Revised(name=told.name, options=told.options))

    @decision
    def retire(self, context: Context) -> None:
        """Refused as NotThere."""
        self.require()
        self.record_status(context, Retired(), self.retired_since)

    @property
    def plain(self) -> bool:
        """Whether what it takes is not personal. What nobody defined, or what was retired, may be."""
        return self.defined is not None and self.retired_since is None and not self.defined.personal

    def admits(self, value: str | Number | None) -> bool:
        """Whether the field takes the value. One that nobody defined, or that was retired, takes any."""
        if self.defined is None or self.retired_since is not None:
            return True
        match self.defined.kind:
            case "flag":
                return isinstance(value, bool)
            case "number":
                return isinstance(value, int | float) and not isinstance(value, bool)
            case "choice":
                return value in self.options
            case "date":
                return isinstance(value, str) and _is_date(value)
            case "text":
                return isinstance(value, str)


def _personal(kind: Kind, personal: bool | None) -> bool:
    if kind in ALWAYS_PLAIN and personal:
        raise Malformed("Numbers and flags are plain: what is personal is a text.")
    return kind not in ALWAYS_PLAIN if personal is None else personal


def _options(kind: Kind, options: Sequence[str]) -> tuple[str, ...]:
    told = tuple(text(option, "option", OPTION_LENGTH) for option in options)
    if not len(set(told)) == len(told) <= OPTION_LIMIT or (kind == "choice") != bool(told):
        raise Malformed(f"A choice has 1 to {OPTION_LIMIT} options, none twice, and no other field has any.")
    return told


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
