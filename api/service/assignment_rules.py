"""Assignment rules over HTTP: who gets new tickets and leads, and which of them still wait for an owner."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from api.shared import targets
from api.shared.access import may
from api.shared.as_of import Resource
from api.shared.bounds import PAGE
from api.shared.fields import SYSTEM, Body, Code, CommandBody, TheirCode
from api.shared.openapi import ACCEPTED, CREATED, exported, listed
from api.shared.reading import After, Cursor, Limit, listing
from api.shared.routes import Router
from api.shared.schemas import ID, INSTANT, INTEGER, MAYBE_INSTANT, OBJECTS, TEXT, fields
from api.shared.strict import StrictRoute
from api.shared.views import Views, by_code
from commands.service import assignment as commands
from domain.service import assignment_rule as domain
from domain.service.assignment_rule import AssignmentRule, assignment_rule_id
from domain.service.sla_policy import LARGEST_ORDER, LIST_LIMIT
from projections.service import assignment_rules as read_model
from projections.shared.pages import Page

PREFIX = "/v1/assignment-rules"

commanding = Router(
    prefix=PREFIX,
    tags=["assignment"],
    route_class=StrictRoute,
    dependencies=[may("assignment-rules:write")],
    responses=ACCEPTED,
)
reading = Router(tags=["assignment"])

RULES = Resource(AssignmentRule, read_model.assignment_rules, read_model.get)

RuleCode = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["mail-to-support"])]

RULE = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "code": TEXT,
        "since": INSTANT,
        "retired_at": MAYBE_INSTANT,
        "order": INTEGER,
        "kind": TEXT,
        "team": TEXT,
        "method": TEXT,
        "conditions": OBJECTS,
    }
)
WAITING = fields({"kind": TEXT, "id": ID, "team": TEXT, "rule": TEXT, "since": INSTANT, "position": INTEGER})
MAIL: dict[str, Any] = {
    "order": 10,
    "kind": "ticket",
    "team": "support",
    "method": "least_open",
    "conditions": [{"field": "channel", "values": ["email"]}],
}


class ConditionBody(Body):
    """The field has one of these values. Tickets have `channel`, `category` and `priority`; leads `channel` and `origin`."""

    states = domain.Condition

    field: domain.Field
    values: Annotated[list[TheirCode], Field(min_length=1, max_length=LIST_LIMIT)]


class RuleBody(CommandBody):
    """The rule's whole terms; they replace the earlier ones."""

    states = domain.Terms
    model_config = {"json_schema_extra": {"examples": [MAIL]}}

    order: Annotated[int, Field(strict=True, ge=-LARGEST_ORDER, le=LARGEST_ORDER)] = Field(
        description="Rules are tried in rising order; the first matching rule applies."
    )
    kind: domain.Assignable
    team: Code
    method: domain.Method = Field(
        default="round_robin",
        description="`round_robin`: members of the team in turn; `least_open`: the one with the fewest open tickets and leads.",
    )
    conditions: Annotated[list[ConditionBody], Field(max_length=LIST_LIMIT)] = []

    def facts(self) -> dict[str, Any]:
        return {"terms": self.stated()}


@commanding.put("/{code}", responses=CREATED)
async def define(request: Request, code: RuleCode, body: RuleBody) -> Response:
    """Define which team gets new tickets or new leads that have no owner. Existing assignments stay."""
    return await targets.by_code(request, assignment_rule_id(code), code, commands.define, body, location=PREFIX)


@commanding.post("/{code}/retirement")
async def retire(request: Request, code: RuleCode, body: CommandBody | None = None) -> Response:
    """Retire the rule: it assigns nothing any more. Defining it again brings it back."""
    return await targets.by_code(request, assignment_rule_id(code), code, commands.retire, body)


views = Views(
    reading,
    RULES,
    RULE,
    permission="assignment-rules:read",
    row_key="rule_id",
    key=by_code(RuleCode, assignment_rule_id),
    own=True,
    path=PREFIX,
)
views.many(read_model.listing, "Assignment rules in the order of their codes, including retired ones.", called="rules")
views.one("One assignment rule; `since` is when its terms came into force, or when it was retired.", called="rule")
views.history("Every event of the rule, each with its changes.", called="history")


@reading.get(
    "/v1/assignments/waiting", responses=exported(listed(WAITING), WAITING), dependencies=[may("assignment-rules:read", PAGE)]
)
async def waiting(request: Request, after: After, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Tickets and leads that no member of their team could take yet, the longest waiting first."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.waiting(connection, limit=limit, cursor=cursor)

    return await listing(request, "assignment_rules", after, pages, show=dict, limit=limit, cursor=cursor)
