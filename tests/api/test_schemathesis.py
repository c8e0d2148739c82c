"""Generated requests, valid and invalid by the OpenAPI document: every answer is a documented one.

These checks of schemathesis are left out, for these reasons:

* not_a_server_error does not allow 503, but a read that waits for a position answers 503 with Retry-After; see `_no_failure`.
* positive_data_acceptance, negative_data_rejection: business rules refuse requests that fit the schema, and some requests
  that do not fit it (`limit=1.0`) are accepted.
* unsupported_method, ignored_auth, use_after_free, ensure_resource_availability: `test_access` and `test_customers` test them
  one by one; a read model shows the latest writes only if the request asks with `after`.
* missing_required_header: the only required header is Authorization.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from api.service.service_level_bodies import SOON, WEEKDAYS
from tests.api.client import Client
from tests.api.conftest import World
from tests.api.marketing.given_channels import counted, opened
from tests.api.sales.given_leads import defined
from tests.api.sales.given_orders import confirmed, done
from tests.api.served import served

EXAMPLES = 4
CONFORMANCE = ("status_code", "content_type", "response_headers", "response_schema", "allow_header")
Operation = Any
Known = Mapping[str, Mapping[str, list[str]]]


@schemathesis.serializer("application/x-ndjson")
def as_one_line(_: schemathesis.SerializationContext, value: Any) -> bytes:
    return msgspec.json.encode(value)


@pytest.fixture(scope="module")
def known(world: World) -> Known:
    """Path parameters of existing resources, by the resource they belong to."""
    client = world.client
    customers, methods = zip(*(_customer(client, number) for number in range(3)), strict=True)
    orders = [_order(client, number).rsplit("/", 1)[-1] for number in range(3)]
    key = client.post("/v1/keys", {"label": "to be revoked", "roles": ["agent"]}).json()["id"]
    lead = _lead(client)
    theirs = {"system": ["shop"], "external": ["1", "gid://2"]}
    own = {"payment_id": ["p-1"], "shipment_id": ["s-1"], "return_id": ["r-1"], "refund_id": ["f-1"]}
    return {
        "customers": {
            "id": list(customers),
            "method_id": list(methods),
            "relation_id": [_relation(client, *customers[:2])],
            **theirs,
        },
        "orders": {"id": orders, **own, **theirs},
        "tickets": {"id": [_ticket(client, number) for number in range(3)], "reply_id": ["r-1"], **theirs},
        "interactions": {"id": [_interaction(client, customers[0])], **theirs},
        "feedback": {"id": [_feedback(client)], **theirs},
        "leads": {"id": [lead], **theirs},
        "deals": {"id": [_deal(client, customers[0])], **theirs},
        "pipelines": {"code": ["sales"]},
        "campaigns": {
            "id": [_campaign(client, customers[0], lead)],
            "customer_id": list(customers),
            "lead_id": [lead],
            **theirs,
        },
        "channels": {"code": [_channel(client, code) for code in ("web", "store-1")], "date": ["2026-01-02"]},
        "service-calendars": {"code": [_service_level(client, "service-calendars", WEEKDAYS)]},
        "sla-policies": {"code": [_service_level(client, "sla-policies", SOON)]},
        "touchpoints": {"id": [_touchpoint(client)]},
        "segment-models": {"model": [_segment_model(client)]},
        **_configuration(client, customers),
        "keys": {"id": [key]},
        "events": {"position": ["1", "2", "3"]},
    }


@pytest.fixture(scope="module")
def url(world: World, known: Known) -> Iterator[str]:
    """The URL of the server, once all the resources exist."""
    # A short timeout, because generated requests wait for positions that never come.
    world.parts.deployment.settings.after_timeout = 0.05
    with served(world.app) as url:
        yield url


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
def test_every_answer_is_documented(world: World, url: str, known: Known, mode: GenerationMode) -> None:
    load_all_checks()
    document = schemathesis.openapi.from_dict(world.app.openapi())
    answered: Counter[int] = Counter()
    with requests.Session() as session:
        for operation in _operations(document):
            of_its_kind = known.get(_resource(operation.path), {})
            answered += _tried(operation, mode, of_its_kind, lambda case: case.call(url, session, world.admin))
    assert {200, 201, 404, 409, 422} <= answered.keys() or mode is GenerationMode.NEGATIVE
    assert world.parts.projector is not None
    assert world.parts.projector.status().healthy


def _operations(document: Any) -> list[Operation]:
    return [found.ok() for found in document.get_all_operations()]


def _tried(
    operation: Operation, mode: GenerationMode, known: Mapping[str, list[str]], call: Callable[[Case[Any]], Response]
) -> Counter[int]:
    """Counts the answers by status."""
    answered: Counter[int] = Counter()
    checks: list[Any] = [CHECKS.get_one(f"{name}_conformance") for name in CONFORMANCE]
    ids = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in known.items()})

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode), ids, st.sampled_from([True, True, False]))
    def tried(case: Case[Any], ids: Mapping[str, str], existing: bool) -> None:
        if existing:
            _use_existing(case, ids)
        # With `fields` an answer has fewer fields than its schema requires.
        case.query = {name: value for name, value in (case.query or {}).items() if name != "fields"}
        if case.path == "/v1/events/stream":
            # Without `upto` the stream would never end.
            case.query = {**(case.query or {}), "upto": 0}
        response = call(case)
        answered[response.status_code] += 1
        _no_failure(response)
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as group:
            raise AssertionError(f"{case.method} {case.path}: {[str(one) for one in group.exceptions]}") from None

    try:
        tried()
    except Unsatisfiable:
        # An operation without parameters and body has no invalid requests.
        assert mode is GenerationMode.NEGATIVE
    return answered


def _use_existing(case: Case[Any], ids: Mapping[str, str]) -> None:
    """Make the request about an existing resource, as of now."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = ids.get(name, case.path_parameters[name])
    case.headers.pop("If-Match", None)
    if isinstance(case.query, dict):
        for name in ("after", "as_of", "effective_at", "version", "cursor"):
            case.query.pop(name, None)


def _no_failure(response: Response) -> None:
    asks_to_wait = response.status_code == 503 and "retry-after" in response.headers
    assert response.status_code < 500 or asks_to_wait, response.text


def _resource(path: str) -> str:
    return path.removeprefix("/v1/").split("/")[0]


def _customer(client: Client, number: int) -> tuple[str, str]:
    """The ids of a customer and of their contact method."""
    body = {"name": f"Ada {number}", "contact_methods": [{"kind": "email", "value": f"ada{number}@example.com"}]}
    answer = client.put(f"/v1/customers/by/shop/{number}", body)
    position = answer.headers["Position"]
    seen = client.get(answer.headers["Location"], params={"after": position}).json()
    return seen["id"], seen["contact_methods"][0]["method_id"]


def _relation(client: Client, customer_id: str, other: str) -> str:
    customer = f"/v1/customers/{customer_id}"
    added = client.post(f"{customer}/relations", {"other": other, "role": "partner", "title": "Wife"})
    seen = client.get(f"{customer}/relations", params={"after": added.headers["Position"]}).json()
    return str(seen["items"][0]["relation_id"])


def _ticket(client: Client, number: int) -> str:
    opened = client.put(f"/v1/tickets/by/shop/{number}", {"opened_by": "customer", "title": "Broken"})
    done(client, f"{opened.headers['Location']}/replies", {"reply_id": "r-1", "by": "customer", "body": "Hello"})
    return str(opened.json()["id"])


def _interaction(client: Client, customer_id: str) -> str:
    call = {"customer_id": customer_id, "channel": "phone", "direction": "inbound", "title": "Hello"}
    return str(client.put("/v1/interactions/by/shop/1", call).json()["id"])


def _feedback(client: Client) -> str:
    return str(client.put("/v1/feedback/by/shop/1", {"kind": "csat", "score": 4}).json()["id"])


def _lead(client: Client) -> str:
    return str(client.put("/v1/leads/by/shop/1", {"channel": "social", "contact": {"name": "Ada"}}).json()["id"])


def _deal(client: Client, customer_id: str) -> str:
    defined(client)
    body = {"customer_id": customer_id, "pipeline": "sales", "stage": "talking", "amount": "5.00", "currency": "EUR"}
    return str(client.put("/v1/deals/by/shop/1", body).json()["id"])


def _campaign(client: Client, customer_id: str, lead_id: str) -> str:
    campaign = client.put("/v1/campaigns/by/shop/1", {"name": "Spring", "currency": "EUR"}).headers["Location"]
    done(client, f"{campaign}/members", {"members": [{"customer_id": customer_id}, {"lead_id": lead_id}]})
    done(client, f"{campaign}/touches", {"touches": [{"customer_id": customer_id, "kind": "sent", "touch_id": "t-1"}]})
    return campaign.rsplit("/", 1)[-1]


def _channel(client: Client, code: str) -> str:
    opened(client, code)
    counted(client, code, "2026-01-02", visits=10)
    return code


def _service_level(client: Client, kind: str, body: dict[str, Any]) -> str:
    assert client.put(f"/v1/{kind}/default", body).status_code == 201
    return "default"


def _touchpoint(client: Client) -> str:
    return str(client.post("/v1/touchpoints", {"channel": "web", "kind": "click", "anonymous_id": "v-1"}).json()["id"])


def _configuration(client: Client, customers: Sequence[str]) -> Known:
    """One of each kind of configuration."""
    rule = {"op": "compare", "feature": "orders", "is": ">", "value": 0, "window": {"last_days": 30}}
    client.put("/v1/users/agent-7", {"name": "Ada"})
    client.put("/v1/teams/support", {"name": "Support"})
    client.put("/v1/field-definitions/customer/size", {"kind": "number", "name": "Size"})
    client.put("/v1/assignment-rules/mail", {"order": 1, "kind": "ticket", "team": "support"})
    made = {
        "tasks": {"title": "Call", "about": {"kind": "customer", "id": customers[0]}},
        "saved-views": {"name": "Urgent", "resource": "tickets", "filters": {"priority": "urgent"}},
        "lists": {"name": "Invited"},
        "webhooks": {"url": "https://shop.example/events", "types": ["crm.order.*"]},
        "segment-rules": {"name": "active", "rule": rule, "priority": 1},
    }
    ids = {resource: client.post(f"/v1/{resource}", body).json()["id"] for resource, body in made.items()}
    done(client, f"/v1/lists/{ids['lists']}/members", {"customer_ids": list(customers)})
    return {
        "users": {"code": ["agent-7"]},
        "teams": {"code": ["support"]},
        "assignment-rules": {"code": ["mail"]},
        "field-definitions": {"entity": ["customer"], "key": ["size"]},
        **{resource: {"id": [id]} for resource, id in ids.items()},
    }


def _segment_model(client: Client) -> str:
    for size in range(2):
        client.put(f"/v1/customers/by/shop/of-size-{size}", {"name": "Ada", "attributes": {"size": size}})
    made = client.post("/v1/segment-models", {"name": "by-size", "features": ["attribute:size"], "k": 2})
    return str(made.json()["id"])


def _order(client: Client, number: int) -> str:
    order = confirmed(client, number=f"A-{number}")
    lines = [{"line_id": "tea", "quantity": "1"}]
    done(client, f"{order}/payments", {"payment_id": "p-1", "amount": "30.00"})
    done(client, f"{order}/shipments", {"shipment_id": "s-1", "lines": lines})
    done(client, f"{order}/returns", {"return_id": "r-1", "lines": lines})
    done(client, f"{order}/refunds", {"refund_id": "f-1", "amount": "1.00"})
    return order
