"""Campaigns for the API tests, and the events that the log holds about their members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.marketing.campaign_member.member import member_id
from domain.shared.events import Recorded, type_name
from infra.event_store.store import EventStore
from tests.api.client import Client

PLAN: dict[str, Any] = {"name": "Spring", "currency": "EUR", "variants": [{"code": "short"}, {"code": "long"}]}


def planned(client: Client, **more: Any) -> str:
    """The path of a campaign with two variants."""
    answer = client.post("/v1/campaigns", PLAN | more)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def customers(client: Client, count: int) -> list[str]:
    return [client.post("/v1/customers", {"name": f"Ada {number}"}).json()["id"] for number in range(count)]


def target(client: Client, campaign: str, *ids: str, variant: str = "short") -> None:
    members = [{"customer_id": id, "variant": variant} for id in ids]
    answer = client.post(f"{campaign}/members", {"members": members})
    assert {item["status"] for item in answer.json()["items"]} == {200}, answer.text


def touched(client: Client, campaign: str, *touches: dict[str, Any]) -> list[dict[str, Any]]:
    """The result of each of these touches."""
    answer = client.post(f"{campaign}/touches", {"touches": list(touches)})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def events(store: EventStore, campaign: str, customer_id: str | None = None) -> Sequence[Recorded]:
    """The events of the campaign, or of one of its members."""
    id = UUID(campaign.rsplit("/", 1)[-1])
    stream = id if customer_id is None else member_id(id, UUID(customer_id))
    return store.streams([stream]).get(stream, ())


def facts(store: EventStore, campaign: str, customer_id: str | None = None) -> list[str]:
    """The names of the recorded events: `planned`, `launched` and so on."""
    return [type_name(type(recorded.event)).split(".")[2] for recorded in events(store, campaign, customer_id)]
