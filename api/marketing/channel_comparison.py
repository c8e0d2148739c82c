"""The comparison of channels over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Request, Response

from api.sales.channel_sales import DEFINITION as SALES
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions
from api.shared.openapi import answers, exported
from api.shared.reading import After, AnyCurrency, read, report
from api.shared.routes import Router
from api.shared.schemas import DAY, INTEGER, TEXT, fields, group_of
from projections.marketing import channel_comparison as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    SALES + " Every channel is compared with all others of the answer together: average orders in one currency by Welch's t,"
    " conversion rates by the pooled z. p-values of one kind and currency are adjusted for their number (Benjamini-Hochberg);"
    " there is no test with fewer than 20 orders, or visits without one, on a side, nor of averages of orders that are too"
    " skewed for their number. A difference between channels is not their effect: they reach different people."
    " conversion_rate_shrunk = (orders + α) / (visits + α + β), with the beta prior that"
    " the channels of the answer have by their moments. Visits and their orders are of all currencies."
)
GROUP = group_of({"channel": TEXT, "currency": TEXT}, read_model.MEASURES)
ANSWER = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "definition": TEXT,
        "position": INTEGER,
        "totals": {"type": "array", "items": group_of({"currency": TEXT}, read_model.TOTALS)},
        "groups": {"type": "array", "items": GROUP},
    }
)
Asked = Annotated[read_model.Question, questions(read_model.Question, (), currency=AnyCurrency)]


@router.get("/channel-comparison", responses=exported(answers(ANSWER), GROUP))
async def channel_comparison(request: Request, after: After, question: Asked) -> Response:
    """Whether channels differ by more than chance: average orders, conversion rates, repeat purchases, shares and changes."""
    today = datetime.now(question.zone).date()
    found, position = await read(
        request,
        dict.fromkeys(read_model.READ),
        after,
        lambda connection: read_model.report(connection, question, today),
        snapshot=True,
    )
    body = {
        "from": question.from_,
        "to": question.to,
        "zone": str(question.zone),
        "definition": DEFINITION,
        "position": position,
        "totals": found.totals,
        "groups": found.groups,
    }
    return report(request, body, position)
