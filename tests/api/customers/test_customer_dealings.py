"""Tickets, last contacts and segments in a customer's answer. The tests of the read models check the figures."""

from __future__ import annotations

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, registered, seen
from tests.api.sales.given_orders import done

PUT_TOGETHER = ("tickets", "last_interaction", "last_feedback", "segments")


@on_both_engines
def test_a_customer_has_their_tickets_last_contacts_and_segments(client: Client) -> None:
    customer = registered(client)
    id = customer.rsplit("/", 1)[-1]
    asked = {"opened_by": "customer", "customer_id": id, "title": "Broken cup", "occurred_at": "2026-01-01T10:00+00:00"}
    ticket = client.post("/v1/tickets", asked).headers["Location"]
    done(client, f"{ticket}/solution", {"occurred_at": "2026-01-01T12:00+00:00"})
    call = {"customer_id": id, "channel": "phone", "direction": "inbound", "title": "Where is my cup"}
    client.post("/v1/interactions", call)
    client.post("/v1/feedback", {"customer_id": id, "kind": "csat", "score": 4, "comment": "Good cup"})
    found = seen(client, customer)
    assert (found["tickets"]["open"], found["tickets"]["total"]) == (0, 1)
    assert float(found["tickets"]["processing_time"]["value"]) == 7200
    assert (found["last_interaction"]["channel"], found["last_interaction"]["direction"]) == ("phone", "inbound")
    assert (found["last_feedback"]["kind"], found["last_feedback"]["score"]) == ("csat", 4)
    assert found["segments"] == {}
    assert "my cup" not in str(found)
    then = client.get(customer, params={"as_of": head(client)}).json()
    assert [then[name] for name in PUT_TOGETHER] == [None] * len(PUT_TOGETHER)
