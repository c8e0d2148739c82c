"""Reads of deals over HTTP: one, many, and as of any moment."""

from __future__ import annotations

from api.sales import lead_schemas as schemas
from api.shared.as_of import Resource
from api.shared.filtering import filters
from api.shared.reading import AnyCurrency
from api.shared.routes import Router
from api.shared.views import Views
from domain.sales.deal.deal import Deal
from projections.sales import deals as read_model

router = Router(prefix="/v1/deals", tags=["deals"])

DEALS = Resource(Deal, read_model.deals, read_model.get)

filtered = filters(read_model.Filter, currency=AnyCurrency)
views = Views(router, DEALS, schemas.DEAL, permission="deals:read")
views.many(
    read_model.listing,
    "Deals by filters. Days are in `zone`; the end of a range of days is excluded.",
    called="deals",
    filtered=filtered,
    sort=read_model.Sort,
    first="-opened_at",
)
views.one("One deal with its attachments.")
views.by_external_id()
views.history()
