"""A merged customer: what ends or qualifies their own facts is recorded, and a new fact is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ConsentGiven, ContactMethod
from domain.customers.customer.refusals import CustomerMerged
from domain.shared.events import Context, type_name
from domain.shared.ids import derived_id
from tests.domain.given import LAST_WEEK, facts, live, stored

ADA, BOB, EMAIL, PHONE = (derived_id("customer", name) for name in ("ada", "bob", "email", "phone"))
METHODS = (
    ContactMethod(method_id=EMAIL, kind="email", value="bob@example.org"),
    ContactMethod(method_id=PHONE, kind="phone", value="+4930123456"),
)
NEWS = ConsentGiven(purpose="news", channel="email")

Act = Callable[[Customer, Context], Any]

ACCEPTED: dict[str, Act] = {
    "consent_withdrawn": lambda customer, context: customer.withdraw_consent(context, "news", "email"),
    "contact_method_verified": lambda customer, context: customer.verify_contact_method(context, EMAIL),
    "contact_method_undeliverable": lambda customer, context: customer.mark_undeliverable(context, EMAIL, "hard"),
    "contact_method_restored": lambda customer, context: customer.restore_contact_method(context, PHONE),
    "contact_method_removed": lambda customer, context: customer.remove_contact_method(context, EMAIL),
    "untagged": lambda customer, context: customer.untag(context, ["vip"]),
    "external_id_unlinked": lambda customer, context: customer.unlink_external_id(context, "shop", "17"),
    "archived": lambda customer, context: customer.archive(context),
    "attributes_set": lambda customer, context: customer.set_attributes(context, {"size": None, "note": None, "new": None}),
    "plain_texts_set": lambda customer, context: customer.set_attributes(context, {"plan": None}),
}
REFUSED: dict[str, Act] = {
    "consent_given": lambda customer, context: customer.give_consent(context, ConsentGiven(purpose="ads", channel="email")),
    "contact_method_added": lambda customer, context: customer.add_contact_method(
        context, ContactMethod(method_id=ADA, kind="email", value="b@example.org")
    ),
    "details_changed": lambda customer, context: customer.change_details(context, name="Robert"),
    "tagged": lambda customer, context: customer.tag(context, ["new"]),
    "assigned": lambda customer, context: customer.assign(context, "kim", None),
    "attributes_set": lambda customer, context: customer.set_attributes(context, {"size": 2, "note": None}),
    "plain_texts_set": lambda customer, context: customer.set_attributes(context, {"plan": "silver"}, ["plan"]),
    "external_id_linked": lambda customer, context: customer.link_external_id(context, "shop", "18"),
    "anonymous_id_linked": lambda customer, context: customer.link_anonymous_id(context, "x"),
}


def merged() -> Customer:
    bob = Customer(BOB)
    bob.register(live(LAST_WEEK), kind="person", name="Bob", contact_methods=METHODS)
    bob.give_consent(live(LAST_WEEK), NEWS)
    bob.tag(live(LAST_WEEK), ["vip"])
    bob.set_attributes(live(LAST_WEEK), {"size": 1, "note": "tall", "plan": "gold"}, ["plan"])
    bob.link_external_id(live(LAST_WEEK), "shop", "17")
    [_, phone] = bob.methods
    bob.mark_undeliverable(live(LAST_WEEK), phone, "soft")
    bob.merge_into(live(LAST_WEEK), ADA)
    return bob


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_ends_or_qualifies_a_fact_is_recorded_for_the_merged_customer(name: str) -> None:
    bob = merged()
    ACCEPTED[name](bob, live())
    assert type_name(type(facts(bob)[-1])).startswith(f"crm.customer.{name}.v")
    assert stored(bob).survivor == ADA


@pytest.mark.parametrize("name", REFUSED)
def test_a_new_fact_is_refused_and_names_the_survivor(name: str) -> None:
    bob = merged()
    before = len(bob.pending)
    with pytest.raises(CustomerMerged) as refusal:
        REFUSED[name](bob, live())
    assert refusal.value.facts == {"id": str(BOB), "survivor": str(ADA)}
    assert len(bob.pending) == before
    bob.unmerge(live())
    REFUSED[name](bob, live())
    assert type_name(type(facts(bob)[-1])).startswith(f"crm.customer.{name}.v")
