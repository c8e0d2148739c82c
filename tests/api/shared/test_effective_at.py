"""A thing as of a moment at which things happened, beside a moment at which they were recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.shared import folding, history
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered, seen
from tests.api.sales.given_orders import done, placed

pytestmark = pytest.mark.one_deployment

BEGIN = "1997-01-18T10:00:00Z"


def at(client: Client, path: str, **question: Any) -> dict[str, Any]:
    answer = client.get(path, params=question)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def problem(client: Client, path: str, **question: Any) -> tuple[int, str, str]:
    answer = client.get(path, params=question)
    return answer.status_code, answer.json()["type"].removeprefix("/problems/"), answer.json()["detail"]


def renamed(client: Client, customer: str, name: str, occurred_at: str) -> int:
    answer = client.patch(customer, {"name": name, "occurred_at": occurred_at})
    assert answer.status_code == 200, answer.text
    return int(answer.headers["Position"])


@pytest.fixture
def customer(client: Client) -> str:
    """Ada, of 1997, renamed in 1999, and then, recorded later, in 1998."""
    customer = registered(client, occurred_at=BEGIN)
    renamed(client, customer, "Ada of 1999", "1999-06-01T00:00:00Z")
    renamed(client, customer, "Ada of 1998", "1998-06-01T00:00:00Z")
    return customer


@on_both_engines
def test_a_thing_is_shown_as_it_was_when_things_happened(client: Client, customer: str) -> None:
    for moment, name, version in (
        (BEGIN, "Ada", 1),
        ("1998-05-31T23:59:59Z", "Ada", 1),
        ("1998-06-01T00:00:00Z", "Ada of 1998", 3),
        ("1998-06-01T08:00:00+08:00", "Ada of 1998", 3),
    ):
        then = at(client, customer, effective_at=moment)
        assert (then["name"], then["version"]) == (name, version), moment


def test_of_two_facts_that_had_happened_the_one_recorded_last_counts_as_it_does_now(client: Client, customer: str) -> None:
    assert at(client, customer, effective_at="1999-07-01T00:00:00Z")["name"] == seen(client, customer)["name"] == "Ada of 1998"


def test_both_moments_show_what_was_known_then_of_what_had_happened_then(client: Client, customer: str) -> None:
    before_the_correction = head(client) - 1
    for moment, name in (("1998-07-01T00:00:00Z", "Ada"), ("1999-07-01T00:00:00Z", "Ada of 1999")):
        assert at(client, customer, effective_at=moment, as_of=before_the_correction)["name"] == name
    assert at(client, customer, effective_at="1999-07-01T00:00:00Z", version=1)["name"] == "Ada"


def test_all_moments_of_a_request_hold_together(client: Client, customer: str) -> None:
    assert at(client, customer, version=1, as_of=datetime.now(UTC).isoformat())["name"] == "Ada"


@on_both_engines
def test_before_its_first_fact_a_thing_is_not_there_and_the_answer_says_when_it_begins(client: Client, customer: str) -> None:
    status, type, detail = problem(client, customer, effective_at="1997-01-18T09:59:59Z")
    assert (status, type) == (404, "not-there")
    assert detail == f"The customer begins at {BEGIN}: before that moment nothing of it had happened. Ask for {BEGIN} or later."
    assert problem(client, f"{customer}/history", effective_at="1990-01-01T00:00:00Z") == (
        404,
        type,
        detail,
    )
    assert problem(client, customer, effective_at="1990-01-01T00:00:00Z", as_of=0)[2].startswith("There is no customer")


def test_a_thing_does_not_begin_with_a_fact_that_is_dated_before_its_first_one(client: Client) -> None:
    order = placed(client, occurred_at="1998-03-01T00:00:00Z")
    done(client, f"{order}/payments", {"amount": "10.00", "occurred_at": "1998-02-01T00:00:00Z"})
    assert problem(client, order, effective_at="1998-02-15T00:00:00Z")[0] == 404
    assert at(client, order, effective_at="1998-03-01T00:00:00Z")["captured"] == "10.00"


def test_a_day_and_a_month_count_from_their_first_moment_in_their_own_zone(client: Client, customer: str) -> None:
    client.patch(customer, {"name": "Ada of May", "occurred_at": "2001-05-02", "occurred_zone": "Asia/Shanghai"})
    client.patch(customer, {"name": "Ada of July", "occurred_at": "2001-07"})
    for moment, name in (
        ("2001-05-01T15:59:59Z", "Ada of 1998"),
        ("2001-05-01T16:00:00Z", "Ada of May"),
        ("2001-06-30T23:59:59Z", "Ada of May"),
        ("2001-07-01T00:00:00Z", "Ada of July"),
    ):
        assert at(client, customer, effective_at=moment)["name"] == name, moment


def test_a_correction_counts_from_its_own_moment(client: Client) -> None:
    order = placed(client, occurred_at="1998-03-01T00:00:00Z")
    payment = {"payment_id": "p-1", "amount": "10.00", "occurred_at": "1998-03-02T00:00:00Z"}
    done(client, f"{order}/payments", payment)
    done(client, f"{order}/payments/p-1/reversal", {"fact": "capture", "occurred_at": "1998-03-09T00:00:00Z"})
    assert at(client, order, effective_at="1998-03-05T00:00:00Z")["captured"] == "10.00"
    assert at(client, order, effective_at="1998-03-09T00:00:00Z")["captured"] == "0.00" == seen(client, order)["captured"]


def test_a_change_dated_before_what_it_changes_is_no_error(client: Client) -> None:
    order = placed(client, occurred_at="1998-03-01T00:00:00Z")
    shipment = {"shipment_id": "s-1", "lines": [{"line_id": "tea", "quantity": "1"}]}
    done(client, f"{order}/confirmation", {"occurred_at": "1998-03-01T00:00:00Z"})
    done(client, f"{order}/shipments", shipment | {"occurred_at": "1998-03-09T00:00:00Z"})
    done(client, f"{order}/shipments/s-1/delivery", {"occurred_at": "1998-03-05T00:00:00Z"})
    assert at(client, order, effective_at="1998-03-06T00:00:00Z")["shipments"] == {}
    assert at(client, order, effective_at="1998-03-09T00:00:00Z")["shipments"] == seen(client, order)["shipments"]


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=366)])
def test_what_will_have_happened_is_not_known(client: Client, customer: str, ahead: timedelta) -> None:
    future = (datetime.now(UTC) + ahead).isoformat()
    for path in (customer, f"{customer}/history", f"{customer}/timeline", f"{customer}/dealings"):
        assert problem(client, path, effective_at=future)[:2] == (422, "beyond-the-log")
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert at(client, customer, effective_at=soon)["name"] == "Ada of 1998"


@pytest.mark.parametrize("moment", ["1998", "1998-06-01", "1998-06-01T00:00:00", "12", "yesterday"])
def test_a_moment_at_which_things_happened_is_an_instant(client: Client, customer: str, moment: str) -> None:
    assert problem(client, customer, effective_at=moment)[:2] == (422, "does-not-fit")


@on_both_engines
def test_a_history_has_the_events_that_had_happened_with_the_changes_between_them(client: Client, customer: str) -> None:
    def names(**question: Any) -> list[tuple[int, Any]]:
        items = at(client, f"{customer}/history", **question)["items"]
        return [(event["version"], event["changes"].get("name")) for event in items]

    first = (1, {"before": None, "after": "Ada"})
    assert names(effective_at="1998-07-01T00:00:00Z") == [first, (3, {"before": "Ada", "after": "Ada of 1998"})]
    assert names(effective_at="1998-07-01T00:00:00Z", as_of=head(client) - 1) == [first]
    assert names(as_of=head(client) - 1) == [first, (2, {"before": "Ada", "after": "Ada of 1999"})]
    assert len(names(effective_at="1999-07-01T00:00:00Z")) == 3


def test_pages_of_a_history_at_a_moment_are_the_whole_of_it(
    client: Client, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 13):
        renamed(client, customer, f"Ada {day}", f"{'1998' if day % 3 else '2005'}-11-{day:02}T00:00:00Z")
    question = {"effective_at": "1998-12-01T00:00:00Z", "as_of": head(client) - 1}
    whole = at(client, f"{customer}/history", **question)
    assert [event["version"] for event in whole["items"]] == [1, 3, 4, 5, 7, 8, 10, 11, 13, 14]
    monkeypatch.setattr(folding, "AT_ONCE", 2)
    for limit in (1, 3, 10):
        assert _paged(client, f"{customer}/history", question | {"limit": limit}) == whole["items"]
    monkeypatch.setattr(history, "FOLDED", 3)
    assert [event["version"] for event in _paged(client, f"{customer}/history", question)] == [
        event["version"] for event in whole["items"]
    ]


def _paged(client: Client, path: str, question: dict[str, Any]) -> list[dict[str, Any]]:
    page = at(client, path, **question)
    items = page["items"]
    while page["next"]:
        page = client.get(page["next"]).json()
        items += page["items"]
    return list(items)


@on_both_engines
def test_a_timeline_has_what_was_recorded_and_had_happened_by_then(client: Client, customer: str) -> None:
    first, second, third = reversed(seen(client, f"{customer}/timeline")["items"])

    def timeline(**question: Any) -> list[dict[str, Any]]:
        return list(at(client, f"{customer}/timeline", **question)["items"])

    assert timeline(effective_at="1998-07-01T00:00:00Z") == [third, first]
    assert timeline(as_of=second["position"]) == [second, first]
    assert timeline(as_of=second["recorded_at"])[-2:] == [second, first]
    assert timeline(as_of=second["position"], effective_at="1998-07-01T00:00:00Z") == [first]
    assert timeline(effective_at="1998-07-01T00:00:00Z", before=third["position"]) == [first]
    assert timeline(effective_at="1990-01-01T00:00:00Z") == []
    assert problem(client, f"{customer}/timeline", as_of=head(client) + 1)[:2] == (422, "beyond-the-log")


def test_an_erased_customer_shows_at_every_moment_only_what_stays(client: Client, customer: str) -> None:
    client.post(f"{customer}/erasure", ERASURE)
    then = client.get(customer, params={"effective_at": BEGIN})
    assert then.json()["kind"] == "person"
    assert "Ada" not in then.text
    assert "Ada" not in client.get(f"{customer}/history", params={"effective_at": "1999-01-01T00:00:00Z"}).text
