"""A customer's current profile, money, search and lists; erased customers leave nothing but a tombstone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ConsentGiven, ContactMethod
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.refunds import PaymentRefunded
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item
from domain.shared.contact import Address
from domain.shared.events import time_zone
from infra.wiring import PROJECTIONS
from projections.customers import customer_answer, customer_list
from projections.customers import customers as customer_view
from projections.customers.customer_answer import Asked
from projections.customers.customer_list import Filter, Sort
from projections.customers.customer_money import money, orders_of
from projections.sales import orders
from projections.shared.pages import MalformedCursor
from projections.shared.search import normalised
from tests.projections.harness import History, create, fold, in_memory, uuid

TODAY = date(2024, 6, 1)
READ = tuple(projection for projection in PROJECTIONS if projection.name in customer_answer.READ)
D = Decimal


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


def registered(history: History, name: str, *contacts: str, **facts: Any) -> Customer:
    customer = history.of(Customer, name)
    at = facts.pop("at", None)
    methods = [
        ContactMethod(method_id=uuid((name, value)), kind="email" if "@" in value else "phone", value=value)
        for value in contacts
    ]
    history.must(
        customer,
        lambda context: customer.register(context, **({"kind": "person", "name": name, "contact_methods": methods} | facts)),
        occurred_at=at,
    )
    return customer


def ordered(history: History, name: str, customer: Customer | None, price: int, at: datetime, **facts: Any) -> Order:
    order, agreed = (
        history.of(Order, name),
        Terms.of("EUR", [Item(line_id="a", name="Tea", quantity=D(1), unit_price=D(price))]),
    )
    stated = {"number": name, "channel": "web", "customer_id": customer and customer.id} | facts
    history.must(order, lambda context: order.place(context, agreed, **stated), occurred_at=at)
    return order


def seen(connection: Connection, history: History, name: str) -> dict[str, Any]:
    fold(connection, history, *READ)
    return answered(connection, Asked(uuid(name), TODAY))


def answered(connection: Connection, asked: Asked) -> dict[str, Any]:
    return customer_answer.answers(connection, [asked])[asked]


def test_a_profile_has_all_recorded_facts(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada", "ada@example.org", address=Address(city="London"), attributes={"size": 4, "colour": "red"})
    email = uuid(("Ada", "ada@example.org"))
    history.must(ada, lambda context: ada.tag(context, ("vip",)))
    history.must(ada, lambda context: ada.verify_contact_method(context, email))
    history.must(ada, lambda context: ada.mark_undeliverable(context, email, "soft"))
    history.must(ada, lambda context: ada.give_consent(context, ConsentGiven(purpose="news", channel="email")))
    found = seen(connection, history, "Ada")
    assert (found["name"], found["kind"], found["version"], found["tags"]) == ("Ada", "person", 5, ["vip"])
    assert found["address"] == {"city": "London"}
    assert found["attributes"] == {"size": 4, "colour": "red"}
    [method] = found["contact_methods"]
    assert (method["value"], method["undeliverable"]) == ("ada@example.org", "soft")
    assert method["verified_at"] is not None
    [consent] = found["consents"]
    assert (consent["purpose"], consent["given"]) == ("news", True)


def test_money_is_summed_by_currency_over_orders(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada")
    first = ordered(history, "1", ada, 30, datetime(2024, 2, 1, 12, tzinfo=UTC))
    ordered(history, "2", ada, 12, datetime(2024, 2, 20, 12, tzinfo=UTC))
    ordered(history, "3", ada, 99, datetime(2024, 2, 21, 12, tzinfo=UTC), test=True)
    history.must(first, lambda context: first.capture_payment(context, PaymentCaptured(payment_id="p", amount=D(30))))
    history.must(first, lambda context: first.refund_payment(context, PaymentRefunded(refund_id="r", amount=D(5))))
    assert seen(connection, history, "Ada")["money"] == {
        "EUR": {
            "orders": 2,
            "gross": D(42),
            "refunded": D(5),
            "net": D(42),
            "first_order_on": date(2024, 2, 1),
            "last_order_on": date(2024, 2, 20),
            "days_since_last_order": 102,
        }
    }


offsets = st.integers(-12, 14).map(lambda hours: f"{hours:+03d}:00")


@settings(max_examples=50, deadline=None)
@given(minutes=st.integers(0, 3 * 24 * 60), recorded=offsets, read=offsets, by_day=st.booleans())
def test_no_order_of_now_or_before_is_a_negative_number_of_days_ago(
    minutes: int, recorded: str, read: str, by_day: bool
) -> None:
    """Whatever day it is where the order was recorded, in UTC, and where the customer is read."""
    history, at = History(), datetime(2024, 5, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    history.now = at
    ada = registered(history, "Ada")
    order, agreed = history.of(Order, "1"), Terms.of("EUR", [Item(line_id="a", name="Tea", quantity=D(1), unit_price=D(3))])
    there = at.astimezone(time_zone(recorded))
    begun = {"occurred_at": there.replace(hour=0, minute=0, second=0, microsecond=0), "occurred_precision": "day"}
    history.must(
        order,
        lambda context: order.place(context, agreed, number="1", channel="web", customer_id=ada.id),
        **{"occurred_at": at, "occurred_zone": recorded} | (begun if by_day else {}),
    )
    zone = time_zone(read)
    today = at.astimezone(zone).date()
    with in_memory(customer_view.customer_view, orders.orders) as connection:
        fold(connection, history, customer_view.customer_view, orders.orders)
        found = money(orders_of(connection, {ada.id: [ada.id]})[ada.id], today, zone)
    last = there.date() if by_day else today
    assert found["EUR"]["last_order_on"] == last
    assert found["EUR"]["days_since_last_order"] == max((today - last).days, 0)


@pytest.mark.parametrize(("ahead", "days"), [(-1, 1), (0, 0), (1, 0)])
def test_an_order_on_a_day_that_has_not_begun_here_is_no_days_ago(
    connection: Connection, history: History, ahead: int, days: int
) -> None:
    history.now = datetime(2024, 6, 3, tzinfo=UTC)
    ada = registered(history, "Ada")
    ordered(history, "1", ada, 30, datetime.combine(TODAY, time(12), UTC) + timedelta(days=ahead))
    assert seen(connection, history, "Ada")["money"]["EUR"]["days_since_last_order"] == days


def test_a_guests_order_counts_for_the_customer_it_is_linked_to(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada")
    order = ordered(history, "1", None, 30, datetime(2024, 2, 1, 12, tzinfo=UTC))
    history.must(order, lambda context: order.set_customer(context, ada.id))
    assert seen(connection, history, "Ada")["money"]["EUR"]["orders"] == 1


def test_an_erased_customer_leaves_only_a_tombstone_with_the_time(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada", "ada@example.org")
    ordered(history, "1", ada, 30, datetime(2024, 2, 1, 12, tzinfo=UTC), shipping_address=Address(city="London"))
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    found = seen(connection, history, "Ada")
    assert found.keys() == {
        "customer_id",
        "position",
        "version",
        "erased_at",
        "merged_into",
        "merged_ids",
        *customer_answer.COMPUTED,
    }
    assert found["erased_at"] == history.now
    assert found["money"]["EUR"]["gross"] == D(30)
    assert customer_list.search(connection, "ada").rows == []
    assert customer_list.listing(connection, Filter()).rows == []
    for table in (customer_view.customer_contacts, customer_view.customer_tags, orders.ORDERS.private):
        assert connection.execute(select(table)).all() == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("小芳", ["王小芳"]),
        ("王", ["王小芳", "王明"]),
        ("ADA LOVE", ["Ada Lovelace"]),
        ("acme", ["ＡＣＭＥ Ｇｍｂｈ"]),
        ("ＬＯＶＥ", ["Ada Lovelace"]),
        ("STRASSE", ["Straße 7"]),
        ("100%", ["O'Neil_100%"]),
        ("_", ["O'Neil_100%"]),
        ("ada@EXAMPLE.org", ["Ada Lovelace"]),
        ("ada@", ["Ada Lovelace"]),
        ("+86 138 0013", ["王小芳"]),
        ("8613800138000", ["王小芳"]),
        ("muller", ["Jürgen Müller"]),
        ("MÜLL", ["Jürgen Müller"]),
        ("Jurgen Mu\u0308ller", ["Jürgen Müller"]),
        ("Ёлки", ["Елкина"]),
        ("か", []),
        ("が", ["ながの"]),
        ("jurgen@", ["Jürgen Müller"]),
        ("JÜRGEN@Example", ["Jürgen Müller"]),
        ("example.org", []),
        ("  ", []),
    ],
)
def test_customers_are_found_by_part_of_a_name_or_the_start_of_a_contact(
    connection: Connection, history: History, asked: str, found: list[str]
) -> None:
    registered(history, "王小芳", "+8613800138000")
    registered(history, "王明")
    registered(history, "Ada Lovelace", "Ada@example.org")
    registered(history, "ＡＣＭＥ Ｇｍｂｈ", kind="organisation")
    registered(history, "Straße 7")
    registered(history, "O'Neil_100%")
    registered(history, "Jürgen Müller", "jürgen@example.org")
    registered(history, "Елкина")
    registered(history, "ながの")
    fold(connection, history, customer_view.customer_view)
    assert sorted(row["name"] for row in customer_list.search(connection, asked).rows) == found


def paged(connection: Connection, sort: Sort, *, descending: bool) -> list[str]:
    """Names in the order of the list, read three at a time."""
    names, cursor = [], None
    while True:
        page = customer_list.listing(connection, Filter(), sort=sort, descending=descending, limit=3, cursor=cursor)
        names += [row["name"] for row in page.rows]
        if (cursor := page.next) is None:
            return names


def test_a_list_continues_after_the_last_page(connection: Connection, history: History) -> None:
    for number in range(7):
        registered(history, f"Person {number}", owner=f"agent-{number % 2}")
    fold(connection, history, customer_view.customer_view)
    for sort in get_args(Sort):
        assert paged(connection, sort, descending=False) == [f"Person {number}" for number in range(7)]
        assert paged(connection, sort, descending=True) == [f"Person {number}" for number in reversed(range(7))]
    assert len(customer_list.listing(connection, Filter(owner="agent-1")).rows) == 3


def test_a_cursor_contains_no_name_and_works_only_for_its_own_list(connection: Connection, history: History) -> None:
    for number in range(3):
        registered(history, f"Person {number}")
    fold(connection, history, customer_view.customer_view)
    cursor = customer_list.listing(connection, Filter(), sort="name", limit=1).next
    assert cursor is not None
    for wrong in (cursor, "nonsense", "é", ""):
        with pytest.raises(MalformedCursor):
            customer_list.listing(connection, Filter(), sort="position", cursor=wrong)


def test_a_list_is_filtered_by_tag_archive_and_day(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada", at=datetime(2024, 2, 1, 23, tzinfo=UTC))
    bob = registered(history, "Bob", at=datetime(2024, 2, 2, 0, tzinfo=UTC))
    history.must(ada, lambda context: ada.tag(context, ("vip",)))
    history.must(bob, bob.archive)
    fold(connection, history, customer_view.customer_view)
    names = {
        "vip": customer_list.listing(connection, Filter(tag="vip")),
        "archived": customer_list.listing(connection, Filter(archived=True)),
        "first": customer_list.listing(connection, Filter(registered_to=date(2024, 2, 2))),
        "second": customer_list.listing(connection, Filter(registered_from=date(2024, 2, 2), registered_to=date(2024, 2, 3))),
    }
    assert {name: [row["name"] for row in page.rows] for name, page in names.items()} == {
        "vip": ["Ada"],
        "archived": ["Bob"],
        "first": ["Ada"],
        "second": ["Bob"],
    }


TEXTS = st.text(alphabet="aAéÉeßŁlがか王明ＡＢ1%_/\\ '", min_size=1, max_size=5)


@pytest.mark.servers
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(TEXTS.filter(str.strip), min_size=1, max_size=6, unique=True), asked=TEXTS)
def test_both_databases_find_the_same_customers(postgres: Connection, names: list[str], asked: str) -> None:
    history = History()
    for name in names:
        registered(history, name)
    expected = sorted(n.strip() for n in names if normalised(asked) and normalised(asked) in normalised(n))
    with in_memory(customer_view.customer_view) as sqlite:
        found = []
        for connection in (sqlite, postgres):
            fold(connection, history, customer_view.customer_view)
            found.append([row["name"] for row in customer_list.search(connection, asked).rows])
        postgres.rollback()
    assert found[0] == found[1]
    assert sorted(found[0]) == expected


@pytest.mark.servers
def test_both_databases_give_the_same_pages(connection: Connection, postgres: Connection, history: History) -> None:
    for name in ("b", "B", "ä", "王", "Z", "a b", "ab", "_", "a-b"):
        registered(history, name)
    for database in (connection, postgres):
        fold(database, history, customer_view.customer_view)
    for sort in get_args(Sort):
        for descending in (False, True):
            assert paged(connection, sort, descending=descending) == paged(postgres, sort, descending=descending)


@pytest.fixture
def postgres(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        create(connection, customer_view.customer_view)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
