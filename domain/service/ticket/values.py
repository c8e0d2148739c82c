"""The parts of a ticket that are values, and how its facts are checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict
from uuid import UUID

from domain.shared.events import Value
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
    """How soon: `metric` such as `first_response` is to be reached within so many seconds, in these hours."""

    metric: str
    seconds: int
    hours: Hours = "calendar"


class Facts(TypedDict, total=False):
    """What a ticket may be opened with beside its number, its customer and who opened it."""

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
    clean = facts.copy()
    if "title" in facts:
        clean["title"] = detail("title", facts["title"])
    if "description" in facts:
        clean["description"] = detail("description", facts["description"])
    if "channel" in facts:
        clean["channel"] = label(facts["channel"], "channel")
    if "category" in facts:
        clean["category"] = label(facts["category"], "category")
    if "priority" in facts:
        clean["priority"] = label(facts["priority"], "priority")
    if about := facts.get("about"):
        clean["about"] = tuple(dict.fromkeys(map(checked_reference, about)))
    return clean


def detail(name: str, value: str | None) -> str | None:
    """A personal text by its name. Raises Malformed."""
    choice(name, Detail, "detail")
    return optional_text(value, name, TITLE_LENGTH if name == "title" else TEXT_LENGTH)


def details(texts: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: detail(name, value) for name, value in texts.items()}


def label(value: str | None, what: str) -> str | None:
    """A code that another system made up, which may have blanks. Raises Malformed."""
    return optional_text(value, what, LABEL_LENGTH)


def texts(values: tuple[str, ...] | None, what: str, limit: int) -> tuple[str, ...] | None:
    """Several texts, or None where there are none. Raises Malformed."""
    if values and len(values) > LIST_LIMIT:
        raise Malformed(f"There may be {LIST_LIMIT} of {what} at most.")
    return tuple(text(value, what, limit) for value in values) if values else None
