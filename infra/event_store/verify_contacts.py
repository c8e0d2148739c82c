"""Compares the register of contacts with the log, as a part of a verification, which reads all events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from domain.shared.events import Recorded
from infra.event_store.checks import Finding
from infra.event_store.contacts import ContactRow, Method, changes_after, rows_of_log
from infra.event_store.store import EventStore


class ContactsCheck:
    """`is_erased` says of a subject whether an event erased it."""

    def __init__(self, store: EventStore, head: int, is_erased: Callable[[UUID], bool]) -> None:
        self._store, self._head, self._is_erased = store, head, is_erased
        self._found = 0

    def look_at(self, portion: Sequence[Recorded]) -> Iterator[Finding]:
        """What these events add to the register, and it does not have."""
        rows = self._rows(portion)
        there = set(self._store.registered([row.method for row in rows]))
        for row in rows:
            if row in there:
                self._found += 1
            elif not self._is_gone(row.method):
                why = f"It lacks a contact method of the customer {row.method.customer}, so no duplicate of them is noticed."
                yield Finding("contacts", why)

    def end(self) -> Iterator[Finding]:
        """Rows of which the log knows nothing. Rows of events that were recorded meanwhile are not among them."""
        rows = self._store.checks().contacts()
        since = sum(len(self._rows(recorded)) for recorded in changes_after(self._store, self._head))
        if (extra := rows - self._found - since) > 0:
            yield Finding("contacts", f"The register has {extra} rows more than the log has contact methods.")

    def _rows(self, recorded: Sequence[Recorded]) -> Sequence[ContactRow]:
        return rows_of_log(self._store.secret, recorded).added

    def _is_gone(self, method: Method) -> bool:
        """Whether a later event removed the method, or erased the customer, perhaps during the verification."""
        events = self._store.plain_streams([method.customer]).get(method.customer, ())
        return any(method.id in one.event.contacts_removed() for one in events) or self._is_erased(method.customer)
