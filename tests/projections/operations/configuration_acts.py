"""Acts of a random history: users, teams, tasks, saved views, fields, lists, segment rules and webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.customers.customer.customer import Customer
from domain.customers.field_definition import FieldDefinition
from domain.operations.saved_view import SavedView, View
from domain.operations.team import Team
from domain.operations.user import User
from domain.operations.webhook import Subscription, Webhook
from domain.segmentation.segment_rule import SegmentRule
from domain.segmentation.static_list import StaticList
from domain.service.task import Task
from domain.shared.ids import external_id
from domain.shared.reference import Reference
from tests.projections.harness import History

CUSTOMERS = 4
LEAVES: tuple[Mapping[str, Any], ...] = (
    {"op": "compare", "feature": "total:EUR", "is": ">=", "value": 20},
    {"op": "compare", "feature": "orders", "is": ">", "value": 0, "window": {"last_days": 3}},
    {"op": "compare", "feature": "orders", "is": "=", "value": 1, "window": {"from": "2024-02-28", "to": "2024-03-02"}},
    {"op": "compare", "feature": "days_since_last", "is": "<=", "value": 2},
    {"op": "in", "feature": "attribute:size", "values": [1, 2, 3, 5, 8, 13]},
    {"op": "is_null", "feature": "recency"},
    {"op": "compare", "feature": "touches", "is": "!=", "value": 0},
)


def expression(n: int) -> Mapping[str, Any]:
    one, other = LEAVES[n % 7], LEAVES[n // 7 % 7]
    return (one, {"op": "not", "of": one}, {"op": "and", "of": [one, other]}, {"op": "or", "of": [one, other]})[n % 4]


def _customer(history: History, who: int) -> Customer:
    return history.of(Customer, f"customer {who % CUSTOMERS}")


def _user(history: History, who: int, n: int) -> None:
    code = f"agent-{who % 3}"
    user = history.of(User, code)
    if n % 3 == 0:
        history.do(user, lambda c: user.register(c, code=code, name=f"Person {n}", team=f"team-{n % 2}", capacity=n))
    elif n % 3 == 1:
        history.do(user, lambda context: user.change_availability(context, n % 2 == 0))
    else:
        history.do(user, user.deactivate)


def _team(history: History, who: int, n: int) -> None:
    code = f"team-{who % 2}"
    team = history.of(Team, code)
    if n % 3:
        history.do(team, lambda context: team.register(context, code=code, name=f"Team {n}", zone=None))
    else:
        history.do(team, team.deactivate)


def _task(history: History, who: int, n: int) -> None:
    """Every other task is about a customer. No task is created about an erased customer."""
    task = history.of(Task, f"task {who % 5}")
    customer = None if who % 2 else _customer(history, who)
    due = history.now + timedelta(hours=n)
    match n % 5:
        case 0 if customer is None or not customer.erased:
            about = None if customer is None else Reference(kind="customer", id=customer.id)
            history.do(
                task,
                lambda context: task.create(
                    context,
                    title=f"Call {n}",
                    due=due,
                    assignee=f"agent-{n % 3}",
                    about=about,
                    belongs_to=about.id if about else None,
                ),
            )
        case 1:
            remind_at = due if n % 2 else None
            history.do(task, lambda context: task.reschedule(context, due=due, remind_at=remind_at), **_imported(n))
        case 2:
            history.do(task, lambda context: task.assign(context, f"agent-{n % 3}" if n % 4 else None))
        case 3:
            history.do(task, task.complete)
        case 4 if n % 2:
            history.do(task, task.cancel)
        case 4 if task.remind_at is not None:
            set_to = task.remind_at
            history.do(task, lambda context: task.remind(context, set_to))


def _imported(n: int) -> dict[str, Any]:
    return {"origin": "import"} if n % 3 == 0 else {}


def _view(history: History, who: int, n: int) -> None:
    saved = history.of(SavedView, f"view {who % 3}")
    view = View(name=f"View {n}", resource="tickets", owner=f"agent-{n % 2}", filters={"q": f"Person {n}"} if n % 4 else None)
    if not saved.exists:
        history.do(saved, lambda context: saved.define(context, view))
    elif n % 5:
        history.do(saved, lambda context: saved.revise(context, view))
    else:
        history.do(saved, saved.retire)


def _field(history: History, who: int, n: int) -> None:
    key = f"field-{who % 3}"
    field = history.of(FieldDefinition, key)
    options = [f"option {n}"] if who % 3 == 0 else []
    if n % 4:
        history.do(
            field,
            lambda context: field.define(
                context, entity="customer", key=key, kind="choice" if options else "text", name=f"Name {n}", options=options
            ),
        )
    else:
        history.do(field, field.retire)


def _list(history: History, who: int, n: int) -> None:
    listed = history.of(StaticList, f"list {who % 2}")
    ids: list[UUID] = [customer.id for number in range(1 + n % 3) if not (customer := _customer(history, n + number)).erased]
    if not listed.exists:
        history.do(listed, lambda context: listed.create(context, f"List {who}"))
    elif n % 7 == 0:
        history.do(listed, listed.retire)
    elif ids:
        history.do(listed, lambda c: listed.add_members(c, ids) if n % 3 else listed.remove_members(c, ids))


def _rule(history: History, who: int, n: int) -> None:
    rule = history.of(SegmentRule, f"rule {who % 3}")
    facts: dict[str, Any] = {"name": f"Rule {n}", "rule": expression(n), "priority": n % 3}
    if not rule.exists:
        history.do(rule, lambda context: rule.define(context, **facts))
    elif n % 5:
        history.do(rule, lambda context: rule.revise(context, **facts))
    else:
        history.do(rule, rule.retire)


def _webhook(history: History, who: int, n: int) -> None:
    webhook = history.of(Webhook, f"webhook {who % 2}")
    asked = Subscription(url=f"https://{n}.example", types=("crm.order.*",) if n % 2 else (), personal=n % 4 == 0)
    match n % 9 if webhook.exists else 0:
        case 0 if not webhook.exists:
            history.do(webhook, lambda context: webhook.register(context, asked, webhook.id))
        case 0 | 1:
            history.do(webhook, lambda context: webhook.revise(context, asked))
        case 2:
            history.do(webhook, lambda context: webhook.pause(context, "down" if n % 4 else None))
        case 3 | 4:
            history.do(webhook, webhook.resume)
        case 5:
            secret, overlap = external_id("secret", "test", str(n), b""), timedelta(hours=n % 3)
            history.do(webhook, lambda context: webhook.rotate_secret(context, secret, overlap))
        case 6:
            history.do(webhook, webhook.end_former_secrets)
        case 7:
            history.do(webhook, lambda context: webhook.request_redelivery(context, 1, n))
        case _ if n % 4 == 1:
            history.do(webhook, webhook.remove)


CONFIGURATION_ACTS: dict[str, Callable[[History, int, int], None]] = {
    "user": _user,
    "team": _team,
    "task": _task,
    "saved view": _view,
    "field": _field,
    "list": _list,
    "rule": _rule,
    "webhook": _webhook,
}
