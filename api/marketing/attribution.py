"""The attribution report over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from api.marketing import attribution_schemas as schemas
from api.shared.access import may
from api.shared.bounds import WIDE_REPORT
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.problems import wrong_parameter
from api.shared.reading import After, AnyCurrency
from api.shared.routes import Router
from domain.marketing.campaign.values import LONGEST_WINDOW
from domain.marketing.touchpoint import Kind
from projections.marketing import attribution as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", WIDE_REPORT)])

DEFINITION = (
    "A conversion is an order that a customer placed in the period, in any state, and not a test order. Its path are the"
    " touchpoints of the same person since the order before it, at most `window_days` before it. Merged customers are one"
    " person, and so are a customer and the leads that became them; visitors who are not known are nobody. Touchpoints that no"
    " order followed within the window are paths without a conversion, once that window has closed: by their last touchpoint,"
    " which is in the period. first, last: one touchpoint has all. linear: all have the same. position: the first and the last"
    " have 40 % each, those in between share 20 %; two have half each. time-decay: a weight halves with every `half_life_days`"
    " before the order. markov: in proportion to the removal effect in a chain of order 1, where a visit to the removed group"
    " ends without a conversion. shapley: v(S) = conversions of the paths within S, so the different groups of a path share it"
    " equally. No path is cut short. revenue = gross of the order as it is now. Credits add up exactly. They divide what"
    " happened; they never say what a channel caused, and never replace lift: only a comparison with people who were held out"
    " does."
)

Channels = Annotated[
    tuple[Annotated[str, Query(max_length=64)], ...],
    Query(max_length=50, description="Only touchpoints on these channels count."),
]
Kinds = Annotated[tuple[Kind, ...], Query(max_length=4, description="Only touchpoints of these kinds count.")]
Window = Annotated[int, Query(ge=1, le=LONGEST_WINDOW, description="Days before an order in which a touchpoint counts.")]
HalfLife = Annotated[float, Query(ge=0.01, le=LONGEST_WINDOW, description="For `time-decay`, in days.")]
Asked = Annotated[
    read_model.Question,
    questions(
        read_model.Question,
        "channel",
        window_days=Window,
        half_life_days=HalfLife,
        currency=AnyCurrency,
        channel=Channels,
        kind=Kinds,
    ),
]


@router.get("/attribution", responses=exported(answers(schemas.ATTRIBUTION), schemas.ATTRIBUTION_GROUP))
async def attribution(request: Request, after: After, question: Asked) -> Response:
    """Which channels or campaigns the orders of customers are credited to, by one of seven models."""
    if question.value == "revenue" and question.currency is None:
        raise wrong_parameter("currency", "`value=revenue` needs a currency: amounts of several currencies have no sum")
    return await reported(
        request,
        after,
        question,
        read_model.READ,
        partial(read_model.report, now=datetime.now(UTC)),
        model=question.model,
        by=question.by,
        window_days=question.window_days,
        half_life_days=Decimal(str(question.half_life_days)),
        value=question.value,
        currency=question.currency,
        definition=DEFINITION,
    )
