"""References from one thing of this store to another."""

from __future__ import annotations

from uuid import UUID

from domain.shared.events import Value
from domain.shared.text import code


class Reference(Value, frozen=True):
    """What a ticket is about: something of this store, such as the kind `order` and its id."""

    kind: str
    id: UUID


def checked_reference(reference: Reference) -> Reference:
    """Raises Malformed."""
    code(reference.kind, "kind")
    return reference
