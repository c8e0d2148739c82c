"""Relations seen from both ends and after merges; and the sums of the orders of a firm and its people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import Kind
from domain.customers.customer.relation_events import RelationAdded
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.refunds import PaymentRefunded
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item
from projections.customers import related_totals
from projections.customers import relations as customer_relations
from projections.customers.customers import customer_view
from projections.customers.relations import Filter
from projections.sales.orders import orders
from projections.shared.rows import Row
from tests.projections.harness import History, fold, in_memory, uuid

TODAY = date(2024, 6, 1)
READ = (customer_view, customer_relations.customer_relations, orders)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


@pytest.fixture
def history() -> History:
    history = History()
    register(history, "Acme", kind="organisation")
    register(history, "Ada")
    register(history, "Bob")
    return history


def register(history: History, name: str, kind: Kind = "person") -> None:
    customer = history.of(Customer, name)
    history.must(customer, lambda context: customer.register(context, kind=kind, name=name))


def relate(history: History, who: str, other: str, **more: Any) -> None:
    customer = history.of(Customer, who)
    facts: dict[str, Any] = {"relation_id": uuid((who, len(history.log))), "other": uuid(other), "role": "employee"} | more
    history.must(customer, lambda context: customer.add_relation(context, RelationAdded(**facts)))


def end(history: History, who: str, until: date) -> None:
    customer = history.of(Customer, who)
    [relation_id] = customer.relations
    history.must(customer, lambda context: customer.end_relation(context, relation_id, until))


def merge(history: History, who: str, into: str) -> None:
    customer = history.of(Customer, who)
    history.must(customer, lambda context: customer.merge_into(context, uuid(into)))


def unmerge(history: History, who: str) -> None:
    history.must(history.of(Customer, who), history.of(Customer, who).unmerge)


def erase(history: History, who: str) -> None:
    customer = history.of(Customer, who)
    history.must(customer, lambda c: customer.erase(c, reason="requested", requested_by="customer", receipt="R-1"))


def buy(history: History, name: str, who: str, price: int, refund: int = 0, currency: str = "EUR", **more: Any) -> None:
    order = history.of(Order, name)
    line = Item(line_id="a", name="Tea", quantity=Decimal(1), unit_price=Decimal(price))
    terms = Terms.of(currency, [line])
    history.must(order, lambda c: order.place(c, terms, number=name, channel="web", customer_id=uuid(who), **more))
    if refund:
        paid = PaymentCaptured(payment_id="p", amount=Decimal(price))
        history.must(order, lambda context: order.capture_payment(context, paid))
        back = PaymentRefunded(refund_id="r", amount=Decimal(refund))
        history.must(order, lambda context: order.refund_payment(context, back))


def seen(connection: Connection, history: History, of: str, **asked: Any) -> list[Row]:
    fold(connection, history, *READ)
    wanted: dict[str, Any] = {"customer_id": uuid(of), "today": TODAY} | asked
    return customer_relations.listing(connection, Filter(**wanted)).rows


def names(rows: list[Row]) -> list[str]:
    return [row["related"]["name"] for row in rows]


def totals(connection: Connection, history: History, of: str = "Acme", role: Any = "employee") -> Row:
    fold(connection, history, *READ)
    found = related_totals.totals(connection, uuid(of), role, TODAY)
    assert found is not None
    return found


def net(found: Row, part: str = "together") -> dict[str, tuple[int, str]]:
    return {group["currency"]: (group[part]["orders"], str(group[part]["net"])) for group in found["groups"]}


def test_a_relation_is_seen_from_both_ends(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Acme", title="Buyer", since=date(2024, 5, 1), primary=True)
    [of_ada], [of_acme] = seen(connection, history, "Ada"), seen(connection, history, "Acme")
    assert (of_ada["who"], of_ada["role"], of_ada["whom"]) == (uuid("Ada"), "employee", uuid("Acme"))
    assert of_ada["related"] == {"id": uuid("Acme"), "kind": "organisation", "name": "Acme"}
    assert of_acme["related"] == {"id": uuid("Ada"), "kind": "person", "name": "Ada"}
    assert (of_acme["customer_id"], of_acme["title"], of_acme["primary"]) == (uuid("Ada"), "Buyer", True)
    assert seen(connection, history, "Acme", role="partner") == seen(connection, history, "Bob") == []


def test_a_relation_holds_from_its_first_day_and_before_its_end(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Acme", since=TODAY)
    assert names(seen(connection, history, "Acme")) == ["Ada"]
    assert seen(connection, history, "Acme", today=date(2024, 5, 31)) == []
    end(history, "Ada", date(2024, 7, 1))
    assert names(seen(connection, history, "Acme", today=date(2024, 6, 30))) == ["Ada"]
    assert seen(connection, history, "Acme", today=date(2024, 7, 1)) == []
    [ended] = seen(connection, history, "Acme", today=date(2024, 7, 1), ended=True)
    assert (ended["since"], ended["until"]) == (TODAY, date(2024, 7, 1))


def test_only_one_relation_of_a_role_is_primary(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Acme", primary=True)
    relate(history, "Ada", "Bob", role="partner", primary=True)
    relate(history, "Ada", "Bob", primary=True)
    found = {(row["role"], row["related"]["name"]): row["primary"] for row in seen(connection, history, "Ada")}
    assert found == {("employee", "Acme"): False, ("partner", "Bob"): True, ("employee", "Bob"): True}


def test_relations_follow_a_merge_until_it_is_undone(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Acme")
    merge(history, "Ada", "Bob")
    [of_bob], [of_acme] = seen(connection, history, "Bob"), seen(connection, history, "Acme")
    assert (of_bob["who"], of_bob["customer_id"], of_bob["related"]["name"]) == (uuid("Bob"), uuid("Ada"), "Acme")
    assert of_acme["related"]["name"] == "Bob"
    end(history, "Ada", TODAY)
    assert seen(connection, history, "Bob") == []
    unmerge(history, "Ada")
    assert seen(connection, history, "Bob", ended=True) == []
    assert names(seen(connection, history, "Acme", ended=True)) == ["Ada"]


def test_customers_merged_with_each_other_are_not_related(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Bob", role="partner")
    merge(history, "Bob", "Ada")
    assert seen(connection, history, "Ada") == seen(connection, history, "Bob") == []


@pytest.mark.parametrize("erased", ["Ada", "Acme"])
def test_relations_with_an_erased_customer_are_left_out(connection: Connection, history: History, erased: str) -> None:
    relate(history, "Ada", "Acme", title="Buyer")
    buy(history, "1", "Ada", 10)
    erase(history, erased)
    assert seen(connection, history, "Ada", ended=True) == seen(connection, history, "Acme", ended=True) == []
    assert totals(connection, history)["people"] == 0


def test_orders_are_summed_for_the_firm_for_its_people_and_for_both(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Acme")
    relate(history, "Bob", "Acme", role="partner")
    buy(history, "1", "Acme", 100, refund=10)
    buy(history, "2", "Ada", 20)
    buy(history, "3", "Ada", 500, currency="JPY")
    buy(history, "4", "Bob", 7)
    buy(history, "5", "Ada", 1000, test=True)
    found = totals(connection, history)
    eur, jpy = found["groups"]
    assert (found["people"], eur["currency"], jpy["currency"]) == (1, "EUR", "JPY")
    assert eur["own"] == {"orders": 1, "gross": Decimal("100.00"), "refunded": Decimal("10.00"), "net": Decimal("100.00")}
    assert eur["related"] == {"orders": 1, "gross": Decimal("20.00"), "refunded": Decimal("0.00"), "net": Decimal("20.00")}
    assert eur["together"] == {"orders": 2, "gross": Decimal("120.00"), "refunded": Decimal("10.00"), "net": Decimal("120.00")}
    assert (net(found, "own")["JPY"], net(found)["JPY"]) == ((0, "0"), (1, "500"))
    assert net(totals(connection, history, role="partner"), "related") == {"EUR": (1, "7.00")}


def test_a_person_who_is_related_twice_or_merged_counts_once(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Acme", title="Buyer")
    relate(history, "Ada", "Acme", title="Director")
    relate(history, "Bob", "Acme")
    buy(history, "1", "Ada", 10)
    buy(history, "2", "Bob", 5)
    before = totals(connection, history)
    assert (before["people"], net(before)) == (2, {"EUR": (2, "15.00")})
    merge(history, "Bob", "Ada")
    after = totals(connection, history)
    assert (after["people"], net(after)) == (1, {"EUR": (2, "15.00")})
    merge(history, "Ada", "Acme")
    alone = totals(connection, history)
    assert (alone["people"], net(alone, "own"), net(alone, "related")) == (0, {"EUR": (2, "15.00")}, {"EUR": (0, "0.00")})
    unmerge(history, "Ada")
    unmerge(history, "Bob")
    assert totals(connection, history) == before


def test_a_customer_merged_into_a_related_person_counts_with_them(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Acme")
    buy(history, "1", "Bob", 5)
    merge(history, "Bob", "Ada")
    assert net(totals(connection, history), "related") == {"EUR": (1, "5.00")}


def test_a_person_whose_relation_has_ended_does_not_count(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Acme")
    buy(history, "1", "Ada", 5)
    end(history, "Ada", TODAY)
    assert totals(connection, history)["groups"] == []


def test_partners_count_for_each_other_but_employees_only_for_their_firm(connection: Connection, history: History) -> None:
    relate(history, "Ada", "Bob", role="partner")
    relate(history, "Ada", "Acme")
    for number, name in enumerate(("Ada", "Bob", "Acme")):
        buy(history, f"{number}", name, 1 + number)
    for name in ("Ada", "Bob"):
        assert net(totals(connection, history, name, "partner")) == {"EUR": (2, "3.00")}
    assert totals(connection, history, "Ada")["people"] == 0
    assert related_totals.totals(connection, uuid("nobody"), "employee", TODAY) is None
