"""Reads of leads over HTTP: one, many, and as of any moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.sales import lead_schemas as schemas
from api.shared.as_of import Resource
from api.shared.filtering import filters
from api.shared.routes import Router
from api.shared.views import Views
from domain.sales.lead.lead import Lead
from projections.sales import leads as read_model

router = Router(prefix="/v1/leads", tags=["leads"])

LEADS = Resource(Lead, read_model.leads, read_model.get)

filtered = filters(
    read_model.Filter,
    without_origin=Annotated[bool | None, Query(description="Only leads without an origin.")],
)
views = Views(router, LEADS, schemas.LEAD, permission="leads:read")
views.many(
    read_model.listing,
    "Leads by filters. Days are in `zone`; the end of a range of days is excluded.",
    called="leads",
    filtered=filtered,
    sort=read_model.Sort,
    first="-captured_at",
)
views.one("One lead with its attachments.")
views.by_external_id()
views.history()
