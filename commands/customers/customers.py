"""What can be asked of customers. Every command but `register`, `create_or_change` and `erase` refuses who is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import UNSET, UnsetType, structs

from commands.customers.field_definitions import plain_keys
from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import AcquisitionSource, Bounce, ConsentGiven, ContactMethod, Kind, LegalBasis, OptIn
from domain.customers.customer.refusals import CustomerMerged
from domain.shared.annotations import Number
from domain.shared.contact import Address
from domain.shared.erasure import ErasureReason, Requester
from domain.shared.given import Given

T = TypeVar("T")


def register(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    kind: Kind = "person",
    name: str | None = None,
    contact_methods: Sequence[ContactMethod] = (),
    address: Address | None = None,
    source: AcquisitionSource | None = None,
    owner: str | None = None,
    team: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    attributes: Mapping[str, str | Number | None] | None = None,
    region: str | None = None,
) -> Customer:
    """The same values again are a repeat. `region` reads telephone numbers that come without country code."""
    plain = plain_keys(work, Customer.name, attributes or {})
    customer = work.load(Customer, customer_id)
    customer.register(
        work.context,
        kind=kind,
        name=name,
        contact_methods=contact_methods,
        address=address,
        source=source,
        owner=owner,
        team=team,
        language=language,
        time_zone=time_zone,
        attributes=attributes,
        plain=plain,
        region=region,
    )
    return customer


def create_or_change(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    external: tuple[str, str],
    kind: Given[Kind] = UNSET,
    name: Given[str | None] = UNSET,
    contact_methods: Sequence[ContactMethod] = (),
    address: Given[Address | None] = UNSET,
    source: Given[AcquisitionSource | None] = UNSET,
    owner: Given[str | None] = UNSET,
    team: Given[str | None] = UNSET,
    language: Given[str | None] = UNSET,
    time_zone: Given[str | None] = UNSET,
    attributes: Mapping[str, str | Number | None] | None = None,
    region: str | None = None,
) -> Customer:
    """What another system says of the customer it calls `external`: registers them, or records only what is different.

    `external` is (system, id). UNSET says nothing about a field, None says that it is empty. Contact methods are added, never
    removed. Who comes without a kind is registered as a person.
    """
    plain = plain_keys(work, Customer.name, attributes or {})
    customer = work.load(Customer, customer_id)
    if not customer.exists:
        customer.register(
            work.context,
            kind=_given(kind) or "person",
            name=_given(name),
            contact_methods=contact_methods,
            address=_given(address),
            source=_given(source),
            owner=_given(owner),
            team=_given(team),
            language=_given(language),
            time_zone=_given(time_zone),
            attributes=attributes,
            plain=plain,
            region=region,
        )
    customer.link_external_id(work.context, *external)
    # A name may be cleared by the same request that brings the first contact method.
    for method in contact_methods:
        customer.add_contact_method(work.context, method, region)
    customer.change_details(
        work.context, kind=kind, name=name, address=address, source=source, language=language, time_zone=time_zone
    )
    known_owner, known_team = customer.assignment
    customer.assign(work.context, known_owner if owner is UNSET else owner, known_team if team is UNSET else team)
    customer.set_attributes(work.context, attributes or {}, plain)
    return customer


def change_details(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    kind: Given[Kind] = UNSET,
    name: Given[str | None] = UNSET,
    address: Given[Mapping[str, Any] | None] = UNSET,
    source: Given[AcquisitionSource | None] = UNSET,
    language: Given[str | None] = UNSET,
    time_zone: Given[str | None] = UNSET,
) -> Customer:
    """UNSET leaves a field as it is, None clears it; of an address the fields that are told."""
    customer = work.existing(Customer, customer_id)
    patched = structs.replace(customer.details["address"] or Address(), **address) if isinstance(address, Mapping) else address
    customer.change_details(
        work.context, kind=kind, name=name, address=patched, source=source, language=language, time_zone=time_zone
    )
    return customer


def add_contact_method(work: UnitOfWork, *, customer_id: UUID, method: ContactMethod, region: str | None = None) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.add_contact_method(work.context, method, region)
    return customer


def verify_contact_method(work: UnitOfWork, *, customer_id: UUID, method_id: UUID) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.verify_contact_method(work.context, method_id)
    return customer


def remove_contact_method(work: UnitOfWork, *, customer_id: UUID, method_id: UUID) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.remove_contact_method(work.context, method_id)
    return customer


def mark_undeliverable(work: UnitOfWork, *, customer_id: UUID, method_id: UUID, bounce: Bounce) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.mark_undeliverable(work.context, method_id, bounce)
    return customer


def restore_contact_method(work: UnitOfWork, *, customer_id: UUID, method_id: UUID) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.restore_contact_method(work.context, method_id)
    return customer


def give_consent(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    purpose: str,
    channel: str,
    method_id: UUID | None = None,
    legal_basis: LegalBasis = "consent",
    opt_in: OptIn = "unknown",
    wording_version: str | None = None,
    source: str | None = None,
    expires: datetime | None = None,
    evidence: str | None = None,
) -> Customer:
    customer = work.existing(Customer, customer_id)
    terms = ConsentGiven(
        purpose=purpose,
        channel=channel,
        method_id=method_id,
        legal_basis=legal_basis,
        opt_in=opt_in,
        wording_version=wording_version,
        source=source,
        expires=expires,
        evidence=evidence,
    )
    customer.give_consent(work.context, terms)
    return customer


def withdraw_consent(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    purpose: str,
    channel: str,
    method_id: UUID | None = None,
    source: str | None = None,
    evidence: str | None = None,
) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.withdraw_consent(work.context, purpose, channel, method_id, source, evidence)
    return customer


def link_anonymous_id(work: UnitOfWork, *, customer_id: UUID, anonymous_id: str) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.link_anonymous_id(work.context, anonymous_id)
    return customer


def archive(work: UnitOfWork, *, customer_id: UUID) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.archive(work.context)
    return customer


def restore(work: UnitOfWork, *, customer_id: UUID) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.restore(work.context)
    return customer


def merge(work: UnitOfWork, *, customer_id: UUID, into: UUID) -> Customer:
    """Raises MergedIntoThemselves, CustomerUnknown, CustomerErased, and CustomerMerged where either is merged otherwise."""
    customer = work.existing(Customer, customer_id)
    if into != customer.survivor and surviving_customer(work, into).id != into:
        raise CustomerMerged(f"The customer {into} was merged into another one.", id=into)
    customer.merge_into(work.context, into)
    return customer


def unmerge(work: UnitOfWork, *, customer_id: UUID) -> Customer:
    """Raises CustomerErased where whoever they were merged into is erased, and they with them."""
    surviving_customer(work, customer_id)
    customer = work.existing(Customer, customer_id)
    customer.unmerge(work.context)
    return customer


def erase(work: UnitOfWork, *, customer_id: UUID, reason: ErasureReason, requested_by: Requester, receipt: str) -> Customer:
    """Final: whoever was erased stays erased, and asking again changes nothing."""
    customer = work.load(Customer, customer_id)
    customer.erase(work.context, reason=reason, requested_by=requested_by, receipt=receipt)
    return customer


def _given(value: Given[T | None]) -> T | None:
    return None if isinstance(value, UnsetType) else value
