"""Segment rules over HTTP: defined, revised, retired, and whom they label."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from api.marketing import segment_schemas as schemas
from api.shared.access import Caller, may
from api.shared.as_of import Resource
from api.shared.fields import CommandBody
from api.shared.looking import seen_by
from api.shared.openapi import ACCEPTED, CREATED, exported, listed
from api.shared.reading import After, Cursor, Limit, listing, page, read
from api.shared.strict import StrictRoute
from api.shared.targets import target
from api.shared.views import Views
from commands.marketing import segment_rules as commands
from domain.marketing.segment_rule import LOWEST_PRIORITY, NAME_LENGTH, SegmentRule
from projections.marketing import segment_rule_answers
from projections.marketing import segment_rules as read_model
from projections.marketing.segment_labels import segment_labels

RULES = target(SegmentRule, "/v1/segment-rules", "rule_id")

commanding = APIRouter(
    prefix=RULES.location,
    tags=["segment-rules"],
    route_class=StrictRoute,
    dependencies=[may("segment-rules:write")],
    responses=ACCEPTED,
)
reading = APIRouter(prefix=RULES.location, tags=["segment-rules"])

READ = "segment-rules:read"
Reader = Annotated[Caller, may(READ)]

EXAMPLE: dict[str, Any] = {
    "name": "champions",
    "priority": 10,
    "rule": {
        "op": "and",
        "of": [
            {"op": "compare", "feature": "total:EUR", "is": ">=", "value": 500, "window": {"last_days": 90}},
            {"op": "not", "of": {"op": "is_null", "feature": "attribute:income"}},
        ],
    },
}


class RuleBody(CommandBody):
    """Whom the rule labels, and how it is called. Features are those of segment models."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)]
    rule: Annotated[
        dict[str, Any],
        Field(
            description="`and`, `or` and `not` of `compare` (is: < <= = != >= >), `in` and `is_null`, at most 10 deep with 200 "
            "parts. A `window` leaves what was bought in the last_days, or from a day to before another."
        ),
    ]
    priority: Annotated[int, Field(strict=True, ge=0, le=LOWEST_PRIORITY)] = Field(description="The smallest is tried first.")


@commanding.post("", status_code=201, responses=CREATED)
async def define(request: Request, body: RuleBody) -> Response:
    """Define a rule, and label everyone for whom it is the first that holds."""
    return await RULES.new(request, commands.define, body)


@commanding.put("/{id}")
async def revise(request: Request, id: UUID, body: RuleBody) -> Response:
    """Say all of it anew. A new name moves nobody."""
    return await RULES.by_id(request, id, commands.revise, body)


@commanding.post("/{id}/retirement")
async def retire(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Label nobody by it any more."""
    return await RULES.by_id(request, id, commands.retire, body)


@reading.get("", responses=listed(schemas.RULE))
async def rules(request: Request, caller: Reader, after: After) -> Response:
    """All rules in the order in which they are tried, those retired at the end."""
    rows, position = await read(request, "segment_labels", after, read_model.listing)
    return page(request, [seen_by(caller, row, "rule_id") for row in rows], None, position)


views = Views(reading, Resource(SegmentRule, segment_labels, read_model.get), schemas.RULE, permission=READ, row_key="rule_id")
views.one("One rule.", called="rule")
views.history("Every event of the rule, with what it changed.", called="history")


@reading.get("/{id}/customers", responses=exported(listed(schemas.RULE_LABEL), schemas.RULE_LABEL))
async def customers(
    request: Request, caller: Reader, after: After, id: UUID, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Whom the rule labels, since which event, and what it sees of them."""
    return await listing(
        request,
        {"segment_labels": None, "customer_view": None},
        after,
        lambda connection, limit, cursor: segment_rule_answers.labelled(connection, id, limit=limit, cursor=cursor),
        show=lambda row: row,
        limit=limit,
        cursor=cursor,
    )
