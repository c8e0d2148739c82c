"""Damaged rows of the log: a fault is shown in its place, and everything else goes on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from threading import Lock
from typing import Any

import psycopg
import pytest

from infra.event_store import compact
from infra.processes.parts import Parts
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered
from tests.waiting import wait_until

Change = Callable[[dict[str, Any]], Any]
NDJSON = {"Accept": "application/x-ndjson"}


def damage(settings: Settings, position: int, change: Change) -> None:
    """Changes a row of the log behind the application's back. `change` gets the event's JSON and returns another, or bytes."""
    if settings.database_url:
        with psycopg.connect(settings.database_url) as connection:
            [(state,)] = connection.execute("SELECT state FROM stored_events WHERE notification_id = %s", [position])
            changed = _changed(bytes(state), change)
            connection.execute("UPDATE stored_events SET state = %s WHERE notification_id = %s", [changed, position])
        return
    with closing(sqlite3.connect(settings.home / "events.db")) as file, file:
        [(state,)] = file.execute("SELECT state FROM stored_events WHERE rowid = ?", [position])
        file.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", [_changed(state, change), position])


def _changed(state: bytes, change: Change) -> bytes:
    """As JSON, which the store reads too."""
    event = json.loads(compact.load(state))
    changed = change(event)
    return changed if isinstance(changed, bytes) else json.dumps(event if changed is None else changed).encode()


def sealed(text: str | int) -> Change:
    def change(event: dict[str, Any]) -> None:
        event["data"]["name"] = {"sealed": text}

    return change


def flipped(event: dict[str, Any]) -> None:
    """One character of the ciphertext is another one."""
    text = event["data"]["name"]["sealed"]
    event["data"]["name"]["sealed"] = text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:]


def cut(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()[:40]


def without_actor(event: dict[str, Any]) -> None:
    del event["metadata"]["actor"]


def renamed(event: dict[str, Any]) -> None:
    event["data"]["type"] = "crm.customer.cloned.v1"


def not_utf8(event: dict[str, Any]) -> bytes:
    """One bit of a letter in the metadata is another one."""
    return json.dumps(event).encode().replace(b'"live"', b'"li\xf6e"').replace(b'"api_key"', b'"api\xdfkey"')


def nested(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode().replace(b'"data": {', b'"data": {"more": ' + b"[" * 100_000 + b"]" * 100_000 + b",")


BROKEN_SEALS = {
    "another character": flipped,
    "not base64": sealed("§$%"),
    "too short": sealed("QUJD"),
    "empty": sealed(""),
    "no text": sealed(5),
}


def three(client: Client) -> tuple[list[str], list[int]]:
    """Three customers, and the positions of their first events."""
    paths = [registered(client, name=f"Ada {number}") for number in range(3)]
    last = head(client)
    return paths, [last - 2, last - 1, last]


def logged(client: Client, after: int) -> list[dict[str, Any]]:
    """The events after this position: the same in pages, backwards, one by one and as NDJSON."""
    page = client.get(f"/v1/events?cursor={after}&limit=500")
    assert page.status_code == 200, page.text
    events = list(page.json()["items"])
    backwards = client.get("/v1/events?sort=-position&limit=3").json()["items"]
    assert backwards[::-1] == events
    assert [_alone(client, event) for event in events] == events
    lines = client.get(f"/v1/events?cursor={after}", headers=NDJSON).text.splitlines()
    assert [json.loads(line) for line in lines] == events
    return events


def _alone(client: Client, event: dict[str, Any]) -> dict[str, Any]:
    """What its own answer has of the event itself."""
    answer = client.get(f"/v1/events/{event['position']}")
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in answer.json().items() if name in {*event, "faults"}}


@on_both_engines
def test_a_broken_seal_is_shown_in_its_place_and_the_log_goes_on(client: Client, settings: Settings) -> None:
    _, (first, middle, last) = three(client)
    for name, change in BROKEN_SEALS.items():
        damage(settings, middle, change)
        events = logged(client, first - 1)
        assert [event["data"]["name"] for event in events] == ["Ada 0", {"unreadable": "broken-seal"}, "Ada 2"], name
        assert events[1]["faults"] == [{"field": "data/name", "reason": "broken-seal"}]
        assert "faults" not in events[0]
        assert [event["position"] for event in events] == [first, middle, last]


def test_a_broken_seal_is_not_an_erased_value(client: Client, settings: Settings) -> None:
    paths, (first, middle, _) = three(client)
    damage(settings, middle, flipped)
    assert client.post(f"{paths[0]}/erasure", ERASURE).status_code < 300
    erased, broken = (client.get(f"/v1/events/{position}").json() for position in (first, middle))
    assert "name" not in erased["data"]
    assert "faults" not in erased
    assert broken["data"]["name"] == {"unreadable": "broken-seal"}


@on_both_engines
@pytest.mark.parametrize("key", [b"short", bytes(68)], ids=["short", "of no master key"])
def test_a_damaged_key_breaks_its_subjects_seals_only(client: Client, settings: Settings, key: bytes) -> None:
    paths, (first, _, _) = three(client)
    id = paths[1].rsplit("/", 1)[-1]
    if settings.database_url:
        with psycopg.connect(settings.database_url) as connection:
            connection.execute("UPDATE subject_keys SET wrapped = %s WHERE subject = %s", [key, id])
    else:
        with closing(sqlite3.connect(settings.home / "events.db")) as file, file:
            file.execute("UPDATE subject_keys SET wrapped = ? WHERE subject = ?", [key, id.replace("-", "")])
    names = [event["data"]["name"] for event in logged(client, first - 1)]
    assert names == ["Ada 0", {"unreadable": "broken-seal"}, "Ada 2"]
    refused = client.patch(paths[1], {"name": "Grace"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/unreadable-event")
    assert client.patch(paths[2], {"name": "Grace"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (cut, "broken-json"),
        (without_actor, "broken-metadata"),
        (renamed, "unknown-type"),
        (not_utf8, "broken-json"),
        (nested, "broken-json"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_that_cannot_be_read_is_a_fault_in_its_place(
    client: Client, settings: Settings, change: Change, reason: str
) -> None:
    paths, (first, middle, last) = three(client)
    damage(settings, middle, change)
    events = logged(client, first - 1)
    assert [event["position"] for event in events] == [first, middle, last]
    assert reason in [fault["reason"] for fault in events[1]["faults"]]
    for filter in ("type=crm.customer.*", f"stream={paths[1].rsplit('/', 1)[-1]}"):
        found = client.get(f"/v1/events?{filter}&sort=-position").json()["items"]
        assert middle in [event["position"] for event in found]


@pytest.mark.parametrize(
    "damage",
    [
        "state = 7",
        "topic = x'ff'",
        "originator_version = 'x'",
        "originator_id = 'no id'",
        "originator_id = x'ff'",
    ],
)
def test_a_value_of_another_type_than_its_column_damages_its_event_only(
    client: Client, settings: Settings, damage: str
) -> None:
    """SQLite keeps values of every type in every column."""
    paths, (first, middle, last) = three(client)
    with closing(sqlite3.connect(settings.home / "events.db")) as file, file:
        file.execute(f"UPDATE stored_events SET {damage} WHERE rowid = ?", [middle])
    events = logged(client, first - 1)
    assert [event["position"] for event in events] == [first, middle, last]
    assert [fault["reason"] for fault in events[1]["faults"]] == ["broken-json"]
    position = client.patch(paths[2], {"name": "Grace"}).json()["position"]
    assert client.get(f"{paths[2]}?after={position}").json()["name"] == "Grace"
    assert client.get(f"{paths[1]}?version=1").status_code in (404, 409)


@on_both_engines
def test_an_event_without_a_state_is_a_fault_in_its_place(client: Client, settings: Settings) -> None:
    _, (first, middle, last) = three(client)
    if settings.database_url:
        with psycopg.connect(settings.database_url) as connection:
            connection.execute("UPDATE stored_events SET state = NULL WHERE notification_id = %s", [middle])
    else:
        with closing(sqlite3.connect(settings.home / "events.db")) as file, file:
            file.execute("UPDATE stored_events SET state = NULL WHERE rowid = ?", [middle])
    events = logged(client, first - 1)
    assert [event["position"] for event in events] == [first, middle, last]
    assert [fault["reason"] for fault in events[1]["faults"]] == ["broken-json"]


def test_a_state_that_is_a_text_is_read_and_its_seals_show_whether_it_was_changed(client: Client, settings: Settings) -> None:
    """The SQL function replace() makes a text of it."""
    _, (first, middle, _) = three(client)
    damage(settings, middle, lambda event: event)
    with closing(sqlite3.connect(settings.home / "events.db")) as file, file:
        file.execute("UPDATE stored_events SET state = replace(state, 'person', 'company') WHERE rowid = ?", [middle])
    events = logged(client, first - 1)
    assert [event["data"]["name"] for event in events] == ["Ada 0", "Ada 1", "Ada 2"]
    assert events[1]["data"]["kind"] == "company"


def test_a_history_goes_on_after_a_broken_seal_without_changes_that_nobody_knows(client: Client, settings: Settings) -> None:
    customer = registered(client, name="Ada")
    for name in ("Ada L.", "Ada Lovelace"):
        assert client.patch(customer, {"name": name}).status_code == 200
    position = client.get(f"{customer}/history").json()["items"][1]["position"]
    damage(settings, position, flipped)
    before, broken, later = client.get(f"{customer}/history").json()["items"]
    assert before["changes"]["name"] == {"before": None, "after": "Ada"}
    assert (broken["changes"], broken["data"]["name"]) == (None, {"unreadable": "broken-seal"})
    assert (later["changes"], later["data"]["name"]) == (None, "Ada Lovelace")
    assert client.get(f"{customer}?version=1").json()["name"] == "Ada"
    refused = client.get(f"{customer}?version=3")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/unreadable-event")


@on_both_engines
def test_health_counts_unreadable_events_and_other_subjects_are_complete(
    client: Client, parts: Parts, settings: Settings
) -> None:
    first, other = registered(client, name="Ada"), registered(client, name="Eve")
    wait_until(lambda: client.get(other).status_code == 200, "the customers can be read")
    assert client.get("/health/ready").json()["unreadable_events"] == 0
    store = parts.deployment.store
    kept = store.log
    # The projector meets the event only once it is damaged.
    position = head(client) + 1
    undamaged, one_at_a_time = [position], Lock()

    def damaged(after: int, limit: int, *more: Any, **named: Any) -> Any:
        """Others than the projector read the log too: it is damaged once, and nobody gets what was read before."""
        found = kept(after, limit, *more, **named)
        if any(one.position == position for one in found):
            with one_at_a_time:
                if undamaged:
                    damage(settings, undamaged.pop(), flipped)
            return kept(after, limit, *more, **named)
        return found

    store.log = damaged  # type: ignore[method-assign]
    assert client.patch(first, {"name": "Ada L."}).status_code == 200
    assert client.patch(other, {"name": "Eve X."}).status_code == 200
    wait_until(lambda: client.get(other).json()["name"] == "Eve X.", "the other customer goes on")
    wait_until(lambda: client.get("/health/ready").json()["unreadable_events"] == 1, "the event is counted")
    ready = client.get("/health/ready").json()
    assert (ready["status"], ready["first_unreadable"]) == ("degraded", [position])
    assert client.get("/v1/audit?limit=1").status_code == 200
