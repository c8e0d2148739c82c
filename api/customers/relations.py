"""A customer's relations to others over HTTP, and the purchases of a firm and its people together."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import Connection

from api.customers import relation_schemas as schemas
from api.customers.customers import CUSTOMERS
from api.shared.access import Caller, may
from api.shared.bounds import PAGE
from api.shared.fields import CalendarDay, CommandBody, Line
from api.shared.openapi import ACCEPTED, answers, exported, listed
from api.shared.reading import After, Cursor, Limit, absent, listing, read, report
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.zones import Zone
from commands.customers import relations
from domain.customers.customer.relation_events import RelationRole
from domain.shared.ids import new_id
from projections.customers import related_totals
from projections.customers import relations as customer_relations
from projections.shared.pages import Page
from projections.shared.rows import Row

PREFIX = "/v1/customers/{id}"

reading = Router(prefix=PREFIX, tags=["customers"])
commanding = Router(
    prefix=PREFIX,
    tags=["customers"],
    route_class=StrictRoute,
    dependencies=[may("customers:write")],
    responses=ACCEPTED,
)

Reader = Annotated[Caller, may("customers:read")]

DEFINITION = (
    "own = orders of the customer and everyone merged into them, related = orders of those who are in the role to them today,"
    " each counted once, together = both. gross, refunded and net are as of now, without test orders. people = how many are"
    " related."
)


class RelationBody(CommandBody):
    """A relation: this customer is the other's employee, for example. `title` is personal. A role has at most one `primary`."""

    other: UUID
    role: RelationRole
    title: Line | None = None
    primary: bool = False
    since: CalendarDay | None = None

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "other": "6f0c7f6e-3f0a-5d0e-9b6a-5e1f2c9a7d11",
                    "role": "employee",
                    "title": "Head of purchasing",
                    "since": "2024-05-01",
                }
            ]
        }
    }


class EndingBody(CommandBody):
    """`until` is the day after the last day of the relation."""

    until: CalendarDay


@commanding.post("/relations")
async def add_relation(request: Request, id: UUID, body: RelationBody) -> Response:
    """Add a relation: this customer works for the other, belongs to their household, or is their parent or partner.

    Both timelines show it. Erasing one customer does not erase the other.
    """
    return await CUSTOMERS.by_id(request, id, relations.add, body, relation_id=new_id())


@commanding.post("/relations/{relation_id}/ending")
async def end_relation(request: Request, id: UUID, relation_id: UUID, body: EndingBody) -> Response:
    """End a relation. Use the customer on whom it was recorded, even if they have been merged since."""
    return await CUSTOMERS.by_id(request, id, relations.end, body, relation_id=relation_id)


@reading.get("/relations", responses=exported(listed(schemas.RELATION), schemas.RELATION))
async def related(
    request: Request,
    caller: Annotated[Caller, may("customers:read", PAGE)],
    after: After,
    zone: Zone,
    id: UUID,
    role: RelationRole | None = None,
    all: Annotated[bool, Query(description="Also relations that have ended or not begun yet.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the customer's current relations, in both directions, latest recorded first.

    Relations of everyone merged into the customer are included. A related customer who was merged is shown as the survivor.
    Erased customers are left out.
    """
    wanted = customer_relations.Filter(customer_id=id, today=_today(zone), role=role, ended=all)

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return customer_relations.listing(connection, wanted, limit=limit, cursor=cursor)

    needed = dict.fromkeys(customer_relations.READ)
    return await listing(request, needed, after, pages, show=lambda row: _seen(row, caller), limit=limit, cursor=cursor)


@reading.get("/totals", responses=exported(answers(schemas.TOTALS, 404), schemas.TOTALS_GROUP))
async def totals(
    request: Request,
    _: Annotated[Caller, may("customers:read", PAGE)],
    after: After,
    zone: Zone,
    id: UUID,
    role: RelationRole = "employee",
) -> Response:
    """Purchases of the customer and of related customers, by currency: for example of an organisation and its people."""

    def asked(connection: Connection) -> Row | None:
        return related_totals.totals(connection, id, role, _today(zone))

    found, position = await read(request, dict.fromkeys(related_totals.READ), after, asked, snapshot=True)
    if found is None:
        return absent("customer", id, position)
    return report(request, {**found, "definition": DEFINITION, "position": position}, position)


def _today(zone: tzinfo) -> date:
    return datetime.now(UTC).astimezone(zone).date()


def _seen(row: Row, caller: Caller) -> dict[str, Any]:
    """The relation, without personal data unless the caller may see it."""
    if caller.may("personal:read"):
        return row
    plain = {name: value for name, value in row.items() if name != "title"}
    return plain | {"related": {name: value for name, value in row["related"].items() if name != "name"}}
