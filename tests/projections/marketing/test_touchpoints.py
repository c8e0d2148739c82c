"""Touchpoints: narrow rows, with personal data in a separate table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, func, select

from domain.customers.customer.customer import Customer
from domain.marketing.touchpoint import Touchpoint
from domain.shared.utm import Utm
from projections.marketing import touchpoints
from projections.marketing.touchpoints import Filter
from tests.projections.harness import History, fold, in_memory, uuid


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(touchpoints.touchpoints) as connection:
        yield connection


def touched(history: History, name: str, *, at: datetime | None = None, **given: Any) -> Touchpoint:
    touchpoint = history.of(Touchpoint, name)
    facts: dict[str, Any] = {"channel": "web", "kind": "click", "anonymous_id": f"visitor {name}"}
    history.must(touchpoint, lambda context: touchpoint.touch(context, **facts | given), occurred_at=at)
    return touchpoint


def names(connection: Connection, filter: Filter) -> set[str]:
    found = touchpoints.listing(connection, filter).rows
    return {name for row in found for name in ("1", "2", "3") if row["touchpoint_id"] == uuid(name)}


def test_a_touchpoint_shows_its_link_and_its_click(connection: Connection, history: History) -> None:
    touched(history, "1", utm=Utm(source="news", content="top"), click_ids={"gclid": "g-1"})
    fold(connection, history, touchpoints.touchpoints)
    row = touchpoints.get(connection, uuid("1"))
    assert row is not None
    assert (row["channel"], row["kind"], row["customer_id"]) == ("web", "click", None)
    assert row["utm"] == {"source": "news", "content": "top"}
    assert row["private"] == {"anonymous_id": "visitor 1", "click_ids": {"gclid": "g-1"}}
    assert touchpoints.get(connection, uuid("2")) is None


def test_touchpoints_are_found_by_customer_channel_kind_and_day(connection: Connection, history: History) -> None:
    ada, spring = uuid("Ada"), uuid("spring")
    touched(history, "1", customer_id=ada, at=datetime(2024, 2, 1, 23, 30, tzinfo=UTC))
    touched(history, "2", channel="social", campaign_id=spring, at=datetime(2024, 2, 2, 12, tzinfo=UTC))
    touched(history, "3", kind="form", at=datetime(2024, 2, 3, 12, tzinfo=UTC))
    fold(connection, history, touchpoints.touchpoints)
    assert names(connection, Filter()) == {"1", "2", "3"}
    assert names(connection, Filter(customer_id=ada)) == {"1"}
    assert names(connection, Filter(channel="social", campaign_id=spring)) == {"2"}
    assert names(connection, Filter(kind="form")) == {"3"}
    day: dict[str, Any] = {"occurred_from": date(2024, 2, 2), "occurred_to": date(2024, 2, 3)}
    assert names(connection, Filter(**day)) == {"2"}
    assert names(connection, Filter(**day, zone=ZoneInfo("Europe/Berlin"))) == {"1", "2"}


def test_erasing_a_customer_deletes_all_personal_data(connection: Connection, history: History) -> None:
    ada = history.of(Customer, "Ada")
    history.must(ada, lambda context: ada.register(context, kind="person", name="Ada"))
    touched(history, "1", customer_id=ada.id)
    touched(history, "2")
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    fold(connection, history, touchpoints.touchpoints)
    found = [touchpoints.get(connection, uuid(name)) for name in ("1", "2")]
    assert [row and row["private"] for row in found] == [None, {"anonymous_id": "visitor 2"}]
    assert connection.execute(select(func.count()).select_from(touchpoints.touchpoint_private)).scalar() == 1
