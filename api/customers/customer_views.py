"""Reads of customers over HTTP: one, a list, as of any moment, possible duplicates, and the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from inspect import signature
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Connection, select

from api.customers import customer_schemas as schemas
from api.shared.access import Caller, may
from api.shared.as_of import Moment, Resource, Then, When, as_of, reached_by
from api.shared.bounds import PAGE, REPORT, STORY
from api.shared.fields import External, System
from api.shared.filtering import filters
from api.shared.looking import require_personal
from api.shared.openapi import exported, listed, one
from api.shared.parameters import excludes
from api.shared.reading import LARGEST_POSITION, After, Cursor, Limit, absent, found, listing, page, read, read_jointly
from api.shared.routes import Router
from api.shared.sorting import By, sorting
from api.shared.views import Views
from api.shared.zones import Zone
from domain.customers.customer.customer import Customer
from domain.shared.ids import external_id
from infra.read_models.positions import dead_letters
from projections.customers import customer_answer, customer_list, merging
from projections.customers import duplicates as duplicate_customers
from projections.customers import timeline as customer_timeline
from projections.customers.customer_answer import Asked
from projections.customers.customers import customer_view
from projections.customers.customers import customers as customer_rows
from projections.customers.merging import merged_into
from projections.shared.pages import Page
from projections.shared.rows import Row

router = Router(prefix="/v1/customers", tags=["customers"])

Reader = Annotated[Caller, may("customers:read")]

Merged = Annotated[bool, Query(description="Only customers who were merged into another one. By default they are left out.")]

PERSONAL = frozenset({"name", "contact_methods", "address", "external_ids", "anonymous_ids", "consents", "attachments"})
# All partitions are needed: a guest's order that was linked to the customer is in another partition, and the customers who were
# merged into them may be in others too.
NEEDED = dict.fromkeys(customer_answer.READ)
CUSTOMERS = Resource(Customer, customer_view, customer_list.get)

filtered = filters(customer_list.Filter, {"erased": lambda: False}, merged=Merged)


@router.get("", responses=exported(listed(schemas.CUSTOMER), schemas.CUSTOMER))
async def customers(
    request: Request,
    caller: Annotated[Caller, may("customers:read", PAGE)],
    after: After,
    wanted: Annotated[customer_list.Filter, Depends(filtered)],
    by: Annotated[By[customer_list.Sort], sorting(customer_list.Sort, "-registered_at")],
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Part of a name, or the beginning of an e-mail or phone, without regard to case and marks.",
            json_schema_extra=excludes("sort", *(name for name in signature(filtered).parameters if name != "merged")),
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List customers by filters, or search them by name, e-mail or phone with `q`.

    A merge survivor is listed once, and found by what was recorded for anyone merged into them. A search takes no order, and no
    filter but `merged`.
    """
    if q is not None or by.key == "name":
        require_personal(caller)

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        if q is not None:
            return customer_list.search(connection, q, merged=wanted.merged, limit=limit, cursor=cursor)
        return customer_list.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    return await listing(
        request, "customer_view", after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor
    )


@router.get("/duplicates", responses=exported(listed(schemas.DUPLICATE), schemas.DUPLICATE))
async def duplicates(
    request: Request,
    _: Annotated[Caller, may("customers:read", REPORT)],
    after: After,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List possible duplicates: customers who share a contact value and are not merged, latest registered first."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return duplicate_customers.duplicates(connection, limit=limit, cursor=cursor)

    return await listing(request, "customer_view", after, pages, show=dict, limit=limit, cursor=cursor)


@router.get("/by/{system}/{external:path}", dependencies=[may("personal:read")], responses=one(schemas.CUSTOMER))
async def customer_by_external_id(
    request: Request, caller: Reader, after: After, when: When, zone: Zone, system: System, external: External
) -> Response:
    """The customer with this external id in that system. For a merged customer it is the survivor, as for the PUT.

    For a past moment it is always the customer with the external id themselves.
    """
    id = external_id("customer", system, external, request.app.state.store.secret)
    return await _one(request, caller, after, when, zone, id, survivor=True)


@router.get("/{id}", responses=one(schemas.CUSTOMER))
async def customer(request: Request, caller: Reader, after: After, when: When, zone: Zone, id: UUID) -> Response:
    """One customer. A merge survivor answers for everyone merged into them: the profile, money, tickets, contacts, segments.

    A survivor's contact methods, consents and external ids name the `customer_id` they were recorded for; `origins` has it for
    the other values. The last consent or withdrawal of all counts. `money` sums the orders by currency. For a past moment only
    the customer's own fields are known: all others are null.
    """
    return await _one(request, caller, after, when, zone, id)


async def _one(
    request: Request, caller: Caller, after: int, when: Moment, zone: tzinfo, id: UUID, *, survivor: bool = False
) -> Response:
    row: Mapping[str, Any] | None
    if when.now:
        asked = Asked(id, datetime.now(UTC).astimezone(zone).date(), zone, survivor)
        row, position = await read_jointly(request, NEEDED, after, customer_answer.answers, asked, partial(about_customer, id))
    else:
        row, position = await as_of(request, CUSTOMERS, id, when)
        row = row and {**row, **dict.fromkeys(("merged_ids", *customer_answer.COMPUTED))}
    if row is None:
        return absent("customer", id, position)
    return found(request, shown(row, caller), position, row["version"])


@router.get("/{id}/timeline", responses=listed(schemas.MOMENT))
async def timeline(
    request: Request,
    caller: Annotated[Caller, may("customers:read", STORY)],
    after: After,
    when: Then,
    id: UUID,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_POSITION, description="Only events before this position.")] = None,
) -> Response:
    """The timeline of the customer and of everyone merged into them now, newest first, in Chinese and English.

    With `as_of` and `effective_at`, it has those of these events that were recorded, and had happened, by then.
    """
    upto = await reached_by(request, when)

    def latest(connection: Connection) -> list[Row]:
        everyone = [id, *merged_into(connection, id)]
        by = customer_timeline.By(upto, when.effective_at)
        return customer_timeline.timeline(connection, everyone, limit=limit, before=before, by=by)

    needed = {"customer_timeline": None, "customer_view": None}
    items, position = await read(request, needed, max(after, upto or 0), latest)
    following = str(items[-1]["position"]) if len(items) == limit else None
    return page(request, items, following, position, parameter="before")


def about_customer(id: UUID, connection: Connection) -> set[UUID]:
    """The subjects that an answer about the customer is about."""
    return _everyone_in(connection, id).union(_feedback_of_nobody(connection))


def _everyone_in(connection: Connection, id: UUID) -> set[UUID]:
    """The customer, the survivor of their merge, and everyone merged into the two."""
    survivors = merging.survivors_among(connection, [id])
    return survivors.union([id], *merging.parts_of(connection, [id, *survivors]).values())


def _feedback_of_nobody(connection: Connection) -> Iterable[UUID]:
    """Waiting feedback without a customer. It may be about a lead who became one, but its events do not concern that lead."""
    letters = dead_letters.c
    mine = (letters.projection == "feedback", letters.discarded == 0, letters.type.startswith("crm.feedback."))
    query = select(letters.subject).where(*mine, letters.subject.not_in(select(customer_rows.c.customer_id)))
    return connection.scalars(query)


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The customer as this caller may see them."""
    omitted = ("customer_id", "plain_attributes")
    body = {"id": row["customer_id"], **{name: value for name, value in row.items() if name not in omitted}}
    if caller.may("personal:read"):
        return body
    plain = {name: value for name, value in body.items() if name not in PERSONAL}
    if plain.get("source"):
        plain["source"] = {name: value for name, value in plain["source"].items() if name != "utm"} or None
    if "attributes" in plain:
        plain["attributes"] = row["plain_attributes"]
    if plain.get("origins"):
        plain["origins"] = _without_personal(plain["origins"], row["plain_attributes"])
    return plain


def _without_personal(origins: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: origin for name, origin in origins.items() if name not in PERSONAL}
    return known | {"attributes": {key: origin for key, origin in origins["attributes"].items() if key in plain}}


views = Views(router, CUSTOMERS, schemas.CUSTOMER, permission="customers:read", shown=shown)
views.history("Every event of the customer's own stream, each with its changes.")
