"""Everything of a customer as of any moment, in one answer: for people who drag a slider over a customer's past.

The events of all their things are folded again in memory, and the queries of the present answer for that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import Connection

from api.customers import customer_views, feedback_views, interaction_views
from api.customers import dealings_schemas as schemas
from api.customers.customer_views import about_customer
from api.sales import deal_views, lead_views, order_views
from api.service import tasks as task_views
from api.service import ticket_views
from api.shared.access import Caller, may
from api.shared.as_of import Moment, Then, reached_by
from api.shared.bounds import MOMENT, STORY
from api.shared.folding import is_of
from api.shared.openapi import one
from api.shared.problems import Problem
from api.shared.reading import After, absent, found, read
from api.shared.routes import Router
from api.shared.zones import Zone
from domain.customers.customer.customer import Customer
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.search import recorded_until
from infra.event_store.store import EventStore
from projections.customers import customer_answer, feedback, interactions
from projections.customers.customer_answer import Asked
from projections.customers.customer_streams import LAST, Place, ever_merged, places
from projections.customers.customers import customer_view
from projections.customers.merging import merged_into
from projections.customers.timeline import By
from projections.customers.timeline_ticks import ticks
from projections.customers.whole_behaviour import behaviour_of
from projections.sales import deals, leads, orders
from projections.segmentation import segments_then
from projections.segmentation.segments_then import Segmentation, segmentation
from projections.service import tasks, tickets
from projections.shared.pages import Page
from projections.shared.replay import folded
from projections.shared.rows import Row

router = Router(prefix="/v1/customers", tags=["customers"])

FOLDED = 5_000
"""The events of a customer that are folded at most."""
TOO_MANY = (
    f"More than {FOLDED:,} events of the customer come before this moment. Each of their things can be read as of it:"
    " GET /v1/orders/{id}?as_of= and others."
)

READ = ("customer_timeline", "customer_view", "segment_labels")
FOLDS = (
    customer_view,
    orders.orders,
    tickets.tickets,
    deals.deals,
    leads.leads,
    tasks.tasks,
    interactions.interactions,
    feedback.feedback,
    segments_then.behaviours(),
)


class Asking(NamedTuple):
    """Whose dealings are asked for, the moment's clock, and at most how many things of each kind."""

    customer_id: UUID
    now: datetime
    zone: tzinfo
    limit: int


class Kind(NamedTuple):
    """A kind of thing that a customer has: the permission to read it, the list of the latest, and how a caller sees a row."""

    permission: str
    pages: Callable[[Connection, Asking], Page]
    shown: Callable[[Mapping[str, Any], Caller], Mapping[str, Any]]


def _of(listing: Callable[..., Page], wanted: Callable[..., Any]) -> Callable[[Connection, Asking], Page]:
    return lambda connection, asking: listing(connection, wanted(customer_id=asking.customer_id), limit=asking.limit)


def _tasks(connection: Connection, asking: Asking) -> Page:
    wanted = tasks.Filter(now=asking.now, about_id=asking.customer_id)
    return tasks.listing(connection, wanted, limit=asking.limit)


KINDS: Mapping[str, Kind] = {
    "orders": Kind("orders:read", _of(orders.listing, orders.Filter), order_views.views.shown),
    "tickets": Kind("tickets:read", _of(tickets.listing, tickets.Filter), ticket_views.views.shown),
    "deals": Kind("deals:read", _of(deals.listing, deals.Filter), deal_views.views.shown),
    "leads": Kind("leads:read", _of(leads.listing, leads.Filter), lead_views.views.shown),
    "tasks": Kind("tasks:read", _tasks, task_views.views.shown),
    "interactions": Kind("interactions:read", _of(interactions.listing, interactions.Filter), interaction_views.views.shown),
    "feedback": Kind("feedback:read", _of(feedback.listing, feedback.Filter), feedback_views.views.shown),
}


class Selected(NamedTuple):
    """What a customer's dealings are folded from."""

    events: Sequence[Stored]
    by: Segmentation


@router.get("/{id}/dealings", responses=one(schemas.DEALINGS))
async def dealings(
    request: Request,
    caller: Annotated[Caller, may("customers:read", MOMENT)],
    after: After,
    when: Then,
    zone: Zone,
    id: UUID,
    limit: Annotated[int, Query(ge=1, le=200, description="The things of each kind, the latest first.")] = 50,
) -> Response:
    """Everything of one customer as of any moment, in one answer.

    `customer` is what `GET /v1/customers/{id}` shows, with money, tickets and segments; and there are the customer's latest
    orders, tickets, deals, leads, tasks, interactions and feedback as their lists show them.

    It is folded from the events that were recorded by `as_of` and had happened by `effective_at`; without both, from all.
    Merges, links of things to customers, corrections and retractions are events as all others. So a thing is in the answer if
    it was the customer's at that moment. `begins_at` is when the customer's own first event happened; before that `customer` is
    null if they have other things already, else the answer is 404. The labels in `segments` are those that the models and rules
    known by `as_of` give to what had happened by `effective_at`, with features as of that day. A kind of things is null if the
    key lacks its permission; `more` says whether there are further ones. It is folded from 5,000 events at most; if there are
    more, the answer is 422 `too-many-events`.
    """
    store: EventStore = request.app.state.store
    upto = await reached_by(request, when)

    def look(connection: Connection) -> tuple[datetime | None, Row | None]:
        first = store.part(id, 1, 1)
        if not first or not is_of(Customer, first[0]) or not when.includes(first[0]):
            return None, None
        selected = _selected(store, connection, id, By(upto, when.effective_at))
        if not selected.events:
            when.require_begun(first[0], "customer")
        metadata, asking = metadata_of(first[0]), Asking(id, _clock(store, when, upto), zone, limit)
        begins_at = None if metadata is None else metadata.occurred_at
        return begins_at, _then(store, selected, asking, caller)

    needed = dict.fromkeys(READ)
    (begins_at, then), position = await read(request, needed, max(after, upto or 0), look, about=partial(about_customer, id))
    if then is None:
        return absent("customer", id, position)
    asked = {"as_of": upto, "effective_at": when.effective_at, "begins_at": begins_at}
    return found(request, {"id": id, **asked, **then}, position)


@router.get("/{id}/timeline/ticks", responses=one(schemas.TICKS))
async def timeline_ticks(
    request: Request, _: Annotated[Caller, may("customers:read", STORY)], after: After, when: Then, id: UUID
) -> Response:
    """When the events of the timeline were recorded, and when they happened: the ticks of two tracks, at most 500 for each.

    A tick stands for the `events` since the tick before: all of them were recorded, or had happened, `at` this moment. The
    `position` of a tick of `recorded` serves as `as_of`, the `at` of a tick of `occurred` as `effective_at`.
    """
    upto = await reached_by(request, when)

    def look(connection: Connection) -> Row:
        return ticks(connection, [id, *merged_into(connection, id)], By(upto, when.effective_at))

    needed = {"customer_timeline": None, "customer_view": None}
    body, position = await read(request, needed, max(after, upto or 0), look)
    return found(request, {"id": id, **body}, position)


def _selected(store: EventStore, connection: Connection, id: UUID, by: By) -> Selected:
    """Raises Problem 422 if there are more than `FOLDED` events."""
    known: Sequence[Place] = places(connection, ever_merged(connection, id), by, FOLDED + 1)
    if len(known) > FOLDED:
        raise Problem(422, "too-many-events", TOO_MANY)
    seen_by = segmentation(connection, LAST - 1 if by.upto is None else by.upto)
    seen_by = seen_by if by.effective_at is None else seen_by.upto(by.effective_at.date())
    return Selected(store.at([place.position for place in known]), seen_by)


def _clock(store: EventStore, when: Moment, upto: int | None) -> datetime:
    """The time at that moment, for what depends on the time: the days since the last order, and whether a task is overdue."""
    if when.effective_at is not None:
        return when.effective_at
    if when.instant is not None:
        return when.instant
    return datetime.now(UTC) if upto is None else recorded_until(store, upto)


def _then(store: EventStore, selected: Selected, asking: Asking, caller: Caller) -> Row:
    with folded(*FOLDS) as fold:
        fold.apply(store.decode(selected.events))
        customer = _customer(fold.connection, asking)
        labels = _segments(fold.connection, selected.by, customer)
        if customer is not None:
            customer["segments"] = {label["model"]: label["label"] for label in labels["by_models"]}
        return {
            "customer": customer and customer_views.shown(customer, caller),
            "segments": labels if caller.may("segments:read") else None,
            **{name: _things(fold.connection, kind, asking, caller) for name, kind in KINDS.items()},
        }


def _customer(connection: Connection, asking: Asking) -> Row | None:
    asked = Asked(asking.customer_id, asking.now.astimezone(asking.zone).date(), asking.zone)
    return customer_answer.answers(connection, [asked]).get(asked)


def _segments(connection: Connection, by: Segmentation, customer: Row | None) -> Row:
    behaviour = behaviour_of(connection, customer["customer_id"], customer["merged_ids"]) if customer else None
    if behaviour is None:
        return {"by_models": [], "by_rule": None}
    return {"by_models": segments_then.by_models(by, behaviour), "by_rule": segments_then.by_rule(by, behaviour)}


def _things(connection: Connection, kind: Kind, asking: Asking, caller: Caller) -> Row | None:
    if not caller.may(kind.permission):
        return None
    rows, following = kind.pages(connection, asking)
    return {"items": [kind.shown(row, caller) for row in rows], "more": following is not None}
