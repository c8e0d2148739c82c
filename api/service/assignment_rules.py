"""Rules of assignment over HTTP: to whom new tickets and leads are given, and what waits for somebody to take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from api.shared.access import may
from api.shared.fields import SYSTEM, Body, Code, TheirCode, Told
from api.shared.looking import look_at, look_back
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, Cursor, Limit, listing
from api.shared.schemas import CHANGE, ID, INSTANT, INTEGER, MAYBE_INSTANT, OBJECTS, TEXT, fields
from api.shared.strict import StrictRoute
from api.shared.targets import by_code
from commands.service import assignment as commands
from domain.service import assignment_rule as domain
from domain.service.assignment_rule import AssignmentRule, assignment_rule_id
from domain.service.sla_policy import LARGEST_ORDER, LIST_LIMIT
from projections.service import assignment_rules as read_model
from projections.shared.pages import Page

PREFIX = "/v1/assignment-rules"

commanding = APIRouter(
    prefix=PREFIX,
    tags=["assignment"],
    route_class=StrictRoute,
    dependencies=[may("assignment-rules:write")],
    responses=ACCEPTED,
)
reading = APIRouter(tags=["assignment"], dependencies=[may("assignment-rules:read")])

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
    """The field has one of these values: of tickets channel, category or priority, of leads channel or origin."""

    states = domain.Condition

    field: domain.Field
    values: Annotated[list[TheirCode], Field(min_length=1, max_length=LIST_LIMIT)]


class RuleBody(Told):
    """The whole terms, in the place of those before."""

    states = domain.Terms
    model_config = {"json_schema_extra": {"examples": [MAIL]}}

    order: Annotated[int, Field(strict=True, ge=-LARGEST_ORDER, le=LARGEST_ORDER)] = Field(
        description="Rules are tried in rising order; the first that fits holds."
    )
    kind: domain.Assignable
    team: Code
    method: domain.Method = Field(
        default="round_robin", description="In turn, or to whoever of the team has the fewest open tickets and leads."
    )
    conditions: Annotated[list[ConditionBody], Field(max_length=LIST_LIMIT)] = []

    def facts(self) -> dict[str, Any]:
        return {"terms": self.stated()}


@commanding.put("/{code}", responses=CREATED)
async def define(request: Request, code: RuleCode, body: RuleBody) -> Response:
    """Say to whose team new tickets, or new leads, are given that have no owner. What is given already stays so."""
    return await by_code(request, assignment_rule_id(code), code, commands.define, body, location=PREFIX)


@commanding.post("/{code}/retirement")
async def retire(request: Request, code: RuleCode, body: Told | None = None) -> Response:
    """Nothing is given by it any more. To define the rule again brings it back."""
    return await by_code(request, assignment_rule_id(code), code, commands.retire, body)


@reading.get(PREFIX, responses=exported(listed(RULE), RULE))
async def rules(request: Request, after: After, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Rules of assignment in the order of their codes, retired ones too."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, limit=limit, cursor=cursor)

    return await listing(request, "assignment_rules", after, pages, show=shown, limit=limit, cursor=cursor)


@reading.get("/v1/assignments/waiting", responses=exported(listed(WAITING), WAITING))
async def waiting(request: Request, after: After, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Tickets and leads that nobody of their team could take yet, the longest waiting first."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.waiting(connection, limit=limit, cursor=cursor)

    return await listing(request, "assignment_rules", after, pages, show=dict, limit=limit, cursor=cursor)


@reading.get(f"{PREFIX}/{{code}}", responses=one(RULE))
async def rule(request: Request, after: After, when: When, code: RuleCode) -> Response:
    """One rule of assignment; `since` is when its terms came into force, or when it was retired."""
    id = assignment_rule_id(code)
    return await look_at(request, RULES, id, after, when, name="assignment rule", called=code, show=shown, subject=id)


@reading.get(f"{PREFIX}/{{code}}/history", responses=listed(CHANGE, 404))
async def history(request: Request, code: RuleCode) -> Response:
    """Every event of the rule, with what it changed."""
    return await look_back(request, RULES, assignment_rule_id(code), name="assignment rule", called=code, show=shown)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id" if name == "rule_id" else name: value for name, value in row.items()}
