"""References to aggregates of this store."""

from __future__ import annotations

from uuid import UUID

from domain.shared.events import Value
from domain.shared.text import check_code


class Reference(Value, frozen=True):
    """Something in this store that a fact is about: its kind, such as `order`, and its id."""

    kind: str
    id: UUID


def checked_reference(reference: Reference) -> Reference:
    """The reference. Raises Malformed if its kind is not a code."""
    check_code(reference.kind, "kind")
    return reference
