"""Reads that ask for a position that the log does not have: they are refused at once, and do not wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from commands.customers import customers
from commands.shared.batch import Command
from domain.shared.events import Actor, Context
from domain.shared.ids import new_id
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.customers.given_customers import registered, seen
from tests.api.sales.given_orders import placed
from tests.api.shared.test_reading import READS, stop
from tests.waiting import PATIENCE


@pytest.mark.parametrize("path", [*READS, "/v1/audit"])
@pytest.mark.parametrize("beyond", [1, 2**62])
def test_a_position_beyond_the_log_is_refused_at_once(client: Client, parts: Parts, path: str, beyond: int) -> None:
    customer, order = registered(client), placed(client)
    path = path.format(customer=customer, order=order)
    seen(client, path)
    stop(parts)
    parts.deployment.settings.after_timeout = 3600.0
    last = int(client.post("/v1/customers", {"name": "Grace"}).headers["Position"])
    for answer in (
        client.get(path, params={"after": last + beyond}),
        client.get(path, headers={"Position": str(min(last + beyond, 10**18 - 1))}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/beyond-the-log")
        assert answer.headers["Position"] == str(last)
        assert str(last) in answer.json()["detail"]


def test_a_position_that_another_process_has_just_answered_is_waited_for(client: Client, parts: Parts) -> None:
    seen(client, "/v1/customers")
    stop(parts)
    parts.deployment.settings.after_timeout = 0.05
    rival = parts.deployment.executor()
    context = Context(now=datetime.now(UTC), actor=Actor(type="system", id="test"))
    facts = {"customer_id": new_id(), "name": "Grace"}
    outcome = rival.submit(Command(customers.register, facts, context)).result(timeout=PATIENCE)
    rival.close()
    answer = client.get("/v1/customers", params={"after": outcome.position})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-yet")
