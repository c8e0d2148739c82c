"""The register of contacts: which customers have a contact, so that a command can ask inside its commit.

A row (digest, customer, method) is written in the commit of the event that adds the contact method. It goes with the event that
removes it, and with the erasure of the customer. A digest is an HMAC with the store's secret, so the register holds no address.
The register can be counted again from the log: that is how a store gets it that was written without one, or was restored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog

from commands.shared.commit import ContactKey, Unreadable
from domain.shared.events import Event, Recorded
from domain.shared.ids import keyed_digest
from infra.event_store.mapper import Stored
from infra.event_store.vault import SubjectKey

PURPOSE = "contact"
PORTION = 1000

log = structlog.get_logger()


class Method(NamedTuple):
    """A contact method of a customer."""

    customer: UUID
    id: UUID


class ContactRow(NamedTuple):
    digest: UUID
    method: Method


class ContactRows(NamedTuple):
    """The rows to write, and the contact methods whose rows go."""

    added: Sequence[ContactRow]
    removed: Sequence[Method]


class Register(Protocol):
    def register(self, contacts: ContactRows, erased: Collection[UUID]) -> None: ...


class Log(Protocol):
    """The part of the event store that counting reads."""

    @property
    def secret(self) -> bytes: ...
    @property
    def types_of_contacts(self) -> frozenset[str]: ...
    def log(self, after: int, limit: int, upto: int | None = None, types: Collection[str] | None = None) -> list[Stored]: ...
    def keys(self, stored: Sequence[Stored]) -> dict[UUID, SubjectKey]: ...
    def decode_one(self, stored: Stored, keys: Mapping[UUID, SubjectKey]) -> Recorded: ...


class Digests:
    """The digest of each contact: the first 128 bits of its HMAC. Each is computed once."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._known: dict[ContactKey, UUID] = {}

    def of(self, contact: ContactKey) -> UUID:
        digest = self._known.get(contact)
        if digest is None:
            kind, value = contact
            digest = UUID(bytes=keyed_digest(self._secret, PURPOSE, f"{kind} {value}".encode())[:16])
            self._known[contact] = digest
        return digest

    def contact(self, digest: UUID) -> ContactKey:
        """The contact that has this digest. Raises StopIteration if it was not computed here."""
        return next(contact for contact, of in self._known.items() if of == digest)


def rows_of(digests: Digests, events: Iterable[tuple[UUID, Event]]) -> ContactRows:
    """What these events change in the register, each with its stream, in their order."""
    changed: dict[Method, UUID | None] = {}
    for customer, event in events:
        for contact in event.contacts_added():
            changed[Method(customer, contact.method_id)] = digests.of((contact.kind, contact.value))
        for id in event.contacts_removed():
            changed[Method(customer, id)] = None
    added = [ContactRow(of, method) for method, of in changed.items() if of is not None]
    return ContactRows(added, [method for method, of in changed.items() if of is None])


def count(store: Log, register: Register) -> None:
    """Writes the register as the log says. Commands may go on meanwhile: what they write is read here too.

    An event that cannot be read is passed over and logged; `recount status --verify` says what is wrong with it.
    """
    for recorded in changes_after(store, 0):
        erased = [subject for one in recorded if one.event.erases() for subject in one.metadata.subjects]
        register.register(rows_of_log(store.secret, recorded), erased)


def changes_after(store: Log, position: int) -> Iterator[list[Recorded]]:
    """The events after this position that change the register, in portions, without those that cannot be read."""
    while found := store.log(position, PORTION, types=store.types_of_contacts):
        yield list(_readable(store, found))
        position = found[-1].position


def rows_of_log(secret: bytes, recorded: Iterable[Recorded]) -> ContactRows:
    """What these events of the log change in the register."""
    return rows_of(Digests(secret), ((one.stream, one.event) for one in recorded))


def _readable(store: Log, found: Sequence[Stored]) -> Iterator[Recorded]:
    keys = store.keys(found)
    for one in found:
        try:
            yield store.decode_one(one, keys)
        except Unreadable as error:
            log.warning("contacts of an event are not known", position=one.position, reason=str(error))
