"""Segment rules over HTTP: define, revise and retire them, and read which customers they label."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy import Connection

from api.segmentation import segment_schemas as schemas
from api.shared.access import Caller, may
from api.shared.as_of import Resource
from api.shared.bounds import PAGE
from api.shared.fields import CommandBody
from api.shared.looking import seen_by
from api.shared.openapi import ACCEPTED, CREATED, exported, listed
from api.shared.reading import After, Cursor, Limit, listing, page, read
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from api.shared.views import Views
from commands.segmentation import segment_rules as commands
from domain.segmentation.segment_rule import LOWEST_PRIORITY, NAME_LENGTH, SegmentRule
from infra.read_models.settled import settled_upto
from projections.segmentation import segment_rule_answers
from projections.segmentation import segment_rules as read_model
from projections.segmentation.segment_labels import segment_labels
from projections.shared.pages import Page

RULES = target(SegmentRule, "/v1/segment-rules", "rule_id")

commanding = Router(
    prefix=RULES.location,
    tags=["segment-rules"],
    route_class=StrictRoute,
    dependencies=[may("segment-rules:write")],
    responses=ACCEPTED,
)
reading = Router(prefix=RULES.location, tags=["segment-rules"])

READ = "segment-rules:read"
Reader = Annotated[Caller, may(READ)]
Pager = Annotated[Caller, may(READ, PAGE)]

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
    """The rule's name and the condition on customers. Features are the same as in segment models."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)]
    rule: Annotated[
        dict[str, Any],
        Field(
            description="`and`, `or` and `not` over `compare` (is: < <= = != >= >), `in` and `is_null`; at most 10 levels and "
            "200 parts. A `window` limits a feature to purchases of the `last_days`, or on days from `from` to before `to`."
        ),
    ]
    priority: Annotated[int, Field(strict=True, ge=0, le=LOWEST_PRIORITY)] = Field(description="The smallest is tried first.")


@commanding.post("", status_code=201, responses=CREATED)
async def define(request: Request, body: RuleBody) -> Response:
    """Define a rule, and label every customer for whom it is the first matching rule."""
    return await RULES.new(request, commands.define, body)


@commanding.put("/{id}")
async def revise(request: Request, id: UUID, body: RuleBody) -> Response:
    """Replace the whole rule. Changing only the name moves no customer."""
    return await RULES.by_id(request, id, commands.revise, body)


@commanding.post("/{id}/retirement")
async def retire(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Stop labelling customers by this rule."""
    return await RULES.by_id(request, id, commands.retire, body)


@reading.get("", responses=listed(schemas.RULE))
async def rules(request: Request, caller: Reader, after: After) -> Response:
    """All rules in the order in which they are tried; retired rules come last."""
    rows, position = await read(request, "segment_labels", after, read_model.listing)
    return page(request, [seen_by(caller, row, "rule_id") for row in rows], None, position)


views = Views(reading, Resource(SegmentRule, segment_labels, read_model.get), schemas.RULE, permission=READ, row_key="rule_id")
views.one("One rule.", called="rule")
views.history("Every event of the rule, each with its changes.", called="history")


@reading.get("/{id}/customers", responses=exported(listed(schemas.RULE_LABEL), schemas.RULE_LABEL))
async def customers(
    request: Request,
    caller: Annotated[Caller, may(READ, PAGE)],
    after: After,
    id: UUID,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Customers whom the rule labels, with the event that gave the label and the features that the rule uses.

    After a change of rules, customers are labelled again in portions. Until all are, a page looks at 5,000 customers at most.
    So it may be shorter than `limit`, or empty: go on while there is a `next`.
    """

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        settled = settled_upto(connection, segment_labels.name)
        return segment_rule_answers.labelled(connection, id, limit=limit, cursor=cursor, settled=settled)

    return await listing(
        request,
        {"segment_labels": None, "customer_view": None},
        after,
        pages,
        show=lambda row: row,
        limit=limit,
        cursor=cursor,
        snapshot=True,
    )
