"""Channels, and the traffic and cost of their days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from domain.marketing.channel import (
    CLICKS_ABOVE_IMPRESSIONS,
    VISITORS_ABOVE_VISITS,
    Channel,
    ChannelDay,
    ChannelOpenedOtherwise,
    Closed,
    CostRecorded,
    Opened,
    Renamed,
    TrafficRecorded,
    channel_day_id,
    channel_id,
)
from domain.shared.refusals import AmountTooPrecise, InTheFuture, Malformed, NotThere, UnknownCurrency
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored

DAY = date(2026, 3, 1)


def opened(**values: Any) -> Channel:
    channel = Channel(channel_id("web"))
    defaults: dict[str, Any] = {"code": "web", "name": "Web shop", "kind": "web"}
    channel.open(live(LAST_WEEK), **defaults | values)
    return channel


def record_traffic(day: ChannelDay, context: Any = None, **counts: Any) -> None:
    defaults: dict[str, Any] = {"code": "web", "date": DAY, "source": "matomo"}
    day.record_traffic(context or live(), TrafficRecorded(**defaults | counts))


def record_cost(day: ChannelDay, amount: str, context: Any = None, **values: Any) -> None:
    defaults: dict[str, Any] = {"code": "web", "date": DAY, "source": "matomo", "currency": "EUR"}
    day.record_cost(context or live(), CostRecorded(amount=Decimal(amount), **defaults | values))


@pytest.fixture
def day() -> ChannelDay:
    return ChannelDay(channel_day_id("web", DAY, "matomo"))


def test_a_channel_is_identified_by_its_code() -> None:
    assert channel_id("web") == channel_id("web") != channel_id("Web")
    assert channel_id("caf\u00e9") == channel_id("cafe\u0301")


def test_a_channel_is_opened_once_and_then_renamed() -> None:
    channel = opened()
    channel.open(live(), code="web", name="Web shop", kind="web")
    channel.open(live(), code="web", name="  Shop ", kind="web")
    assert facts(channel) == [Opened(code="web", name="Web shop", kind="web"), Renamed(name="Shop")]
    assert state(stored(channel)) == state(channel)


def test_the_kind_of_an_open_channel_cannot_change() -> None:
    with pytest.raises(ChannelOpenedOtherwise):
        opened().open(live(), code="web", name="Web shop", kind="store")


@pytest.mark.parametrize("wrong", [{"code": "a b"}, {"name": " "}, {"kind": "shop"}])
def test_an_invalid_channel_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        opened(**wrong)


def test_a_closed_channel_can_be_opened_again_even_with_another_kind() -> None:
    channel = opened()
    channel.close(live(YESTERDAY))
    channel.open(live(), code="web", name="Corner shop", kind="store")
    assert (channel.closed_at, channel.kind, channel.title) == (None, "store", "Corner shop")


def test_closing_again_at_another_time_is_recorded_and_flagged() -> None:
    channel = opened()
    for at in (YESTERDAY, YESTERDAY, None, LAST_WEEK):
        channel.close(live(at))
    assert facts(channel)[1:] == [Closed(), Closed()]
    assert flags(channel) == ("repeated",)


def test_repeating_the_first_opening_does_not_reopen_a_closed_channel() -> None:
    channel = opened()
    channel.close(live(YESTERDAY))
    channel.open(live(LAST_WEEK), code="web", name="Web shop", kind="web")
    assert channel.closed_at == YESTERDAY


def test_a_channel_that_was_never_opened_cannot_be_closed() -> None:
    with pytest.raises(NotThere):
        Channel(channel_id("web")).close(live())


def test_a_source_can_correct_a_day_and_the_same_counts_record_nothing(day: ChannelDay) -> None:
    for visits in (100, 100, 120, 100):
        record_traffic(day, visits=visits)
    assert [fact.visits for fact in facts(day)] == [100, 120, 100]  # type: ignore[attr-defined]
    assert state(stored(day)) == state(day)


def test_repeating_an_earlier_count_changes_nothing(day: ChannelDay) -> None:
    record_traffic(day, imported(LAST_WEEK), visits=100)
    record_traffic(day, imported(YESTERDAY), visits=120)
    record_traffic(day, imported(LAST_WEEK), visits=100)
    assert day.traffic == TrafficRecorded(code="web", date=DAY, source="matomo", visits=120)


def test_a_missing_count_is_unknown_and_not_zero(day: ChannelDay) -> None:
    record_traffic(day, visits=10, visitors=8)
    record_traffic(day, visits=10)
    assert day.traffic is not None
    assert day.traffic.visitors is None


def test_the_channel_is_the_subject_of_all_its_days(day: ChannelDay) -> None:
    record_traffic(day, visits=1)
    record_cost(day, "2.5")
    assert {metadata.subject for _, metadata in day.pending} == {channel_id("web")}
    assert day.cost is not None
    assert day.cost.amount == Decimal("2.50")


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"visits": -1},
        {"visits": 10**15},
        {"visits": 1, "code": "a b"},
        {"visits": 1, "source": ""},
        {"visits": 1, "date": date(1899, 12, 31)},
    ],
)
def test_invalid_counts_are_refused(day: ChannelDay, counts: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        record_traffic(day, **counts)
    assert not day.exists


def test_a_day_that_has_not_begun_in_any_zone_is_in_the_future(day: ChannelDay) -> None:
    tomorrow = NOW.date() + timedelta(days=1)
    with pytest.raises(InTheFuture):
        record_traffic(day, date=tomorrow, visits=1)
    begun_in_kiritimati = replace(live(), now=NOW.replace(hour=10))
    record_traffic(day, begun_in_kiritimati, date=tomorrow, visits=1)


@pytest.mark.parametrize(
    ("amount", "currency", "refusal"),
    [
        ("-1", "EUR", Malformed),
        ("1.005", "EUR", AmountTooPrecise),
        ("0.5", "JPY", AmountTooPrecise),
        ("1", "EURO", UnknownCurrency),
    ],
)
def test_an_invalid_cost_is_refused(day: ChannelDay, amount: str, currency: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        record_cost(day, amount, currency=currency)


def test_a_cost_can_be_zero_and_a_cost_in_another_currency_replaces_it(day: ChannelDay) -> None:
    for amount, currency in (("0", "EUR"), ("0.00", "EUR"), ("3", "USD")):
        record_cost(day, amount, currency=currency)
    assert [(str(fact.amount), fact.currency) for fact in facts(day)] == [("0.00", "EUR"), ("3.00", "USD")]  # type: ignore[attr-defined]


def test_more_visitors_than_visits_and_more_clicks_than_impressions_are_flagged(day: ChannelDay) -> None:
    record_traffic(day, visits=1, visitors=2, impressions=3, clicks=4)
    assert flags(day) == (VISITORS_ABOVE_VISITS, CLICKS_ABOVE_IMPRESSIONS)
