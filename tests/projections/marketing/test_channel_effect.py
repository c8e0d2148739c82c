"""The effect of each channel, from its sales, traffic and cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.marketing.channel import Channel, ChannelDay, CostRecorded, TrafficRecorded, channel_day_id, channel_id
from domain.sales.lead.events import Contact, Converted
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item
from projections.marketing.channel_effect import Described, Effect, report
from projections.marketing.channel_effect_figures import CONVERSIONS
from projections.marketing.channel_traffic import channel_traffic
from projections.marketing.channels import channels
from projections.sales.channel_sales import channel_sales
from projections.sales.leads import leads
from projections.sales.orders import orders
from projections.shared.figures import Interval, Measured
from tests.projections.harness import History, clear, fold, in_memory
from tests.projections.measured import value, values

D = Decimal
READ = (channel_sales, channel_traffic, channels, leads, orders)
MARCH = date(2024, 3, 1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


@pytest.fixture
def history() -> History:
    history = History()
    history.now = datetime(2024, 4, 1, tzinfo=UTC)
    return history


def sold(history: History, channel: str, price: str, *, day: int = 1, currency: str = "EUR", **more: Any) -> None:
    """Place an order at noon, UTC."""
    order = history.of(Order, len(history.log))
    terms = Terms.of(currency, [Item(line_id="1", name="Tea", quantity=D(1), unit_price=D(price))])
    history.must(
        order,
        lambda context: order.place(context, terms, number=str(len(history.log)), channel=channel, **more),
        occurred_at=datetime(2024, 3, day, 12, tzinfo=UTC),
    )


def visited(history: History, channel: str, visits: int | None, *, day: int = 1, source: str = "matomo", **more: Any) -> None:
    traffic = TrafficRecorded(code=channel, date=MARCH.replace(day=day), source=source, visits=visits, **more)
    channel_day = history.of(ChannelDay, channel_day_id(channel, traffic.date, source))
    history.must(channel_day, lambda context: channel_day.record_traffic(context, traffic))


def cost(history: History, channel: str, amount: str, *, day: int = 1, currency: str = "EUR") -> None:
    recorded = CostRecorded(code=channel, date=MARCH.replace(day=day), source="ads", amount=D(amount), currency=currency)
    channel_day = history.of(ChannelDay, channel_day_id(channel, recorded.date, "ads"))
    history.must(channel_day, lambda context: channel_day.record_cost(context, recorded))


def customer(history: History, name: str) -> Any:
    ada = history.of(Customer, name)
    history.must(ada, lambda context: ada.register(context, kind="person", name=name))
    return ada.id


def captured(history: History, channel: str | None, *, day: int = 1, became: Any = None) -> None:
    lead = history.of(Lead, len(history.log))
    facts: dict[str, Any] = {"number": str(len(history.log)), "channel": channel, "contact": Contact(name="Ada")}
    history.must(lead, lambda context: lead.capture(context, **facts), occurred_at=datetime(2024, 3, day, 12, tzinfo=UTC))
    if became is not None:
        history.must(lead, lambda context: lead.convert(context, Converted(customer_id=became)))


def reported(connection: Connection, history: History, **asked: Any) -> tuple[list[Effect], list[Measured]]:
    for projection in READ:
        clear(connection, projection)
    fold(connection, history, *READ)
    days: dict[str, Any] = {"from_": MARCH, "to": date(2024, 4, 1), "zone": UTC}
    return report(connection, **days | asked)


def effects(connection: Connection, history: History, **asked: Any) -> dict[tuple[Any, Any], Effect]:
    found = reported(connection, history, **asked)[0]
    return {(effect.group["channel"], effect.group["currency"]): effect for effect in found}


def test_the_seed_effect_is_sales_times_conversion_rate_and_its_mean_is_over_channels(
    connection: Connection, history: History
) -> None:
    for price in ("100", "20"):
        sold(history, "web", price)
    sold(history, "store", "50", day=2)
    visited(history, "web", 30)
    visited(history, "web", 10, day=2)
    visited(history, "store", 4)
    (store, web), [mean] = reported(connection, history)
    assert values(web, "gross", "visits", "conversion_rate") == (D(120), 40, D("0.05"))
    rate, effect = web.measures["conversion_rate"], web.measures["seed_channel_effect"]
    assert (rate.numerator, rate.denominator) == (2, 40)
    assert (effect.value, effect.numerator, effect.denominator, effect.unit) == (D(6), D(240), 40, "EUR")
    assert value(store, "seed_channel_effect") == D("12.5")
    assert (mean.group, *values(mean, "seed_channel_effect", "without_rate")) == ({"currency": "EUR"}, D("9.25"), 0)
    assert mean.measures["seed_channel_effect"].denominator == 2


def test_a_channel_without_visits_has_no_rate_but_a_reason(connection: Connection, history: History) -> None:
    for channel in ("phone", "store", "web"):
        sold(history, channel, "10")
    visited(history, "store", 0)
    visited(history, "web", 5)
    (phone, store, web), [mean] = reported(connection, history)
    for one, visits, reason in ((phone, None, "no visits were recorded"), (store, 0, "there were no visits")):
        assert values(one, "visits", "conversion_rate", "seed_channel_effect") == (visits, None, None)
        for name in ("conversion_rate", "seed_channel_effect"):
            assert one.measures[name].reason == reason
            assert one.measures[name].caution is msgspec.UNSET
    assert phone.measures["visits"].reason == "no visits were recorded"
    assert values(mean, "seed_channel_effect", "without_rate") == (value(web, "seed_channel_effect"), 2) == (D(2), 2)


def test_visits_without_orders_give_a_rate_of_zero_that_counts_in_the_mean(connection: Connection, history: History) -> None:
    sold(history, "web", "10")
    visited(history, "web", 1)
    visited(history, "social", 50)
    (social, web), [mean] = reported(connection, history)
    assert (social.group["currency"], *values(social, "orders", "gross")) == ("EUR", 0, D(0))
    assert values(social, "conversion_rate", "seed_channel_effect") == (D(0), D(0))
    assert (*values(social, "average_order", "share_of_sales"), value(web, "share_of_sales")) == (None, D(0), D(1))
    assert value(mean, "seed_channel_effect") == D(5)


def test_a_report_without_money_has_no_currency(connection: Connection, history: History) -> None:
    visited(history, "web", 3, clicks=1)
    [web], [mean] = reported(connection, history)
    assert (web.group["currency"], *values(web, "clicks", "conversion_rate")) == ("XXX", 1, D(0))
    assert web.measures["share_of_sales"].reason == "nothing was sold"
    assert value(mean, "seed_channel_effect") == D(0)
    assert list(effects(connection, history, currency="USD")) == [("web", "USD")]


def test_currencies_are_never_summed_and_the_rate_covers_all_of_them(connection: Connection, history: History) -> None:
    sold(history, "web", "10")
    sold(history, "web", "3000", currency="JPY")
    visited(history, "web", 4)
    found = effects(connection, history)
    assert {key: values(effect, "orders", "gross") for key, effect in found.items()} == {
        ("web", "EUR"): (1, D(10)),
        ("web", "JPY"): (1, D(3000)),
    }
    assert {value(effect, "conversion_rate") for effect in found.values()} == {D("0.5")}
    assert {value(effect, "seed_channel_effect") for effect in found.values()} == {D(5), D(1500)}
    assert list(effects(connection, history, currency="JPY")) == [("web", "JPY")]


def test_the_last_report_of_a_day_counts_and_sources_add_up(connection: Connection, history: History) -> None:
    visited(history, "web", 100)
    visited(history, "web", 80, visitors=70)
    visited(history, "web", 5, source="app")
    visited(history, "web", None, source="ads", impressions=1000)
    [web] = effects(connection, history).values()
    assert values(web, "visits", "visitors", "impressions", "clicks") == (85, 70, 1000, None)
    assert web.measures["clicks"].reason == "no clicks were recorded"


def test_a_day_of_traffic_keeps_its_date_in_every_zone_unlike_orders(connection: Connection, history: History) -> None:
    sold(history, "web", "10", day=1)
    visited(history, "web", 2, day=1)
    there = ZoneInfo("Pacific/Kiritimati")
    found = reported(connection, history, zone=there, by_period="day")[0]
    assert [(effect.group["day"], *values(effect, "visits", "orders")) for effect in found] == [
        (date(2024, 3, 1), 2, 0),
        (date(2024, 3, 2), None, 1),
    ]
    assert value(found[0], "conversion_rate") == D(0)


def test_periods_have_figures_and_means_of_their_own(connection: Connection, history: History) -> None:
    for day in (3, 4):
        sold(history, "web", "10", day=day)
        visited(history, "web", day, day=day)
    found, means = reported(connection, history, by_period="week")
    assert [(effect.group["week"], value(effect, "seed_channel_effect")) for effect in found] == [
        (date(2024, 2, 26), D("3.33333333333")),
        (date(2024, 3, 4), D("2.5")),
    ]
    assert [(mean.group, value(mean, "without_rate")) for mean in means] == [
        ({"week": monday, "currency": "EUR"}, 0) for monday in (date(2024, 2, 26), date(2024, 3, 4))
    ]


def test_new_customers_placed_their_first_order_of_all_on_the_channel(connection: Connection, history: History) -> None:
    ada, bob = customer(history, "Ada"), customer(history, "Bob")
    sold(history, "store", "10", day=1, customer_id=ada)
    sold(history, "web", "10", day=2, customer_id=ada)
    sold(history, "web", "10", day=3, customer_id=bob)
    sold(history, "web", "10", day=4, customer_id=bob)
    sold(history, "web", "10", day=4)
    sold(history, "web", "10", day=1, customer_id=bob, test=True)
    cost(history, "web", "12.50")
    found = effects(connection, history)
    web, store = found["web", "EUR"], found["store", "EUR"]
    assert values(web, "customers", "new_customers", "cost", "acquisition_cost") == (2, 1, D("12.50"), D("12.50"))
    assert values(store, "customers", "new_customers", "cost", "acquisition_cost") == (1, 1, None, None)
    assert {store.measures[name].reason for name in ("cost", "acquisition_cost")} == {"no cost was recorded"}
    by_month = effects(connection, history, by_period="month")["web", "EUR"]
    same = ("customers", "new_customers", "gross")
    assert values(by_month, *same) == values(web, *same)
    later = effects(connection, history, from_=date(2024, 3, 4))["web", "EUR"]
    assert values(later, "customers", "new_customers", "acquisition_cost") == (1, 0, None)


def test_cost_in_another_currency_is_a_group_of_its_own(connection: Connection, history: History) -> None:
    sold(history, "web", "10", customer_id=customer(history, "Ada"))
    cost(history, "web", "5", currency="USD")
    cost(history, "web", "2", currency="USD", day=2)
    dollars = effects(connection, history)["web", "USD"]
    assert values(dollars, "orders", "gross", "cost", "acquisition_cost") == (0, D(0), D(7), D(7))
    assert value(dollars, "share_of_sales") is None


def test_a_closed_channel_that_still_sells_is_reported_as_closed(connection: Connection, history: History) -> None:
    web = history.of(Channel, channel_id("web"))
    history.must(web, lambda context: web.open(context, code="web", name="Web shop", kind="web"))
    history.must(web, web.close)
    sold(history, "web", "10")
    sold(history, "kiosk", "10")
    found = effects(connection, history)
    assert found["web", "EUR"].channel == Described("Web shop", "web", web.closed_at)
    assert found["kiosk", "EUR"].channel == Described(None, None, None)


def test_shares_cover_all_channels_and_means_cover_the_channels_shown(connection: Connection, history: History) -> None:
    for channel, price in (("web", "30"), ("store", "10")):
        sold(history, channel, price)
        visited(history, channel, 10)
    [web], [mean] = reported(connection, history, channel="web")
    assert (value(web, "share_of_sales"), web.measures["share_of_sales"].denominator) == (D("0.75"), D(40))
    assert value(mean, "seed_channel_effect") == value(web, "seed_channel_effect") == D(3)


def test_a_report_without_facts_is_empty(connection: Connection, history: History) -> None:
    assert reported(connection, history) == ([], [])


def test_leads_of_a_channel_have_a_conversion_rate_and_a_cost(connection: Connection, history: History) -> None:
    """Given 40 visits, 10 orders and 4 leads for 30 euros, one of them converted; and a lead without a channel."""
    visited(history, "web", 40)
    for price in range(1, 11):
        sold(history, "web", str(price))
    for became in (customer(history, "Ada"), None, None, None):
        captured(history, "web", became=became)
    captured(history, None)
    captured(history, "web", day=31)
    cost(history, "web", "30")
    days = {"to": date(2024, 3, 31)}
    [web] = effects(connection, history, **days).values()
    assert values(web, "leads", "converted_leads", "lead_cost") == (4, 1, D("7.5"))
    assert web.measures["lead_cost"].unit == "EUR"
    of_leads = web.measures["lead_conversion_rate"]
    assert (of_leads.value, of_leads.definition) == (D("0.25"), "converted_leads / leads")
    assert (isinstance(of_leads.interval, Interval), of_leads.caution) == (True, msgspec.UNSET), "a share of people"
    interval = web.measures["conversion_rate"].interval
    assert isinstance(interval, Interval)
    assert interval.low is not None
    assert interval.high is not None
    assert (round(interval.low, 6), round(interval.high, 6)) == (D("0.141871"), D("0.401940"))
    asked = {
        conversion: effects(connection, history, conversion=conversion, **days)["web", "EUR"] for conversion in CONVERSIONS
    }
    rates = {conversion: effect.measures["conversion_rate"] for conversion, effect in asked.items()}
    assert {conversion: (rate.numerator, rate.denominator) for conversion, rate in rates.items()} == {
        "orders-per-visit": (10, 40),
        "orders-per-lead": (10, 4),
        "leads-per-visit": (4, 40),
        "converted-leads-per-visit": (1, 40),
        "converted-leads-per-lead": (1, 4),
    }
    assert rates["orders-per-lead"].interval is msgspec.UNSET
    exact = {conversion for conversion, rate in rates.items() if rate.caution is msgspec.UNSET}
    assert exact == {"converted-leads-per-lead", "orders-per-lead"}, "no rate of visits is without a caution"
    assert value(asked["converted-leads-per-lead"], "seed_channel_effect") == D("13.75")


def test_a_channel_with_only_leads_is_reported(connection: Connection, history: History) -> None:
    captured(history, "fair")
    sold(history, "web", "10")
    found = effects(connection, history)
    fair, web = found["fair", "EUR"], found["web", "EUR"]
    assert values(fair, "leads", "orders", "lead_cost") == (1, 0, None)
    assert fair.measures["conversion_rate"].reason == "no visits were recorded"
    assert (value(web, "leads"), web.measures["lead_conversion_rate"].reason) == (0, "there were no leads")
