"""A customer's registration, details and archiving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import (
    ANNOTATIONS,
    AcquisitionSource,
    Archived,
    ContactMethod,
    DetailsChanged,
    PlainTextsSet,
    Registered,
    Restored,
)
from domain.customers.customer.refusals import (
    CustomerAlreadyRegistered,
    KindRequired,
    MoreThanOnePrimary,
    NeitherNameNorContact,
    TooManyContactMethods,
)
from domain.shared.contact import Address, MalformedAddress
from domain.shared.events import Source, type_name
from domain.shared.ids import new_id
from domain.shared.refusals import InTheFuture, Malformed
from domain.shared.utm import Utm
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored

ExternalIdLinked = ANNOTATIONS.external_id_linked

PARIS = Address(lines=("1 rue de la Paix",), city="Paris", country="FR")


def method(kind: Any = "email", value: str = "ada@example.com", **more: Any) -> ContactMethod:
    return ContactMethod(method_id=more.pop("method_id", None) or new_id(), kind=kind, value=value, **more)


def ada(**more: Any) -> Customer:
    customer = Customer(new_id())
    customer.register(live(), **{"kind": "person", "name": "Ada", **more})
    return customer


def test_a_customer_is_registered_with_all_given_details() -> None:
    source = AcquisitionSource(channel="web", utm=Utm(campaign="spring"))
    email = method(primary=True)
    customer = ada(
        contact_methods=[email],
        address=PARIS,
        source=source,
        owner="u-1",
        team="north",
        language="fr-FR",
        time_zone="Europe/Paris",
        attributes={"vip": True, "size": 3, "notes": "likes tea", "empty": None},
    )
    assert facts(customer) == [
        Registered(
            kind="person",
            name="Ada",
            contact_methods=(email,),
            address=PARIS,
            source=source,
            owner="u-1",
            team="north",
            language="fr-FR",
            time_zone="Europe/Paris",
            numbers={"vip": True, "size": 3},
            texts={"notes": "likes tea"},
        )
    ]


def test_a_contact_method_is_enough_to_register() -> None:
    customer = Customer(new_id())
    customer.register(live(), kind="person", contact_methods=[method()])
    assert customer.exists


def test_a_customer_must_have_a_name_or_a_contact_method() -> None:
    with pytest.raises(NeitherNameNorContact):
        Customer(new_id()).register(live(), kind="person")


def test_registering_the_same_values_again_records_nothing() -> None:
    customer = ada(contact_methods=[method()])
    customer.register(live(), kind="person", name=" Ada ", contact_methods=[method()])
    assert customer.version == 1


def test_registering_the_same_values_after_a_change_records_nothing() -> None:
    customer = ada()
    customer.change_details(live(), name="Ada Lovelace")
    customer.register(live(), kind="person", name="Ada")
    assert customer.version == 2


def test_plain_texts_are_recorded_separately_but_belong_to_the_registration() -> None:
    texts = {"size": "large", "notes": "likes tea"}
    customer = ada(attributes=texts, plain={"size"})
    assert facts(customer) == [
        Registered(kind="person", name="Ada", texts={"notes": "likes tea"}),
        PlainTextsSet(texts={"size": "large"}),
    ]
    another = live(command_id=new_id())
    customer.set_attributes(another, {"size": "small"}, plain={"size"})
    for plain in ({"size"}, ()):
        customer.register(another, kind="person", name="Ada", attributes=texts, plain=plain)
    assert customer.version == 3
    with pytest.raises(CustomerAlreadyRegistered):
        customer.register(another, kind="person", name="Ada", attributes=texts | {"size": "small"}, plain={"size"})
    assert state(stored(customer)) == state(customer)


def test_registering_other_values_under_the_same_id_is_refused() -> None:
    with pytest.raises(CustomerAlreadyRegistered):
        ada().register(live(), kind="person", name="Bob")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "robot"},
        {"name": "  "},
        {"name": "A" * 501},
        {"name": "A\x00da"},
        {"language": "French"},
        {"language": "fr_FR"},
        {"time_zone": "Mars/Base"},
        {"time_zone": ""},
        {"owner": "Li Wei"},
        {"team": "a@b.example"},
        {"source": AcquisitionSource(channel="on the web")},
        {"address": Address(country="France")},
        {"attributes": {"": 1}},
        {"contact_methods": [method(value="nonsense")]},
        {"contact_methods": [method(label="her work")]},
        {"contact_methods": [ContactMethod(method_id=UUID(int=1), kind="email")]},
        {"contact_methods": [method(method_id=UUID(int=1)), method("web", "x.example", method_id=UUID(int=1))]},
    ],
)
def test_malformed_values_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        ada(**wrong)


def test_an_empty_address_is_refused() -> None:
    with pytest.raises(MalformedAddress):
        ada(address=Address())


def test_two_primary_methods_of_one_kind_are_refused() -> None:
    with pytest.raises(MoreThanOnePrimary):
        ada(contact_methods=[method(primary=True), method(value="b@example.com", primary=True)])


def test_a_customer_cannot_be_registered_with_more_than_fifty_methods() -> None:
    with pytest.raises(TooManyContactMethods):
        ada(contact_methods=[method(value=f"ada{n}@example.com") for n in range(51)])


def test_a_contact_method_given_twice_counts_once() -> None:
    customer = ada(contact_methods=[method(), method(value="ADA@example.com")])
    assert len(customer.present_methods()) == 1


def test_an_empty_source_is_none() -> None:
    customer = ada(source=AcquisitionSource(utm=Utm()))
    assert facts(customer) == [Registered(kind="person", name="Ada")]


def test_only_changed_details_are_recorded() -> None:
    customer = ada(language="en", address=PARIS)
    customer.change_details(live(), name="Ada Lovelace", language="en")
    assert facts(customer)[1:] == [DetailsChanged(name="Ada Lovelace")]


def test_a_change_to_the_current_values_records_nothing() -> None:
    customer = ada(language="en")
    customer.change_details(live(), name="Ada", language="en", address=None)
    assert customer.version == 1


def test_cleared_details_are_named_in_cleared() -> None:
    customer = ada(language="en", address=PARIS)
    customer.change_details(live(), address=None, language=None)
    assert facts(customer)[1:] == [DetailsChanged(cleared=("address", "language"))]
    assert customer.details["address"] is None


def test_a_change_imported_twice_is_recorded_once() -> None:
    customer = ada()
    for _ in range(2):
        customer.change_details(imported(LAST_WEEK), name="Ada Byron")
        customer.change_details(imported(YESTERDAY), name="Ada Lovelace")
    assert facts(customer)[1:] == [DetailsChanged(name="Ada Byron"), DetailsChanged(name="Ada Lovelace")]


def test_the_kind_cannot_be_cleared() -> None:
    with pytest.raises(KindRequired):
        ada().change_details(live(), kind=None)  # type: ignore[arg-type]


def test_the_name_cannot_be_cleared_without_a_contact_method() -> None:
    with pytest.raises(NeitherNameNorContact):
        ada().change_details(live(), name=None)


def test_the_name_can_be_cleared_if_a_contact_method_remains() -> None:
    customer = ada(contact_methods=[method()])
    customer.change_details(live(), name=None)
    assert facts(customer)[1:] == [DetailsChanged(cleared=("name",))]


def test_an_anonymous_id_is_linked_once() -> None:
    customer = ada()
    customer.link_anonymous_id(live(), "visitor-1")
    customer.link_anonymous_id(live(), "visitor-1")
    assert customer.version == 2


def test_a_fact_from_the_future_is_refused() -> None:
    with pytest.raises(InTheFuture):
        ada().archive(live(NOW.replace(hour=23)))


def test_a_customer_is_archived_and_restored() -> None:
    customer = ada()
    customer.archive(live())
    assert customer.archived
    customer.restore(live())
    assert not customer.archived
    assert facts(customer)[1:] == [Archived(), Restored()]


def test_archiving_and_restoring_again_record_nothing() -> None:
    customer = ada()
    customer.restore(live())
    customer.archive(live())
    customer.archive(live())
    customer.restore(live())
    customer.restore(live())
    assert facts(customer)[1:] == [Archived(), Restored()]


def test_archiving_again_at_another_time_is_recorded_and_flagged() -> None:
    customer = ada()
    customer.archive(live(LAST_WEEK))
    customer.archive(live(YESTERDAY))
    assert flags(customer) == ("repeated",)


def test_a_source_event_that_is_already_recorded_records_nothing() -> None:
    customer = ada()
    context = live(source=Source(system="shop", event_id="e-1"))
    customer.archive(context)
    customer.restore(context)
    assert customer.archived


def test_one_command_can_record_several_facts_for_one_source_event() -> None:
    customer = Customer(new_id())
    context = live(source=Source(system="shop", event_id="e-1"), command_id=new_id())
    customer.register(context, kind="person", name="Ada")
    customer.link_external_id(context, "shop", "7")
    assert facts(customer)[1:] == [ExternalIdLinked(system="shop", id="7")]


CHANGED = {"registered": "v2", "details_changed": "v2"}


def test_type_names_are_permanent() -> None:
    assert [type_name(event) for event in Customer.events] == [
        f"crm.customer.{fact}.{CHANGED.get(fact, 'v1')}"
        for fact in (
            "registered",
            "details_changed",
            "contact_method_added",
            "contact_method_verified",
            "contact_method_removed",
            "contact_method_undeliverable",
            "contact_method_restored",
            "consent_given",
            "consent_withdrawn",
            "anonymous_id_linked",
            "archived",
            "restored",
            "merged",
            "unmerged",
            "erased",
            "external_id_linked",
            "external_id_unlinked",
            "assigned",
            "tagged",
            "untagged",
            "attributes_set",
            "plain_texts_set",
            "attachment_added",
            "attachment_removed",
            "relation_added",
            "relation_ended",
        )
    ]
