"""All importable commands (those that a mapping can name), and the facts of each command."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from commands.customers import customers
from commands.importing import history
from commands.importing.called import Called
from commands.importing.campaigns import CAMPAIGNS
from commands.importing.channels import CHANNELS
from commands.importing.contacts import CONTACTS
from commands.importing.leads import LEADS
from commands.importing.relations import RELATIONS
from commands.importing.statements import Cancellation, Code, Facts, Importable, annotation_commands
from commands.importing.tickets import TICKETS
from commands.importing.working import WORKING
from commands.sales import order_goods, order_payments, orders
from commands.shared.references import or_on_survivor
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import AcquisitionSource, ContactMethod, Kind, LegalBasis, OptIn
from domain.sales.order.order import Order
from domain.sales.order.values import Charge, Contact, Item, Line, LineQuantity, OrderDiscount
from domain.shared.contact import Address, MethodKind
from domain.shared.ids import keyed_id


class CustomerFacts(Facts, frozen=True):
    kind: Kind = "person"
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    region: str | None = None
    address: Address | None = None
    source: AcquisitionSource | None = None
    owner: Code | None = None
    team: Code | None = None
    language: str | None = None
    time_zone: str | None = None
    attributes: dict[str, str | int | float | bool] | None = None
    allow_duplicate: bool = True

    def command_facts(self, called: Called) -> dict[str, Any]:
        stated = self.stated()
        contacts: dict[MethodKind, str | None] = {"email": stated.pop("email", None), "phone": stated.pop("phone", None)}
        methods = [_method(called, kind, value) for kind, value in contacts.items() if value is not None]
        facts = {**stated, "contact_methods": methods, "external": (called.system, called.name)}
        return {"customer_id": called.id, **facts}


class Consent(Facts, frozen=True):
    purpose: Code
    channel: Code
    evidence: str
    legal_basis: LegalBasis = "consent"
    opt_in: OptIn = "unknown"
    wording_version: Code | None = None
    source: Code | None = None


class ConsentWithdrawal(Facts, frozen=True):
    purpose: Code
    channel: Code
    source: Code | None = None
    evidence: str | None = None


class Merge(Facts, frozen=True):
    """`into` is the source's id of the merge survivor."""

    into: str

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"customer_id": called.id, "into": called.other("customer", self.into)}


class OrderLine(Facts, frozen=True):
    """An order line; `total` is given if the source states it."""

    line_id: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    sku: str | None = None
    category: str | None = None
    unit: str | None = None
    unit_cost: Decimal | None = None
    total: Decimal | None = None


class Placement(Facts, frozen=True):
    channel: Code
    currency: str
    lines: tuple[OrderLine, ...]
    customer: str | None = None
    number: str | None = None
    discounts: tuple[OrderDiscount, ...] = ()
    charges: tuple[Charge, ...] = ()
    total: Decimal | None = None
    prices_include_tax: bool = False
    owner: Code | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    contact: Contact | None = None
    campaign: str | None = None
    lead: str | None = None
    deal: str | None = None
    test: bool = False

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {
            "order_id": called.id,
            "external": (called.system, called.name),
            "number": None,
            "customer_id": None,
            **self.with_ids(called, "customer", "campaign", "lead", "deal"),
            "lines": [_line(line) for line in self.lines],
        }


class Payment(Facts, frozen=True):
    payment_id: str
    amount: Decimal
    method: str | None = None
    gateway: str | None = None
    reference: str | None = None


class Refund(Facts, frozen=True):
    refund_id: str
    amount: Decimal
    payment_id: str | None = None
    reason: Code | None = None
    method: str | None = None
    gateway: str | None = None
    reference: str | None = None


class Shipment(Facts, frozen=True):
    shipment_id: str
    lines: tuple[LineQuantity, ...]
    carrier: str | None = None
    tracking: str | None = None


class Delivery(Facts, frozen=True):
    shipment_id: str


IMPORTABLE: Mapping[str, Importable] = {
    "customer.register": Importable(Customer, history.register_customer, CustomerFacts, describes=True, begins=True),
    "customer.create_or_change": Importable(Customer, customers.create_or_change, CustomerFacts, describes=True),
    **{
        name: command._replace(function=or_on_survivor(command.function, "id"))
        for name, command in annotation_commands(Customer).items()
    },
    "customer.give_consent": Importable(Customer, or_on_survivor(customers.give_consent), Consent),
    "customer.withdraw_consent": Importable(Customer, customers.withdraw_consent, ConsentWithdrawal),
    "customer.archive": Importable(Customer, customers.archive),
    **RELATIONS,
    "customer.merge": Importable(Customer, customers.merge, Merge),
    "customer.unmerge": Importable(Customer, customers.unmerge),
    "order.place": Importable(Order, orders.place, Placement),
    "order.confirm": Importable(Order, orders.confirm),
    "order.complete": Importable(Order, orders.complete),
    "order.cancel": Importable(Order, orders.cancel, Cancellation),
    "order.authorise_payment": Importable(Order, order_payments.authorise_payment, Payment),
    "order.capture_payment": Importable(Order, order_payments.capture_payment, Payment),
    "order.refund_payment": Importable(Order, order_payments.refund_payment, Refund),
    "order.ship": Importable(Order, order_goods.ship, Shipment),
    **annotation_commands(Order),
    "order.deliver": Importable(Order, order_goods.deliver, Delivery),
    **TICKETS,
    **CONTACTS,
    **CHANNELS,
    **CAMPAIGNS,
    **LEADS,
    **WORKING,
}


def _method(called: Called, kind: MethodKind, value: str) -> ContactMethod:
    """A contact method. Its id is derived, so that every import gives the same one."""
    method_id = keyed_id(called.secret, "contact method", str(called.id), kind, value)
    return ContactMethod(method_id=method_id, kind=kind, value=value)


def _line(line: OrderLine) -> Item:
    return (Item if line.total is None else Line)(**line.stated())
