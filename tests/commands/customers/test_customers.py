"""Commands on customers, API keys and imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commands.customers import customers, field_definitions
from commands.operations import api_keys, imports
from commands.shared import annotating
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ANNOTATIONS, ContactMethod, ContactMethodAdded, DetailsChanged, Registered
from domain.customers.customer.refusals import CustomerAlreadyRegistered, CustomerErased, KindRequired, NeitherNameNorContact
from domain.operations.api_key import Revoked
from domain.shared.annotations import Attachment
from domain.shared.contact import Address
from domain.shared.events import Source, type_name
from domain.shared.ids import new_id
from domain.shared.refusals import NotThere
from tests.commands.in_memory import InMemory
from tests.domain.given import live

Assigned = ANNOTATIONS.assigned
AttributesSet = ANNOTATIONS.attributes_set
ExternalIdLinked = ANNOTATIONS.external_id_linked

CUSTOMER, METHOD = new_id(), new_id()
SHOP: dict[str, Any] = {"customer_id": CUSTOMER, "external": ("shop", "7")}
ERASURE: dict[str, Any] = {"reason": "requested", "requested_by": "customer", "receipt": "DSR-7"}
FILE = Attachment(id=new_id(), media_type="text/plain", bytes=3, sha256="ab" * 32)


def annotated(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command on annotations, applied to a customer."""
    return lambda work, customer_id, **facts: function(work, kind=Customer, id=customer_id, **facts)


COMMANDS: list[tuple[Callable[..., Customer], dict[str, Any], str]] = [
    (customers.change_details, {"name": "Ada Lovelace"}, "details_changed"),
    (customers.verify_contact_method, {"method_id": METHOD}, "contact_method_verified"),
    (customers.mark_undeliverable, {"method_id": METHOD, "bounce": "hard"}, "contact_method_undeliverable"),
    (customers.restore_contact_method, {"method_id": METHOD}, "contact_method_restored"),
    (customers.give_consent, {"purpose": "news", "channel": "email", "opt_in": "single"}, "consent_given"),
    (customers.withdraw_consent, {"purpose": "news", "channel": "email"}, "consent_withdrawn"),
    (customers.remove_contact_method, {"method_id": METHOD}, "contact_method_removed"),
    (
        customers.add_contact_method,
        {"method": ContactMethod(method_id=METHOD, kind="email", value="ada@example.com")},
        "contact_method_added",
    ),
    (annotated(annotating.assign), {"owner": "u-1", "team": None}, "assigned"),
    (annotated(annotating.tag), {"tags": ["vip"]}, "tagged"),
    (annotated(annotating.untag), {"tags": ["vip"]}, "untagged"),
    (annotated(annotating.set_attributes), {"attributes": {"size": 3}}, "attributes_set"),
    (annotated(annotating.link_external_id), {"system": "shop", "external_id": "7"}, "external_id_linked"),
    (annotated(annotating.unlink_external_id), {"system": "shop", "external_id": "7"}, "external_id_unlinked"),
    (customers.link_anonymous_id, {"anonymous_id": "visitor-1"}, "anonymous_id_linked"),
    (annotated(annotating.attach), {"attachment": FILE}, "attachment_added"),
    (annotated(annotating.detach), {"attachment_id": FILE.id}, "attachment_removed"),
    (customers.archive, {}, "archived"),
    (customers.restore, {}, "restored"),
    (customers.erase, ERASURE, "erased"),
]


def email(value: str = "ada@example.com") -> ContactMethod:
    return ContactMethod(method_id=new_id(), kind="email", value=value)


@pytest.fixture
def work() -> InMemory:
    return InMemory(live(command_id=new_id()))


@pytest.fixture
def ada(work: InMemory) -> InMemory:
    method = ContactMethod(method_id=METHOD, kind="email", value="ada@example.com")
    customers.register(work, customer_id=CUSTOMER, kind="person", name="Ada", contact_methods=[method])
    return work


def test_field_definitions_decide_which_attributes_are_plain(work: InMemory) -> None:
    size: dict[str, Any] = {"entity": "customer", "key": "size", "kind": "text", "name": "Size"}
    field_definitions.define_or_revise(work, **size, personal=False)
    field_definitions.define_or_revise(work, **size | {"key": "notes"})
    attributes = {"size": "large", "notes": "tea", "other": "x"}
    customer = customers.register(work, customer_id=CUSTOMER, kind="person", name="Ada", attributes=attributes)
    assert customer.plain_attributes == {"size": "large"}
    customer = customers.create_or_change(work, **SHOP, name="Bob", attributes=attributes)
    assert customer.plain_attributes == {"size": "large"}
    field_definitions.retire(work, entity="customer", key="size")
    annotating.set_attributes(work, kind=Customer, id=customer.id, attributes={"size": "small"})
    assert (customer.plain_attributes, customer.attributes) == ({}, attributes | {"size": "small"})


def test_each_command_records_its_fact_and_its_repeat_records_nothing(ada: InMemory) -> None:
    for command, facts, _ in COMMANDS:
        for _ in range(2):
            command(ada, customer_id=CUSTOMER, **facts)
    recorded = [type_name(type(event)).split(".")[2] for event in ada.facts(CUSTOMER)]
    assert recorded == ["registered", *(fact for _, _, fact in COMMANDS)]


@pytest.mark.parametrize(("command", "facts", "fact"), COMMANDS)
def test_each_command_on_an_unknown_customer_is_refused(
    work: InMemory, command: Callable[..., Customer], facts: dict[str, Any], fact: str
) -> None:
    with pytest.raises(NotThere):
        command(work, customer_id=CUSTOMER, **facts)


@pytest.mark.parametrize(("command", "facts", "fact"), COMMANDS[:-1])
def test_each_command_on_an_erased_customer_is_refused(
    ada: InMemory, command: Callable[..., Customer], facts: dict[str, Any], fact: str
) -> None:
    customers.erase(ada, customer_id=CUSTOMER, **ERASURE)
    with pytest.raises(CustomerErased):
        command(ada, customer_id=CUSTOMER, **facts)


def test_a_customer_is_registered_once(ada: InMemory) -> None:
    customers.register(ada, customer_id=CUSTOMER, kind="person", name="Ada", contact_methods=[email()])
    assert len(ada.facts(CUSTOMER)) == 1
    with pytest.raises(CustomerAlreadyRegistered):
        customers.register(ada, customer_id=CUSTOMER, kind="person", name="Bob")


def test_a_number_without_country_code_is_read_in_its_region(work: InMemory) -> None:
    phone = ContactMethod(method_id=new_id(), kind="phone", value="138 0013 8000")
    customer = customers.register(work, customer_id=CUSTOMER, kind="person", contact_methods=[phone], region="CN")
    assert [method.value for method in customer.present_methods()] == ["+8613800138000"]


def test_a_customer_of_another_system_is_created_and_its_id_linked(work: InMemory) -> None:
    customers.create_or_change(work, **SHOP, name="Ada", owner="u-1", attributes={"size": 3})
    assert work.facts(CUSTOMER) == [
        Registered(kind="person", name="Ada", owner="u-1", numbers={"size": 3}),
        ExternalIdLinked(system="shop", id="7"),
    ]


def test_the_id_is_linked_even_if_a_source_event_is_named(work: InMemory) -> None:
    work.context = live(source=Source(system="shop", event_id="e-1"), command_id=new_id())
    customers.create_or_change(work, **SHOP, name="Ada")
    assert ExternalIdLinked(system="shop", id="7") in work.facts(CUSTOMER)


def test_the_same_values_from_another_system_record_nothing(work: InMemory) -> None:
    stated: dict[str, Any] = {"kind": "organisation", "name": "ACME", "team": "north", "attributes": {"size": 3}}
    for _ in range(2):
        customers.create_or_change(work, **SHOP, **stated, address=Address(city="Oslo"), contact_methods=[email()])
    assert len(work.facts(CUSTOMER)) == 2


def test_only_the_differences_from_another_system_are_recorded(work: InMemory) -> None:
    customers.create_or_change(work, **SHOP, name="Ada", language="en", owner="u-1", team="north", attributes={"size": 3})
    second = email("countess@example.com")
    customers.create_or_change(
        work, **SHOP, name="Ada", language=None, team=None, contact_methods=[second], attributes={"size": 4}
    )
    assert work.facts(CUSTOMER)[2:] == [
        ContactMethodAdded(method_id=second.method_id, kind="email", value="countess@example.com"),
        DetailsChanged(cleared=("language",)),
        Assigned(owner="u-1", team=None),
        AttributesSet(numbers={"size": 4}),
    ]


def test_fields_that_another_system_does_not_give_stay(work: InMemory) -> None:
    customers.create_or_change(work, **SHOP, name="Ada", language="en", owner="u-1")
    customers.create_or_change(work, **SHOP)
    assert len(work.facts(CUSTOMER)) == 2


def test_a_name_can_be_cleared_by_the_request_that_adds_a_contact_method(work: InMemory) -> None:
    customers.create_or_change(work, **SHOP, name="Ada")
    customer = customers.create_or_change(work, **SHOP, name=None, contact_methods=[email()])
    assert customer.details["name"] is None


def test_another_system_must_give_a_name_or_a_contact_method(work: InMemory) -> None:
    with pytest.raises(NeitherNameNorContact):
        customers.create_or_change(work, **SHOP)


def test_another_system_cannot_clear_the_kind(work: InMemory) -> None:
    with pytest.raises(KindRequired):
        customers.create_or_change(work, **SHOP, name="Ada", kind=None)  # type: ignore[arg-type]


def test_another_system_cannot_restore_an_erased_customer(ada: InMemory) -> None:
    customers.erase(ada, customer_id=CUSTOMER, **ERASURE)
    with pytest.raises(CustomerErased):
        customers.create_or_change(ada, **SHOP, name="Ada")


def test_a_key_is_issued_and_revoked(work: InMemory) -> None:
    key = api_keys.issue(work, key_id=CUSTOMER, label="Shop", roles=["agent"], hash="ab" * 32)
    assert key.active
    assert not api_keys.revoke(work, key_id=CUSTOMER).active
    assert work.facts(CUSTOMER)[1:] == [Revoked()]


def test_an_unknown_key_cannot_be_revoked(work: InMemory) -> None:
    with pytest.raises(NotThere):
        api_keys.revoke(work, key_id=CUSTOMER)


def test_an_import_is_started_and_completed(work: InMemory) -> None:
    imports.start(work, import_id=CUSTOMER, file_sha256="aa" * 32, mapping_sha256="bb" * 32, system="olist")
    run = imports.complete(work, import_id=CUSTOMER, rows=3, accepted=2, repeated=1, refused=0)
    assert run.completed


def test_an_unknown_import_cannot_be_completed(work: InMemory) -> None:
    with pytest.raises(NotThere):
        imports.complete(work, import_id=CUSTOMER, rows=0, accepted=0, repeated=0, refused=0)
