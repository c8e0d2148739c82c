"""A story over HTTP of everything but orders, campaigns, channels and tickets. Some of each is changed, some removed again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from commands.service import assignment
from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.operations.user import user_id
from domain.service.assignment_rule import assignment_rule_id
from domain.shared.events import Actor, Context
from tests.api.given_marks import id_of, made
from tests.api.sales.given_leads import LEAD, STAGES
from tests.api.segmentation.given_segments import Api, send
from tests.waiting import PATIENCE

ERASURE = {"reason": "requested", "requested_by": "customer"}
HOURS = [{"weekday": day, "opens": "09:00", "closes": "17:00"} for day in range(1, 6)]
TARGETS = [{"metric": "first_response", "seconds": 3600, "hours": "business"}, {"metric": "full_resolution", "seconds": 86400}]
CONDITION = {"field": "channel", "values": ["email"]}
MAIL: dict[str, Any] = {"order": 10, "kind": "ticket", "team": "support", "conditions": [CONDITION]}
SIZED: dict[str, Any] = {"op": "compare", "feature": "attribute:size", "is": ">=", "value": 3}
CALL = {"channel": "phone", "direction": "inbound", "title": "Cups", "body": "Where are they?", "participants": ["Ada"]}


def the_rest_happened(api: Api, executor: Executor) -> int:
    """The position of the log afterwards."""
    ada, bob, eve, twin = (_customer(api, number) for number in range(4))
    _staff(api)
    _fields_and_views(api)
    _promises(api)
    _assignment(api, executor, ada)
    for id in (ada, eve):
        lead = _leads(api, id)
        _deals(api, id, lead)
        _feedback(api, id)
        _tasks(api, id, lead)
    for id in (ada, eve, twin):
        _interactions(api, id, lead)
    _lists(api, [ada, bob, eve, twin])
    _rules(api)
    _webhooks(api)
    send(api, "POST", f"/v1/customers/{twin}/merge", {"into": ada})
    send(api, "POST", f"/v1/customers/{eve}/erasure", ERASURE)
    return int(send(api, "PATCH", f"/v1/customers/{bob}/attributes", {"attributes": {"size": 8}}).headers["Position"])


def _customer(api: Api, number: int) -> str:
    contact = {"kind": "email", "value": f"rest{number}@example.com"}
    return id_of(made(api, "customers", name=f"Rest {number}", contact_methods=[contact], attributes={"size": number}))


def _staff(api: Api) -> None:
    for code, capacity in (("agent-7", 1), ("agent-8", 0), ("agent-9", None)):
        send(api, "PUT", f"/v1/users/{code}", {"name": code.title(), "team": "support", "capacity": capacity})
    send(api, "PUT", "/v1/users/agent-7/availability", {"available": False})
    send(api, "POST", "/v1/users/agent-9/deactivation")
    for name in ("Support", "Help desk"):
        send(api, "PUT", "/v1/teams/support", {"name": name})
    send(api, "PUT", "/v1/teams/night", {"name": "Night", "zone": "Asia/Shanghai"})
    send(api, "POST", "/v1/teams/night/deactivation")


def _fields_and_views(api: Api) -> None:
    for options in (["red"], ["red", "blue"]):
        send(api, "PUT", "/v1/field-definitions/customer/colour", {"name": "Colour", "kind": "choice", "options": options})
    send(api, "PUT", "/v1/field-definitions/order/gift", {"name": "Gift", "kind": "flag"})
    send(api, "POST", "/v1/field-definitions/order/gift/retirement")
    view: dict[str, Any] = {"name": "Urgent, mine", "resource": "tickets", "filters": {"priority": "urgent"}}
    mine = made(api, "saved-views", **view, owner="agent-7")
    send(api, "PUT", mine, view | {"sort": "-opened_at", "shared": True})
    send(api, "POST", f"{made(api, 'saved-views', **view)}/retirement")


def _promises(api: Api) -> None:
    begun = {"occurred_at": "2024-01-01"}
    for teams in ([], ["support"]):
        send(api, "PUT", "/v1/service-calendars/berlin", {"zone": "Europe/Berlin", "hours": HOURS, "teams": teams} | begun)
        begun = {"occurred_at": "2024-02-01"}
    for code, order in (("gold", 1), ("silver", 2)):
        send(api, "PUT", f"/v1/sla-policies/{code}", {"order": order, "targets": TARGETS} | begun)
    send(api, "PUT", "/v1/sla-policies/gold", {"order": 3, "targets": TARGETS[:1], "occurred_at": "2024-05-03"})
    send(api, "POST", "/v1/sla-policies/silver/retirement")


def _assignment(api: Api, executor: Executor, customer: str) -> None:
    """Two tickets wait for an agent of a team; the one that waited longest goes to the agent who comes back."""
    send(api, "PUT", "/v1/assignment-rules/mail", MAIL)
    send(api, "PUT", "/v1/assignment-rules/mail", MAIL | {"method": "least_open"})
    send(api, "PUT", "/v1/assignment-rules/social", MAIL | {"kind": "lead", "conditions": []})
    send(api, "POST", "/v1/assignment-rules/social/retirement")
    rules = (assignment_rule_id("mail"),)
    asked = {"customer_id": customer, "opened_by": "customer", "channel": "email"}
    for title in ("Broken", "Late"):
        ticket = send(api, "POST", "/v1/tickets", asked | {"title": title}).json()["id"]
        _decide(executor, assignment.give, kind="ticket", id=UUID(ticket), owner=None, rules=rules, rosters={})
    send(api, "PUT", "/v1/users/agent-7/availability", {"available": True})
    rosters = {"support": assignment.Roster(2, {"agent-7": 0, "agent-8": 0})}
    _decide(executor, assignment.take_up_for, agent=user_id("agent-7"), rules=rules, rosters=rosters)


def _decide(executor: Executor, function: Any, **facts: Any) -> None:
    """Run a command immediately, as a policy would."""
    context = Context(now=datetime.now(UTC), actor=Actor(type="policy", id="assignment"), origin="policy")
    executor.submit(Command(function, facts, context)).result(timeout=PATIENCE)


def _leads(api: Api, customer: str) -> str:
    """The path of a lead that was converted to a customer."""
    lead, lost = (made(api, "leads", **LEAD) for _ in range(2))
    send(api, "PUT", f"{lead}/stage", {"stage": "contacted"})
    send(api, "POST", f"{lead}/tags", {"tags": ["hot", "new"]})
    send(api, "POST", f"{lead}/tags/removal", {"tags": ["new"]})
    send(api, "PATCH", f"{lead}/attributes", {"attributes": {"wish": "cups"}})
    send(api, "POST", f"{lead}/qualification")
    send(api, "POST", f"{lead}/conversion", {"customer_id": customer, "value": "20.00", "currency": "EUR"})
    send(api, "POST", f"{lost}/loss", {"reason": "no-budget"})
    send(api, "POST", f"{lost}/erasure", ERASURE)
    return lead


def _deals(api: Api, customer: str, lead: str) -> None:
    for stages in (STAGES[:1], STAGES):
        send(api, "PUT", "/v1/pipelines/sales", {"name": "Sales", "stages": stages})
    deal = made(api, "deals", customer_id=customer, lead_id=id_of(lead), pipeline="sales", stage="talking", owner="agent-7")
    send(api, "PUT", f"{deal}/stage", {"stage": "offered"})
    send(api, "PUT", f"{deal}/amount", {"amount": "600.00", "currency": "EUR"})
    send(api, "PUT", f"{deal}/close-date", {"expected_close": "2026-06-30"})
    send(api, "POST", f"{deal}/tags", {"tags": ["big"]})
    send(api, "PATCH", f"{deal}/attributes", {"attributes": {"wish": "cups"}})
    send(api, "POST", f"{deal}/win")
    send(api, "POST", f"{deal}/reopening")


def _interactions(api: Api, customer: str, lead: str) -> None:
    about = [{"kind": "lead", "id": id_of(lead)}]
    kept, gone = (made(api, "interactions", **CALL, customer_id=customer, about=about, thread_id=f"t-{n}") for n in range(2))
    send(api, "PATCH", kept, {"duration_seconds": 90, "outcome": "Sent again"})
    send(api, "POST", f"{kept}/tags", {"tags": ["vip"]})
    send(api, "POST", f"{gone}/redaction", {"reason": "wrong-customer"})
    send(api, "POST", f"{gone}/retraction", {"reason": "duplicate"})


def _feedback(api: Api, customer: str) -> None:
    about = [{"kind": "customer", "id": customer}]
    asked = made(api, "feedback/requests", kind="csat", customer_id=customer, about=about)
    send(api, "POST", f"/v1/feedback/{id_of(asked)}/submission", {"kind": "csat", "score": 2, "comment": "Too late"})
    complaint = made(api, "feedback", kind="complaint", customer_id=customer, comment="Broken")
    send(api, "POST", f"{complaint}/tags", {"tags": ["cups"]})
    send(api, "POST", f"{complaint}/acknowledgement")
    send(api, "POST", f"{complaint}/resolution", {"code": "refund", "resolution": "Refunded"})


def _tasks(api: Api, customer: str, lead: str) -> None:
    call = made(api, "tasks", title="Call back", about={"kind": "customer", "id": customer}, assignee="agent-7")
    send(api, "PUT", f"{call}/times", {"due": "2030-01-01T09:00:00Z", "remind_at": "2030-01-01T08:00:00Z"})
    send(api, "PUT", f"{call}/assignee", {"assignee": None})
    write = made(api, "tasks", title="Write", about={"kind": "lead", "id": id_of(lead)})
    send(api, "POST", f"{write}/completion")


def _lists(api: Api, people: list[str]) -> None:
    chosen, old = made(api, "lists", name="Chosen"), made(api, "lists", name="Old")
    send(api, "POST", f"{chosen}/members", {"customer_ids": people})
    send(api, "POST", f"{chosen}/members/removal", {"customer_ids": people[1:2]})
    send(api, "POST", f"{old}/retirement")


def _rules(api: Api) -> None:
    sized = made(api, "segment-rules", name="sized", rule=SIZED, priority=20)
    large = made(api, "segment-rules", name="large", rule=SIZED | {"value": 20}, priority=10)
    send(api, "PUT", sized, {"name": "of a size", "rule": SIZED | {"value": 1}, "priority": 20})
    send(api, "POST", f"{large}/retirement")


def _webhooks(api: Api) -> None:
    hook: dict[str, Any] = {"url": "https://x.example/hook", "types": ["crm.order.*"]}
    kept, gone = made(api, "webhooks", **hook), made(api, "webhooks", **hook)
    send(api, "PUT", kept, hook | {"types": []})
    send(api, "POST", f"{kept}/secret")
    send(api, "POST", f"{kept}/redeliveries", {"first": 1})
    send(api, "POST", f"{kept}/pause", {"reason": "holiday"})
    send(api, "POST", f"{gone}/removal")
