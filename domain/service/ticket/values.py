"""Value types of a ticket, and the checks of its facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict
from uuid import UUID

from domain.shared.events import Value
from domain.shared.given import Checks, checked_fields
from domain.shared.reference import Reference, checked_reference
from domain.shared.refusals import Malformed
from domain.shared.text import choice, optional_text, text

LABEL_LENGTH = 64
TITLE_LENGTH = 500
TEXT_LENGTH = 50_000
MESSAGE_ID_LENGTH = 1_000
ADDRESS_LENGTH = 500
LIST_LIMIT = 200

OpenedBy = Literal["agent", "customer", "system"]
Author = Literal["agent", "customer"]
Visibility = Literal["public", "internal"]
DiscardReason = Literal["spam", "duplicate", "test", "invalid"]
Detail = Literal["title", "description"]
Hours = Literal["business", "calendar"]


class SlaTarget(Value, frozen=True):
    """`metric`, such as `first_response`, must be reached within `seconds`, counted in `hours`."""

    metric: str
    seconds: int
    hours: Hours = "calendar"


class Facts(TypedDict, total=False):
    """The optional facts of a new ticket, in addition to its number, its customer and `opened_by`."""

    title: str | None
    description: str | None
    channel: str | None
    category: str | None
    priority: str | None
    about: tuple[Reference, ...]
    follow_up_of: UUID | None
    parent_id: UUID | None


def checked(facts: Facts) -> Facts:
    """The facts in the form in which they are recorded. Raises Malformed."""
    return checked_fields(facts, CHECKS)


def details(texts: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The details (personal texts) by name, checked. Raises Malformed."""
    for name in texts:
        choice(name, Detail, "detail")
    return checked_fields(texts, CHECKS)


def label(value: str | None, what: str) -> str | None:
    """A code from another system, which may contain blanks. Raises Malformed."""
    return optional_text(value, what, LABEL_LENGTH)


def texts(values: tuple[str, ...] | None, what: str, limit: int) -> tuple[str, ...] | None:
    """The texts, checked, or None if there are none. Raises Malformed."""
    if values and len(values) > LIST_LIMIT:
        raise Malformed(f"At most {LIST_LIMIT} {what} are allowed.")
    return tuple(text(value, what, limit) for value in values) if values else None


CHECKS: Checks = {
    "title": lambda title: text(title, "title", TITLE_LENGTH),
    "description": lambda description: text(description, "description", TEXT_LENGTH),
    "channel": lambda channel: label(channel, "channel"),
    "category": lambda category: label(category, "category"),
    "priority": lambda priority: label(priority, "priority"),
    "about": lambda about: tuple(dict.fromkeys(map(checked_reference, about))),
}
