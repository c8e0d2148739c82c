"""The commands on customers. All except `register`, `create_or_change` and `erase` refuse an unknown customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack
from uuid import UUID

from msgspec import UNSET, structs

from commands.customers.field_definitions import plain_keys
from commands.shared.deciding import begins, decides
from commands.shared.references import surviving_customer, survivors_of
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import (
    AcquisitionSource,
    ConsentGiven,
    ContactMethod,
    Kind,
)
from domain.customers.customer.refusals import CustomerMerged, PossibleDuplicate
from domain.shared.attributes import Number
from domain.shared.contact import Address
from domain.shared.given import Given, value_or_none


class Details(TypedDict, total=False):
    """UNSET leaves a field as it is, None clears it."""

    name: Given[str | None]
    source: Given[AcquisitionSource | None]
    language: Given[str | None]
    time_zone: Given[str | None]


class Changes(Details, total=False):
    owner: Given[str | None]
    team: Given[str | None]
    attributes: Mapping[str, str | Number | None] | None


class Facts(Changes, total=False):
    """The facts of a registration in addition to the kind. `region` is the country of phone numbers without country code."""

    address: Given[Address | None]
    contact_methods: Sequence[ContactMethod]
    region: str | None


DETAILS = ("kind", "address", *Details.__annotations__)


def register(
    work: UnitOfWork, *, customer_id: UUID, kind: Kind = "person", allow_duplicate: bool = True, **facts: Unpack[Facts]
) -> Customer:
    """Registers a customer; the same values again change nothing.

    Raises PossibleDuplicate if another customer has one of the contact methods, unless `allow_duplicate`.
    """
    plain = plain_keys(work, Customer.name, facts.get("attributes") or {})
    customer = work.load(Customer, customer_id)
    given: dict[str, Any] = {name: value for name, value in facts.items() if value is not UNSET}
    customer.register(work.context, kind=kind, plain=plain, **given)
    if not allow_duplicate:
        _refuse_duplicate(work, customer)
    return customer


def _refuse_duplicate(work: UnitOfWork, customer: Customer) -> None:
    """Raises PossibleDuplicate. The customers that it names are those who others were merged into."""
    contacts = customer.contact_keys()
    holders = [work.load(Customer, id) for id in work.holders(contacts) - {customer.id}]
    found = {holder.id for holder in holders if not contacts.isdisjoint(holder.contact_keys())}
    if found:
        detail = "A customer with one of these contact methods exists. Send allow_duplicate if this is a different customer."
        raise PossibleDuplicate(detail, {[id, *survivors_of(work, id)][-1] for id in found})


def create_or_change(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    external: tuple[str, str],
    kind: Given[Kind] = UNSET,
    allow_duplicate: bool = True,
    **facts: Unpack[Facts],
) -> Customer:
    """Registers a customer of another system; for an existing one, records only the differences.

    `external` is (system, id), the customer's id there. Contact methods are added, never removed. Without a kind, a customer is
    registered as a person. For a merged customer, the survivor is changed and returned. Raises CustomerErased, and what
    `register` raises.
    """
    customer = work.load(Customer, customer_id)
    stated = facts if kind is UNSET else {**facts, "kind": kind}
    if customer.survivor is not None:
        return _change_survivor(work, customer, stated)
    if not customer.exists:
        begun: Kind = value_or_none(kind) or "person"
        register(work, customer_id=customer_id, kind=begun, allow_duplicate=allow_duplicate, **facts)
    customer.link_external_id(work.context, *external)
    _change(work, customer, stated)
    return customer


def _change(work: UnitOfWork, customer: Customer, stated: Mapping[str, Any]) -> None:
    """Records the differences to the customer's own facts."""
    # Contact methods come first: the same request may clear the name and add the first contact method.
    for method in stated.get("contact_methods", ()):
        customer.add_contact_method(work.context, method, stated.get("region"))
    if details := {name: stated[name] for name in DETAILS if name in stated}:
        customer.change_details(work.context, **details)
    if "owner" in stated or "team" in stated:
        known_owner, known_team = customer.assignment
        owner, team = stated.get("owner", UNSET), stated.get("team", UNSET)
        customer.assign(work.context, known_owner if owner is UNSET else owner, known_team if team is UNSET else team)
    if attributes := stated.get("attributes"):
        customer.set_attributes(work.context, attributes, plain_keys(work, Customer.name, attributes))


def _change_survivor(work: UnitOfWork, merged: Customer, stated: Mapping[str, Any]) -> Customer:
    """Records on the survivor the facts that differ from the merged customer's own.

    Another system that knows nothing of the merge sends the same record again and again. Only what it changes is a new fact:
    otherwise the merged customer's name would replace the survivor's.
    """
    attributes = stated.get("attributes") or {}
    plain = plain_keys(work, Customer.name, attributes)
    changed = merged.changed_details(**{name: stated[name] for name in DETAILS if name in stated})
    changed["attributes"] = {key: value for key, value in attributes.items() if merged.differs(key, value, key in plain)}
    region = stated.get("region")
    changed["contact_methods"] = [
        method for method in stated.get("contact_methods", ()) if not merged.has_contact(method, region)
    ]
    for name, known in zip(("owner", "team"), merged.assignment, strict=True):
        if stated.get(name, UNSET) not in (UNSET, known):
            changed[name] = stated[name]
    survivor = surviving_customer(work, merged.id)
    _change(work, survivor, changed | {"region": region})
    _remove_attributes(work, survivor.id, attributes, [merged.id])
    return survivor


def change_details(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    kind: Given[Kind] = UNSET,
    address: Given[Mapping[str, Any] | None] = UNSET,
    merged_ids: Sequence[UUID] = (),
    **facts: Unpack[Changes],
) -> Customer:
    """UNSET leaves a field as it is, None clears it; in an address and in the attributes, only the given ones change.

    An attribute is removed from each of `merged_ids` who is merged into the customer, too.
    """
    customer = work.existing(Customer, customer_id)
    patched = structs.replace(customer.details["address"] or Address(), **address) if isinstance(address, Mapping) else address
    _change(work, customer, {**facts, "kind": kind, "address": patched})
    _remove_attributes(work, customer_id, facts.get("attributes") or {}, merged_ids)
    return customer


def set_attributes(
    work: UnitOfWork, *, id: UUID, attributes: Mapping[str, str | Number | None], merged_ids: Sequence[UUID] = ()
) -> Customer:
    """Sets attributes of the customer. None removes one, also from each of `merged_ids` who is merged into the customer.

    Raises AttributeDoesNotFit.
    """
    return change_details(work, customer_id=id, attributes=attributes, merged_ids=merged_ids)


def _remove_attributes(
    work: UnitOfWork, customer_id: UUID, attributes: Mapping[str, str | Number | None], merged_ids: Sequence[UUID]
) -> None:
    removed = {key: None for key, value in attributes.items() if value is None}
    for merged in merged_ids if removed else ():
        if customer_id in survivors_of(work, merged):
            work.load(Customer, merged).set_attributes(work.context, removed)


add_contact_method = decides(Customer, Customer.add_contact_method)
verify_contact_method = decides(Customer, Customer.verify_contact_method)
remove_contact_method = decides(Customer, Customer.remove_contact_method)
mark_undeliverable = decides(Customer, Customer.mark_undeliverable)
restore_contact_method = decides(Customer, Customer.restore_contact_method)
give_consent = decides(Customer, Customer.give_consent, of=ConsentGiven)
withdraw_consent = decides(Customer, Customer.withdraw_consent)
link_anonymous_id = decides(Customer, Customer.link_anonymous_id)


def untag(work: UnitOfWork, *, id: UUID, tags: Sequence[str], merged_ids: Sequence[UUID] = ()) -> Customer:
    """Removes the tags from the customer, and from each of `merged_ids` who is merged into the customer."""
    customer = work.existing(Customer, id)
    customer.untag(work.context, tags)
    for merged in merged_ids:
        if id in survivors_of(work, merged):
            work.load(Customer, merged).untag(work.context, tags)
    return customer


archive = decides(Customer, Customer.archive)
restore = decides(Customer, Customer.restore)


def merge(work: UnitOfWork, *, customer_id: UUID, into: UUID) -> Customer:
    """Raises MergedIntoThemselves, CustomerUnknown, CustomerErased; CustomerMerged if either is merged into another one."""
    customer = work.existing(Customer, customer_id)
    if into != customer.survivor and (survivor := surviving_customer(work, into)).id != into:
        raise CustomerMerged(f"The customer {into} was merged into {survivor.id}.", id=into, survivor=survivor.id)
    customer.merge_into(work.context, into)
    return customer


def unmerge(work: UnitOfWork, *, customer_id: UUID) -> Customer:
    """Raises CustomerErased if the merge survivor is erased, because that erases the merged customer too."""
    surviving_customer(work, customer_id)
    customer = work.existing(Customer, customer_id)
    customer.unmerge(work.context)
    return customer


erase = begins(Customer, Customer.erase)
