"""Attribution: paths of persons until their orders, and exact credits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.touchpoint import Touchpoint
from domain.sales.lead.events import Contact, Converted
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item
from projections.customers.customers import customer_view
from projections.marketing import attribution
from projections.marketing.attribution import Question, report
from projections.marketing.campaigns import campaigns
from projections.marketing.touchpoints import touchpoints
from projections.sales.channel_sales import channel_sales
from projections.sales.leads import leads
from projections.sales.orders import orders
from projections.shared.figures import Measured
from projections.shared.reports import TooManyGroups
from projections.shared.statistics.attribution import MODELS
from tests.projections.harness import History, clear, fold, in_memory

READ = (touchpoints, orders, channel_sales, campaigns, leads, customer_view)
MARCH = datetime(2024, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
LATER = datetime(2025, 1, 1, tzinfo=UTC)
ALL: dict[str, Any] = {"from_": date(1900, 1, 1), "to": date(9999, 1, 1)}


class Shop:
    """What happened, in days after the first of March."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.history = connection, History()
        self.history.now, self._folded = NOW, 0
        self._numbers = iter(range(10_000))

    def customer(self, name: str) -> Customer:
        customer = self.history.of(Customer, name)
        if not customer.exists:
            self.history.must(customer, lambda context: customer.register(context, kind="person", name=name))
        return customer

    def touched(self, who: str, day: float, channel: str, *, own: bool = False, **more: Any) -> None:
        touch = self.history.of(Touchpoint, f"touch {next(self._numbers)}")
        facts: dict[str, Any] = {"customer_id": self.customer(who).id, "channel": channel, "kind": "click"} | more
        self.history.must(touch, lambda context: touch.touch(context, **facts), **_when(day, own))

    def bought(self, who: str | None, day: float, price: str = "10", *, own: bool = False, **more: Any) -> None:
        number = str(next(self._numbers))
        order = self.history.of(Order, f"order {number}")
        currency = more.pop("currency", "EUR")
        lines = [Item(line_id="1", name="Tea", quantity=Decimal(1), unit_price=Decimal(price))]
        facts = {"number": number, "channel": "web", "customer_id": self.customer(who).id if who else None} | more
        self.history.must(order, lambda context: order.place(context, Terms.of(currency, lines), **facts), **_when(day, own))

    def lead(self, name: str) -> Lead:
        lead = self.history.of(Lead, name)
        self.history.must(lead, lambda context: lead.capture(context, number=name, channel="web", contact=Contact(name=name)))
        return lead

    def report(self, now: datetime = LATER, **asked: Any) -> tuple[Measured, list[Measured]]:
        self.refold()
        return report(self.connection, Question(**ALL | asked), now)

    def refold(self) -> None:
        if len(self.history.log) != self._folded:
            for projection in READ:
                clear(self.connection, projection)
            fold(self.connection, self.history, *READ)
        self._folded = len(self.history.log)

    def credits(self, now: datetime = LATER, **asked: Any) -> Any:
        return {
            one.group.get("channel", one.group.get("campaign")): one.measures["credit"].value
            for one in self.report(now, **asked)[1]
        }

    def totals(self, now: datetime = LATER, **asked: Any) -> list[int]:
        total = self.report(now, **asked)[0].measures
        return [int(total[name].value or 0) for name in attribution.TOTALS[:4]]


def _when(day: float, own: bool) -> dict[str, Any]:
    at = MARCH + timedelta(days=day)
    return (
        {"occurred_at": at.replace(hour=0), "occurred_precision": "day", "occurred_zone": "UTC"} if own else {"occurred_at": at}
    )


@pytest.fixture
def shop() -> Iterator[Shop]:
    with in_memory(*READ) as connection:
        yield Shop(connection)


def test_each_model_credits_the_touchpoints_before_an_order(shop: Shop) -> None:
    for day, channel in ((0, "search"), (7, "social"), (11, "social"), (14, "email")):
        shop.touched("Ada", day, channel)
    shop.bought("Ada", 14.01)
    assert shop.credits(model="first") == {"search": 1, "social": 0, "email": 0}
    assert shop.credits(model="last") == {"email": 1, "search": 0, "social": 0}
    assert shop.credits(model="linear") == {"social": Decimal("0.5"), "email": Decimal("0.25"), "search": Decimal("0.25")}
    assert shop.credits(model="position") == {"email": Decimal("0.4"), "search": Decimal("0.4"), "social": Decimal("0.2")}
    third = Decimal("0.333333333")
    assert shop.credits(model="shapley") == {"email": third + Decimal("1e-9"), "search": third, "social": third}
    assert shop.credits(model="markov") == {"email": third + Decimal("1e-9"), "search": third, "social": third}
    decayed = shop.credits(model="time-decay")
    assert float(decayed["search"] or 0) == pytest.approx(0.100280901, abs=2e-9)
    assert sum(value or 0 for value in decayed.values()) == 1


def test_an_order_ends_a_path_and_the_next_one_has_only_later_touchpoints(shop: Shop) -> None:
    shop.touched("Ada", 0, "search")
    shop.bought("Ada", 1)
    shop.touched("Ada", 2, "email")
    shop.bought("Ada", 3)
    shop.bought("Ada", 4)
    assert shop.credits() == {"email": 1, "search": 1}
    assert shop.totals() == [3, 2, 1, 0]


def test_a_touchpoint_counts_until_the_window_after_it_ends(shop: Shop) -> None:
    shop.touched("Ada", 0, "search")
    shop.touched("Ada", 1, "email")
    shop.bought("Ada", 30.5)
    assert shop.credits(window_days=30) == {"email": 1, "search": 0}
    assert shop.credits(window_days=31) == {"email": Decimal("0.5"), "search": Decimal("0.5")}
    assert shop.totals(window_days=30) == [1, 1, 0, 1]


def test_a_touchpoint_at_the_moment_of_the_order_counts_and_a_later_one_does_not(shop: Shop) -> None:
    shop.touched("Ada", 1, "email")
    shop.bought("Ada", 1)
    shop.touched("Ada", 1.0001, "search")
    assert shop.credits() == {"email": 1, "search": 0}


def test_a_time_known_only_by_its_day_is_within_the_window_if_any_moment_of_it_is(shop: Shop) -> None:
    shop.touched("Ada", 0, "email", own=True)
    shop.bought("Ada", 30)
    shop.touched("Bob", 30, "search")
    shop.bought("Bob", 30, own=True)
    assert shop.totals(window_days=30) == [2, 2, 0, 0]
    assert shop.totals(window_days=29) == [2, 1, 1, 1]


def test_a_path_without_an_order_counts_once_its_window_has_closed(shop: Shop) -> None:
    shop.touched("Ada", 0, "search")
    shop.touched("Ada", 20, "email")
    shop.touched("Bob", 0, "email")
    shop.bought("Bob", 1)
    assert shop.totals(MARCH + timedelta(days=49)) == [1, 1, 0, 0]
    assert shop.totals(MARCH + timedelta(days=51)) == [1, 1, 0, 1]
    # After a pause longer than the window, another path begins.
    assert shop.totals(window_days=10) == [1, 1, 0, 2]


def test_removing_a_channel_loses_the_conversions_of_the_paths_through_it(shop: Shop) -> None:
    for number, (channels, buys) in enumerate(((("a", "b"), True), (("b",), True), (("a",), False), (("c",), False))):
        for day, channel in enumerate(channels):
            shop.touched(f"person {number}", day, channel)
        if buys:
            shop.bought(f"person {number}", 3)
    total, groups = shop.report(model="markov")
    effects = {one.group["channel"]: one.measures["removal_effect"].value for one in groups}
    # P(conversion) = ½; without a only start → b converts: ¼; without b none.
    assert effects == {"a": Decimal("0.5"), "b": 1, "c": 0}
    assert total.measures["conversion_probability"].value == Decimal("0.5")
    assert shop.credits(model="markov") == {"b": Decimal("1.333333333"), "a": Decimal("0.666666667"), "c": 0}


def test_merged_customers_and_the_leads_that_became_them_are_one_person(shop: Shop) -> None:
    lead = shop.lead("L-1")
    shop.touched("nobody", 0, "search", customer_id=None, lead_id=lead.id)
    shop.touched("Bob", 1, "email")
    shop.bought("Ada", 2)
    assert shop.totals() == [1, 0, 1, 2]
    bob, ada = shop.customer("Bob"), shop.customer("Ada")
    shop.history.must(lead, lambda context: lead.convert(context, Converted(customer_id=bob.id)))
    assert shop.totals() == [1, 0, 1, 1]
    shop.history.must(bob, lambda context: bob.merge_into(context, ada.id))
    assert shop.totals() == [1, 1, 0, 0]
    assert shop.credits() == {"email": Decimal("0.5"), "search": Decimal("0.5")}
    shop.history.must(bob, lambda context: bob.unmerge(context))
    assert shop.totals() == [1, 0, 1, 1]


def test_an_erased_person_still_counts(shop: Shop) -> None:
    shop.touched("Ada", 0, "email")
    shop.bought("Ada", 1)
    ada = shop.customer("Ada")
    shop.history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    assert (shop.totals(), shop.credits()) == ([1, 1, 0, 0], {"email": 1})


def test_test_orders_guests_and_visitors_who_are_not_known_are_left_out(shop: Shop) -> None:
    shop.touched("Ada", 0, "email")
    shop.touched("nobody", 0, "search", customer_id=None, anonymous_id="visitor")
    shop.bought("Ada", 1, test=True)
    shop.bought(None, 2)
    assert (shop.totals(), shop.credits()) == ([0, 0, 0, 1], {"email": 0})


def test_credits_add_up_to_the_revenue_of_one_currency_to_the_cent(shop: Shop) -> None:
    for day, channel in ((0, "a"), (1, "b"), (2, "c")):
        shop.touched("Ada", day, channel)
    shop.bought("Ada", 3, "100.00")
    shop.touched("Ada", 4, "a")
    shop.bought("Ada", 5, "7.01", currency="USD")
    euros: dict[str, Any] = {"value": "revenue", "currency": "EUR"}
    assert shop.credits(**euros) == {"a": Decimal("33.34"), "b": Decimal("33.33"), "c": Decimal("33.33")}
    assert shop.credits(**euros | {"currency": "USD"}) == {"a": Decimal("7.01")}
    assert shop.credits(currency="USD") == {"a": 1}
    for model in MODELS:
        total, groups = shop.report(model=model, **euros)
        assert sum(one.measures["credit"].value or 0 for one in groups) == total.measures["credit"].value == 100
        assert groups[0].measures["credit"].unit == "EUR"


def test_the_day_of_the_order_decides_in_its_zone(shop: Shop) -> None:
    shop.touched("Ada", 0, "email")
    shop.bought("Ada", 0.49)  # 23:45 in UTC on the first of March
    first: dict[str, Any] = {"from_": date(2024, 3, 1), "to": date(2024, 3, 2)}
    assert shop.totals(**first) == [1, 1, 0, 0]
    assert shop.totals(**first, zone=ZoneInfo("Asia/Shanghai")) == [0, 0, 0, 0]
    assert shop.totals(from_=date(2024, 3, 1), to=date(2024, 3, 1)) == [0, 0, 0, 0]


def test_a_day_on_which_clocks_change_has_the_orders_of_its_23_hours(shop: Shop) -> None:
    berlin, hour = ZoneInfo("Europe/Berlin"), 1 / 24
    begins = (datetime(2024, 3, 30, 23, tzinfo=UTC) - MARCH) / timedelta(days=1)
    for number, day in enumerate((begins - hour / 2, begins + hour / 2, begins + 22.5 * hour, begins + 23.5 * hour)):
        shop.touched(f"person {number}", day - 1, "email")
        shop.bought(f"person {number}", day)
    assert shop.totals(from_=date(2024, 3, 31), to=date(2024, 4, 1), zone=berlin) == [2, 2, 0, 0]


def test_an_order_that_is_cancelled_after_the_period_keeps_its_credit(shop: Shop) -> None:
    shop.touched("Ada", 0, "email")
    shop.bought("Ada", 1, "80.00")
    march: dict[str, Any] = {"from_": date(2024, 3, 1), "to": date(2024, 4, 1), "value": "revenue", "currency": "EUR"}
    assert shop.credits(**march) == {"email": 80}
    order = shop.history.by_id(Order, next(one.stream for one in shop.history.log if one.type.startswith("crm.order.")))
    shop.history.must(
        order, lambda context: order.cancel(context, reason="other"), occurred_at=datetime(2024, 4, 5, tzinfo=UTC)
    )
    assert shop.credits(**march) == {"email": 80}


def test_paths_that_are_all_alike_share_equally_in_every_model(shop: Shop) -> None:
    for who in ("Ada", "Bob"):
        shop.touched(who, 0, "email")
        shop.touched(who, 0, "search")
        shop.bought(who, 0)
    for model in ("linear", "position", "time-decay", "shapley", "markov"):
        assert shop.credits(model=model) == {"email": 1, "search": 1}, model


def test_a_fact_that_is_recorded_late_changes_the_path_it_belongs_to(shop: Shop) -> None:
    shop.touched("Ada", 5, "email")
    shop.bought("Ada", 6)
    assert shop.credits(model="first") == {"email": 1}
    shop.touched("Ada", 1, "search")
    assert shop.credits(model="first") == {"search": 1, "email": 0}


def test_only_the_touchpoints_asked_for_make_paths(shop: Shop) -> None:
    shop.touched("Ada", 0, "display", kind="impression")
    shop.touched("Ada", 1, "email")
    shop.bought("Ada", 2)
    assert shop.credits(channel=("display",)) == {"display": 1}
    assert shop.credits(kind=("click",)) == {"email": 1}
    assert shop.totals(channel=("tv",)) == [1, 0, 1, 0]


def test_touchpoints_are_credited_by_campaign_and_those_of_none_together(shop: Shop) -> None:
    spring = shop.history.of(Campaign, "spring")
    shop.history.must(spring, lambda context: spring.draw_up(context, name="Spring"))
    shop.touched("Ada", 0, "email", campaign_id=spring.id)
    shop.touched("Ada", 1, "search")
    shop.bought("Ada", 2)
    assert shop.credits(by="campaign", model="last") == {None: 1, "Spring": 0}
    groups = shop.report(by="campaign")[1]
    assert {one.group["campaign_id"] for one in groups} == {str(spring.id), None}


def test_without_conversions_nobody_is_credited_and_the_reasons_are_stated(shop: Shop) -> None:
    for model in MODELS:
        assert shop.credits(model=model) == {}
    assert shop.report()[0].measures["conversion_probability"].reason == "no path ended"
    shop.touched("Ada", 0, "email")
    for model in MODELS:
        _, [group] = shop.report(model=model)
        assert group.measures["credit"].value == 0
        assert group.measures["share"].value is None
        assert group.measures["share"].reason == "there is nothing to divide"
    assert shop.report(model="markov")[1][0].measures["removal_effect"].reason == "no path ended with a conversion"


def test_a_chain_that_is_too_large_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution, "LARGEST_CHAIN", 1)
    shop.touched("Ada", 0, "email")
    shop.touched("Ada", 1, "search")
    assert len(shop.credits(model="linear")) == 2
    with pytest.raises(TooManyGroups, match="limit is 1"):
        shop.report(model="markov")
