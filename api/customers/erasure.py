"""The receipt of an erasure: who requested it and why, what was erased, and how far it has progressed.

A lead that belongs to no customer is erased on its own, and has a receipt of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from api.shared.access import may
from api.shared.openapi import answers
from api.shared.reading import After, absent, found
from api.shared.routes import Router
from api.shared.schemas import FLAG, ID, INSTANT, INTEGER, MAYBE_TEXT, TEXT, fields
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import Erased
from domain.sales.lead.events import Erased as LeadErased
from domain.sales.lead.lead import Lead
from domain.shared.aggregate import replayed
from domain.shared.events import Recorded, type_name
from infra.event_store.mapper import Stored
from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from infra.wiring import PROJECTIONS

TYPES = tuple(type_name(event) for event in Customer.events)
LEAD_TYPES = tuple(type_name(event) for event in Lead.events)

router = Router(prefix="/v1/customers", tags=["customers"], dependencies=[may("customers:read")])
of_leads = Router(prefix="/v1/leads", tags=["leads"], dependencies=[may("leads:read")])

_RECEIPT = fields(
    {
        "receipt": TEXT,
        "reason": TEXT,
        "requested_by": TEXT,
        "occurred_at": INSTANT,
        "recorded_at": INSTANT,
        "actor": fields({"type": TEXT, "id": TEXT}),
        "on_behalf_of": MAYBE_TEXT,
        "position": INTEGER,
        "subjects": {"type": "array", "items": fields({"id": ID, "kind": MAYBE_TEXT, "key_destroyed": FLAG})},
        "read_models": {"type": "array", "items": fields({"name": TEXT, "complete_to": INTEGER, "purged": FLAG})},
        "complete": FLAG,
    }
)
ERASURE = fields({"customer_id": ID} | _RECEIPT["properties"])
LEAD_ERASURE = fields({"lead_id": ID} | _RECEIPT["properties"])


@router.get("/{id}/erasure", responses=answers(ERASURE))
async def erasure(request: Request, _: After, id: UUID) -> Response:
    """The receipt of a customer's erasure. For a merged customer it is the receipt of the survivor's erasure.

    It is `complete` once every key is destroyed and every read model has reached the erasure's `position` in the log.
    """
    store, completeness = request.app.state.store, request.app.state.completeness

    def look() -> tuple[dict[str, Any] | None, int]:
        head = store.head()
        recorded = _erasure_of(store, id)
        return (None if recorded is None else {"customer_id": id} | _receipt(store, completeness, recorded)), head

    receipt, head = await run_in_threadpool(look)
    return absent("erasure of the customer", id, head) if receipt is None else found(request, receipt, head)


@of_leads.get("/{id}/erasure", responses=answers(LEAD_ERASURE), name="lead_erasure")
async def erasure_of_lead(request: Request, _: After, id: UUID) -> Response:
    """The receipt of the erasure of a lead without a customer. The receipt of a customer names the leads erased with them."""
    store, completeness = request.app.state.store, request.app.state.completeness

    def look() -> tuple[dict[str, Any] | None, int]:
        head, ends = store.head(), store.plain_ends(id, LEAD_TYPES)
        if not ends or not isinstance(ends[-1].event, LeadErased):
            return None, head
        return {"lead_id": id} | _receipt(store, completeness, ends[-1]), head

    receipt, head = await run_in_threadpool(look)
    return absent("erasure of the lead", id, head) if receipt is None else found(request, receipt, head)


def _erasure_of(store: EventStore, id: UUID) -> Recorded | None:
    """The event that destroyed this customer's key: their own erasure, or that of the survivor they were merged into."""
    ends = store.plain_ends(id, TYPES)
    if not ends:
        return None
    # An erasure is the last event of its stream. So the events before it are not read.
    if isinstance(ends[-1].event, Erased):
        return ends[-1]
    survivor = replayed(Customer, id, store.plain_streams([id])[id]).survivor
    return None if survivor is None else _erasure_of(store, survivor)


def _receipt(store: EventStore, completeness: Completeness, recorded: Recorded) -> dict[str, Any]:
    event, metadata = recorded.event, recorded.metadata
    assert isinstance(event, Erased | LeadErased), "the key was destroyed by an erasure"
    subjects = _subjects(store, (metadata.subject, *metadata.concerns))
    read_models = _read_models(completeness, [subject["id"] for subject in subjects], recorded.position)
    return {
        "receipt": event.receipt,
        "reason": event.reason,
        "requested_by": event.requested_by,
        "occurred_at": metadata.occurred_at,
        "recorded_at": metadata.recorded_at,
        "actor": {"type": metadata.actor.type, "id": metadata.actor.id},
        "on_behalf_of": metadata.on_behalf_of,
        "position": recorded.position,
        "subjects": subjects,
        "read_models": read_models,
        "complete": all(one["key_destroyed"] for one in subjects) and all(one["purged"] for one in read_models),
    }


def _subjects(store: EventStore, ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """All subjects that were erased, the customer first, each with the kind of its stream."""
    first = {id: stored[0] for id in ids if (stored := store.part(id, 1, 1))}
    kept = store.subjects_with_keys(ids)
    return [
        {"id": id, "kind": _kind(first[id]) if id in first else None, "key_destroyed": id not in kept}
        for id in dict.fromkeys(ids)
    ]


def _kind(stored: Stored) -> str:
    """The kind in the event's type: `lead` in `crm.lead.captured.v1`."""
    return stored.type.split(".")[1]


def _read_models(completeness: Completeness, subjects: Iterable[UUID], position: int) -> list[dict[str, Any]]:
    """How far each read model has followed the log in the subjects' partitions. The slowest partition counts."""
    reached = {one.name: min(completeness.up_to(one.name, subject) for subject in subjects) for one in PROJECTIONS}
    return [{"name": name, "complete_to": to, "purged": to >= position} for name, to in reached.items()]
