"""Commands on customers, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from api.customers import customer_bodies as bodies
from api.customers.merged import merged_customers
from api.shared.access import may
from api.shared.annotation_bodies import AttributesBody, TagsBody
from api.shared.annotations import add_routes
from api.shared.fields import CommandBody, External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.customers import customers
from commands.shared import references
from domain.customers.customer.customer import Customer
from domain.shared.ids import new_id

CUSTOMERS = target(Customer, "/v1/customers")

router = Router(
    prefix=CUSTOMERS.location,
    tags=["customers"],
    route_class=StrictRoute,
    dependencies=[may("customers:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def register(request: Request, body: bodies.RegisterBody) -> Response:
    """Register a customer with at least a name or a contact method.

    If a customer with one of the contact methods exists, the request is refused as possible-duplicate and the answer names
    them as `candidates`. Send `allow_duplicate` if this is a different customer.
    """
    return await CUSTOMERS.new(request, customers.register, body, allow_duplicate=body.allow_duplicate)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.CreateOrChangeBody) -> Response:
    """Create the customer with this external id, or change the fields that differ.

    With `allow_duplicate` false, a new customer is refused as possible-duplicate if a customer with one of the contact methods
    exists; the answer names them as `candidates`.

    If the customer was merged, the survivor is changed: the answer has the survivor's id and version. Fields that the merged
    customer has with the same value change nothing.
    """
    return await CUSTOMERS.by_external_id(
        request,
        system,
        external,
        customers.create_or_change,
        body,
        version_of=references.version_of,
        allow_duplicate=body.allow_duplicate,
    )


@router.patch("/{id}")
async def change_details(request: Request, id: UUID, body: bodies.PatchBody) -> Response:
    """Change details (JSON merge patch): absent fields stay, null clears.

    An attribute is removed from everyone merged into the customer too: a survivor has the attributes of all.
    """
    merged = await _merged_who_lose(request, id, body.attributes)
    return await CUSTOMERS.by_id(request, id, customers.change_details, body, merged_ids=merged)


@router.post("/{id}/contact-methods")
async def add_contact_method(request: Request, id: UUID, body: bodies.AddContactMethodBody) -> Response:
    """Add an e-mail address, a telephone number or another contact method. A value the customer already has changes nothing."""
    return await CUSTOMERS.by_id(request, id, customers.add_contact_method, body)


@router.post("/{id}/contact-methods/{method_id}/verification")
async def verify_contact_method(request: Request, id: UUID, method_id: UUID, body: CommandBody | None = None) -> Response:
    """Record that the contact method is verified: it is the customer's own."""
    return await CUSTOMERS.by_id(request, id, customers.verify_contact_method, body, method_id=method_id)


@router.delete("/{id}/contact-methods/{method_id}")
async def remove_contact_method(request: Request, id: UUID, method_id: UUID) -> Response:
    """Remove a contact method. The last one of a customer without a name cannot be removed."""
    return await CUSTOMERS.by_id(request, id, customers.remove_contact_method, method_id=method_id)


@router.post("/{id}/contact-methods/{method_id}/undeliverable")
async def mark_undeliverable(request: Request, id: UUID, method_id: UUID, body: bodies.UndeliverableBody) -> Response:
    """Mark a contact method as undeliverable: messages to it bounce. This does not change any consent."""
    return await CUSTOMERS.by_id(request, id, customers.mark_undeliverable, body, method_id=method_id)


@router.post("/{id}/contact-methods/{method_id}/restoration")
async def restore_contact_method(request: Request, id: UUID, method_id: UUID, body: CommandBody | None = None) -> Response:
    """Restore an undeliverable contact method: messages to it arrive again. This does not bring back a removed one."""
    return await CUSTOMERS.by_id(request, id, customers.restore_contact_method, body, method_id=method_id)


@router.post("/{id}/consents")
async def give_consent(request: Request, id: UUID, body: bodies.ConsentBody) -> Response:
    """Record a consent. It replaces an earlier one for the same purpose, channel and contact method."""
    return await CUSTOMERS.by_id(request, id, customers.give_consent, body)


@router.post("/{id}/consents/withdrawal")
async def withdraw_consent(request: Request, id: UUID, body: bodies.WithdrawalBody) -> Response:
    """Record that the customer withdrew a consent, even if it was never given."""
    return await CUSTOMERS.by_id(request, id, customers.withdraw_consent, body)


@router.post("/{id}/anonymous-ids")
async def link_anonymous_id(request: Request, id: UUID, body: bodies.AnonymousIdBody) -> Response:
    """Link the anonymous visitor id that the customer had before they were known."""
    return await CUSTOMERS.by_id(request, id, customers.link_anonymous_id, body)


@router.post("/{id}/archival")
async def archive(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Mark the customer as archived. Nothing is deleted. New orders of an archived customer are recorded and flagged."""
    return await CUSTOMERS.by_id(request, id, customers.archive, body)


@router.post("/{id}/restoration")
async def restore(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Undo an archival: the customer is no longer archived."""
    return await CUSTOMERS.by_id(request, id, customers.restore, body)


@router.post("/{id}/merge")
async def merge(request: Request, id: UUID, body: bodies.MergeBody) -> Response:
    """Merge this customer into another, the survivor. From now on facts are recorded on the survivor.

    Erasing the survivor erases this customer too.
    """
    return await CUSTOMERS.by_id(request, id, customers.merge, body)


@router.post("/{id}/unmerge")
async def unmerge(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Undo a merge: both are separate customers again, each with the events recorded on them."""
    return await CUSTOMERS.by_id(request, id, customers.unmerge, body)


@router.post("/{id}/erasure", dependencies=[may("customers:erase")])
async def erase(request: Request, id: UUID, body: bodies.ErasureBody) -> Response:
    """Erase the customer permanently. The key to their personal data is destroyed in the same commit."""
    return await CUSTOMERS.by_id(request, id, customers.erase, body, receipt=new_id().hex)


async def _untag(request: Request, id: UUID, body: TagsBody) -> Response:
    """Removes the tags from everyone merged into the customer too: a survivor has the tags of all."""
    merged = await merged_customers(request, [id])
    return await ANNOTATED.by_id(request, id, customers.untag, body, merged_ids=merged)


async def _set_attributes(request: Request, id: UUID, body: AttributesBody) -> Response:
    """Removes attributes from everyone merged into the customer too: a survivor has the attributes of all."""
    merged = await _merged_who_lose(request, id, body.attributes)
    return await ANNOTATED.by_id(request, id, customers.set_attributes, body, merged_ids=merged)


async def _merged_who_lose(request: Request, id: UUID, attributes: Mapping[str, Any] | None) -> Sequence[UUID]:
    """Everyone merged into the customer, if the request removes an attribute."""
    if not attributes or None not in attributes.values():
        return ()
    return await merged_customers(request, [id])


ANNOTATED = target(Customer, CUSTOMERS.location, "id")
add_routes(router, Customer, _untag, _set_attributes)
