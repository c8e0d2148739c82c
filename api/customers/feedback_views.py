"""Reads of feedback over HTTP: one, a list, and as of any moment."""

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
    open=Annotated[bool | None, Query(description="Submitted, but not resolved or dismissed.")],
    score_from=Score,
    score_to=Score,
)
views = Views(router, FEEDBACK, schemas.FEEDBACK, permission="feedback:read")
views.many(
    read_model.listing,
    "Feedback by filters. Days are in `zone`; the end of a range of days is excluded. The filters on scores"
    " ignore the scale; `score_to` is included.",
    called="all_feedback",
    filtered=filtered,
    sort=read_model.Sort,
    first="-occurred_at",
    also=("leads",),
)
views.one("One piece of feedback, with the actions taken on it.")
views.by_external_id()
views.history()
