"""Reads of interactions over HTTP: one, a list, and as of any moment."""

from __future__ import annotations

from api.customers import interaction_schemas as schemas
from api.shared.as_of import Resource
from api.shared.filtering import filters
from api.shared.references import AboutId
from api.shared.routes import Router
from api.shared.views import Views
from domain.customers.interaction import Interaction
from projections.customers import interactions as read_model

router = Router(prefix="/v1/interactions", tags=["interactions"])

INTERACTIONS = Resource(Interaction, read_model.interactions, read_model.get)

filtered = filters(read_model.Filter, about=AboutId)
views = Views(router, INTERACTIONS, schemas.INTERACTION, permission="interactions:read", private=("thread_id", "private"))
views.many(
    read_model.listing,
    "Interactions by filters. Days are in `zone`; the end of a range of days is excluded.",
    called="interactions",
    filtered=filtered,
    sort=read_model.Sort,
    first="-occurred_at",
    also=("leads",),
    personal=("thread_id",),
)
views.one("One interaction, with what it is about and its attachments.")
views.by_external_id()
views.history()
