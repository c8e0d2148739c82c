"""Feedback as it is read over HTTP: one, many, and as of any moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.customers import feedback_schemas as schemas
from api.shared.as_of import Resource
from api.shared.filtering import filters
from api.shared.references import AboutId
from api.shared.routes import Router
from api.shared.views import Views
from domain.customers.feedback.feedback import Feedback
from projections.customers import feedback as read_model

router = Router(prefix="/v1/feedback", tags=["feedback"])

Score = Annotated[int | None, Query(ge=-1_000_000, le=1_000_000)]

FEEDBACK = Resource(Feedback, read_model.feedback, read_model.get)

filtered = filters(
    read_model.Filter,
    about=AboutId,
    open=Annotated[bool | None, Query(description="Submitted, and neither resolved nor dismissed.")],
    score_from=Score,
    score_to=Score,
)
views = Views(router, FEEDBACK, schemas.FEEDBACK, permission="feedback:read")
views.many(
    read_model.listing,
    "Feedback by filters; days are half-open and in `zone`, scores (`score_to` with them) of whatever scale.",
    called="all_feedback",
    filtered=filtered,
    sort=read_model.Sort,
    first="-occurred_at",
    also=("leads",),
)
views.one("One piece of feedback, with what was done about it.")
views.by_external_id()
views.history()
