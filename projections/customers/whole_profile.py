"""Profile of a merge survivor: their own record together with the records of everyone merged into them.

A record stays as its own events made it. The profile is put together at query time, so unmerging restores the earlier answers.
The customer's own record comes first, then those of the merged customers in the order of their ids:

* name, address, acquisition source, language, time zone: the first record that has a value; a source with a channel comes
  before one without.
* owner and team together: the first record that has one of them.
* attributes: by key, the first record that has the key.
* tags, external ids, anonymous ids: of all records.
* contact methods: of all records; one value is one method, verified if it is verified anywhere. Whether it is deliverable
  is what was recorded last in any of them.
* consents: by purpose, channel and contact value, the last consent or withdrawal of all records. If two are of the same moment,
  the withdrawal counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domain.customers.customer.consent import Consent, ConsentKey
from domain.customers.customer.events import ConsentGiven, ContactMethod
from domain.customers.customer.reach import KnownMethod
from domain.shared.contact import comparable
from projections.customers.customer_book import Kept
from projections.shared.rows import Row

DETAILS = ("name", "address", "source", "language", "time_zone")
ASSIGNMENT = ("owner", "team")


class Record(NamedTuple):
    """The state that one customer's own events made."""

    customer_id: UUID
    kept: Kept


class Method(NamedTuple):
    """A contact method, and the customer it was recorded for."""

    customer_id: UUID
    known: KnownMethod


class Stated(NamedTuple):
    """A consent or withdrawal, and the customer it was recorded for."""

    customer_id: UUID
    consent: Consent


ContactKey = tuple[str, str]


def profile(records: Sequence[Record]) -> Row:
    """The profile as plain values for people. The first of the `records` is the customer's own.

    If there are several, contact methods, consents and external ids have the `customer_id` of their record, and `origins` has
    it for all other values; else `origins` is empty. `plain_attributes` are the attributes that are not personal.
    """
    return together(records) if records[1:] else alone(records[0].kept)


def alone(kept: Kept) -> Row:
    """The profile of a customer with no one merged into them: nearly all customers. Like `together`, but faster."""
    return {
        **msgspec.to_builtins(msgspec.structs.asdict(kept.details)),
        "source_channel": kept.details.source and kept.details.source.channel,
        **dict(zip(ASSIGNMENT, kept.assignment, strict=True)),
        "contact_methods": [_shown_method(known) for known in kept.methods if not known.removed],
        "attributes": {**kept.plain_attributes, **kept.personal_attributes},
        "plain_attributes": kept.plain_attributes,
        "external_ids": [{"system": system, "id": id} for system, id in kept.external_ids],
        "anonymous_ids": kept.anonymous_ids,
        "consents": [_shown_consent(key, consent) for key, consent in kept.consents],
        "tags": sorted(kept.tags),
        "origins": {},
    }


def together(records: Sequence[Record]) -> Row:
    """The profile of several records."""
    chosen, methods, attributes = _chosen(records), _methods(records), _attributes(records)
    consents = sorted(_consents(records, methods).items(), key=lambda item: str(item[0]))
    details = {name: chosen[name] and getattr(chosen[name].kept.details, name) for name in DETAILS}
    return {
        "kind": records[0].kept.details.kind,
        **msgspec.to_builtins(details),
        "source_channel": details["source"] and details["source"].channel,
        **{name: chosen[name] and chosen[name].kept.assignment[place] for place, name in enumerate(ASSIGNMENT)},
        "contact_methods": [_shown_method(method.known) | _origin(method.customer_id) for method in methods.values()],
        "attributes": {key: one.value for key, one in attributes.items()},
        "plain_attributes": {key: one.value for key, one in attributes.items() if one.plain},
        "external_ids": [
            {"system": system, "id": id} | _origin(record.customer_id)
            for record in records
            for system, id in record.kept.external_ids
        ],
        "anonymous_ids": list(dict.fromkeys(id for record in records for id in record.kept.anonymous_ids)),
        "consents": [_shown_consent(key, stated.consent) | _origin(stated.customer_id) for key, stated in consents],
        "tags": sorted(set[str]().union(*(record.kept.tags for record in records))),
        "origins": _origins(records, chosen, attributes),
    }


def _origin(customer_id: UUID) -> Row:
    return {"customer_id": customer_id}


def _chosen(records: Sequence[Record]) -> dict[str, Any]:
    """The record that each single value comes from; None if no record has the value."""

    def first(value: Callable[[Kept], object]) -> Record | None:
        return next((record for record in records if value(record.kept) is not None), None)

    assigned = first(lambda kept: kept.assignment if any(kept.assignment) else None)
    chosen = {name: first(attrgetter(f"details.{name}")) for name in DETAILS} | dict.fromkeys(ASSIGNMENT, assigned)
    return chosen | {"source": first(lambda kept: kept.details.source and kept.details.source.channel) or chosen["source"]}


# Contact methods


def _methods(records: Iterable[Record]) -> dict[ContactKey, Method]:
    """The contact methods that are not removed, by kind and comparable value."""
    found: dict[ContactKey, Method] = {}
    for customer_id, kept in records:
        # The first primary method of each kind stays the primary one.
        primary = {method.known.method.kind for method in found.values() if method.known.method.primary}
        for known in kept.methods:
            if known.removed:
                continue
            key, is_primary = _contact_key(known.method), known.method.primary and known.method.kind not in primary
            before = found.get(key) or Method(customer_id, known._replace(method=replace(known.method, primary=False)))
            found[key] = before._replace(known=_together(before.known, known, is_primary))
    return found


def _contact_key(method: ContactMethod) -> ContactKey:
    # An erased value has no comparable form: then every method stays one of its own.
    return method.kind, comparable(method.value) if method.value else str(method.method_id)


def _together(one: KnownMethod, other: KnownMethod, other_is_primary: bool) -> KnownMethod:
    """The same value in two records: verified at the later time, and deliverable or not as was recorded last."""
    method = replace(one.method, primary=one.method.primary or other_is_primary)
    verified = max((at for at in (one.verified, other.verified) if at), default=None)
    last = other if other.since and (one.since is None or other.since > one.since) else one
    return KnownMethod(method, verified, last.bounce, last.since)


def _shown_method(known: KnownMethod) -> Row:
    """`undeliverable` is hard, soft, or None if messages arrive; `since` is the time of its last change."""
    shown: Row = msgspec.to_builtins(msgspec.structs.asdict(known.method))
    return shown | {"verified_at": known.verified, "undeliverable": known.bounce, "since": known.since}


# Consents


def _consents(records: Iterable[Record], methods: Mapping[ContactKey, Method]) -> dict[ConsentKey, Stated]:
    """The last consent or withdrawal for each purpose, channel and contact method."""
    found: dict[ConsentKey, Stated] = {}
    for record in records:
        same = _same_methods(record, methods)
        for (purpose, channel, method_id), consent in record.kept.consents:
            key = purpose, channel, method_id and same.get(method_id, method_id)
            if key not in found or _is_later(consent, found[key].consent):
                found[key] = Stated(record.customer_id, consent)
    return found


def _same_methods(record: Record, methods: Mapping[ContactKey, Method]) -> dict[UUID, UUID]:
    """By the id of a contact method of the record: the id of the shown method with the same value.

    A removed method is the same as one of another record, so that its withdrawal counts; it is not the same as a method that
    was added to its own record again.
    """
    found: dict[UUID, UUID] = {}
    for known in record.kept.methods:
        shown = methods.get(_contact_key(known.method))
        if shown and not (known.removed and shown.customer_id == record.customer_id):
            found[known.method.method_id] = shown.known.method.method_id
    return found


def _is_later(consent: Consent, than: Consent) -> bool:
    return consent.at > than.at or (consent.at == than.at and consent.terms is None and than.terms is not None)


def _shown_consent(key: ConsentKey, consent: Consent) -> Row:
    """The current state of a consent. `given` stays true after the consent has expired; `expires` has the time."""
    purpose, channel, method_id = key
    terms: ConsentGiven | None = consent.terms
    return {
        "purpose": purpose,
        "channel": channel,
        "method_id": method_id,
        "given": terms is not None,
        "at": consent.at,
        "legal_basis": terms and terms.legal_basis,
        "opt_in": terms and terms.opt_in,
        "wording_version": terms and terms.wording_version,
        "source": terms and terms.source,
        "evidence": terms and terms.evidence,
        "expires": terms and terms.expires,
    }


# Attributes, and where values come from


class Attribute(NamedTuple):
    customer_id: UUID
    value: Any
    plain: bool


def _attributes(records: Iterable[Record]) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for customer_id, kept in records:
        for values, plain in ((kept.plain_attributes, True), (kept.personal_attributes, False)):
            for key, value in values.items():
                found.setdefault(key, Attribute(customer_id, value, plain))
    return found


def _origins(records: Iterable[Record], chosen: Mapping[str, Record | None], attributes: Mapping[str, Attribute]) -> Row:
    """The id of the record that each value comes from; for a tag, of all records that have it."""
    tags: dict[str, list[UUID]] = {}
    for record in records:
        for tag in sorted(record.kept.tags):
            tags.setdefault(tag, []).append(record.customer_id)
    return {
        **{name: record.customer_id for name, record in chosen.items() if record},
        "tags": tags,
        "attributes": {key: attribute.customer_id for key, attribute in attributes.items()},
    }
