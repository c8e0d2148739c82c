"""Assignment rules over HTTP."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import seen

RULE: dict[str, Any] = {
    "order": 10,
    "kind": "ticket",
    "team": "support",
    "method": "least_open",
    "conditions": [{"field": "channel", "values": ["email"]}],
}
PATH = "/v1/assignment-rules/mail"


@on_both_engines
def test_a_rule_is_defined_revised_retired_and_shown_as_it_was(client: Client) -> None:
    answer = client.put(PATH, RULE)
    assert (answer.status_code, answer.headers["Location"]) == (201, PATH)
    assert client.put(PATH, RULE).json()["version"] == 1
    first = seen(client, PATH)
    assert {name: first[name] for name in RULE} == RULE
    client.put(PATH, RULE | {"team": "mailroom"})
    client.post(f"{PATH}/retirement")
    last = seen(client, PATH)
    assert (last["team"], last["version"], last["retired_at"] is None) == ("mailroom", 3, False)
    assert [one["code"] for one in seen(client, "/v1/assignment-rules")["items"]] == ["mail"]
    assert seen(client, PATH, version=1)["team"] == "support"
    assert [one["type"].split(".")[2] for one in seen(client, f"{PATH}/history")["items"]] == ["defined", "revised", "retired"]
    assert seen(client, "/v1/assignments/waiting")["items"] == []


def test_a_condition_on_a_field_of_another_kind_is_refused(client: Client) -> None:
    answer = client.put(PATH, RULE | {"kind": "lead", "conditions": [{"field": "priority", "values": ["high"]}]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/malformed")
    assert client.get(PATH).status_code == 404
