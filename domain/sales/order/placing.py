"""Placing an order, and assigning it to a customer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict, Unpack
from uuid import UUID

from domain.sales.order.state import State
from domain.sales.order.terms import Terms, TotalNegative
from domain.sales.order.values import Charge, Contact, Line, OrderDiscount, check_codes, free_text
from domain.shared import money
from domain.shared.aggregate import decision
from domain.shared.contact import Address, checked_address
from domain.shared.events import Context, Event, Metadata
from domain.shared.given import Checks, checked_fields
from domain.shared.personal import Personal, same
from domain.shared.refusals import AlreadyThere

TOTAL_DIFFERS = "total-differs-from-sum"
CUSTOMER_ARCHIVED = "customer-archived"


class OrderPlacedOtherwise(AlreadyThere):
    """This order was already placed, with other values."""


class Recipient(TypedDict, total=False):
    """Billing address, shipping address and contact of an order. An amendment can change all of them."""

    billing_address: Address | None
    shipping_address: Address | None
    contact: Contact | None


class Details(Recipient, total=False):
    """The optional facts of a new order, in addition to its terms. `Placed` has fields with the same names."""

    owner: str | None
    campaign_id: UUID | None
    lead_id: UUID | None
    deal_id: UUID | None
    test: bool


class Placed(Event, frozen=True, tag="crm.order.placed.v1"):
    """`total` is the total that the source states, or else the computed sum. An order by a guest has no customer."""

    number: str
    channel: str
    currency: str
    prices_include_tax: bool
    total: Decimal
    lines: tuple[Line, ...] = ()
    discounts: tuple[OrderDiscount, ...] = ()
    charges: tuple[Charge, ...] = ()
    customer_id: UUID | None = None
    owner: str | None = None
    billing_address: Personal[Address] = None
    shipping_address: Personal[Address] = None
    contact: Personal[Contact] = None
    campaign_id: UUID | None = None
    lead_id: UUID | None = None
    deal_id: UUID | None = None
    test: bool = False

    def subject(self, stream: UUID) -> UUID:
        return self.customer_id or stream

    def apply(self, order: State, metadata: Metadata) -> None:
        order.placed = self
        order.terms = Terms(
            currency=self.currency,
            prices_include_tax=self.prices_include_tax,
            lines=self.lines,
            discounts=self.discounts,
            charges=self.charges,
        )
        order.total = self.total
        order.customer_id = self.customer_id
        order.assignment = (self.owner, None)
        order.recipient = recipient(self)


class CustomerLinked(Event, frozen=True, tag="crm.order.customer_linked.v1"):
    """An order without a customer now has one. Its stream keeps its own subject."""

    customer_id: UUID

    def concerns(self) -> tuple[UUID, ...]:
        return (self.customer_id,)

    def erased_with(self) -> tuple[UUID, ...]:
        return (self.customer_id,)

    def apply(self, order: State, metadata: Metadata) -> None:
        order.customer_id = self.customer_id
        order.customers.add((self.customer_id, metadata.occurred_at))


class CustomerChanged(Event, frozen=True, tag="crm.order.customer_changed.v1"):
    customer_id: UUID
    previous_customer_id: UUID

    def concerns(self) -> tuple[UUID, ...]:
        return (self.previous_customer_id, self.customer_id)

    def erased_with(self) -> tuple[UUID, ...]:
        return (self.customer_id,)

    def apply(self, order: State, metadata: Metadata) -> None:
        order.customer_id = self.customer_id
        order.customers.add((self.customer_id, metadata.occurred_at))


class Placing(State):
    @decision
    def place(
        self,
        context: Context,
        terms: Terms,
        *,
        number: str,
        channel: str,
        total: Decimal | None = None,
        customer_id: UUID | None = None,
        customer_archived: bool = False,
        external: tuple[str, str] | None = None,
        **details: Unpack[Details],
    ) -> None:
        """Raises Malformed, and OrderPlacedOtherwise if it is already placed with other values.

        Also raises DiscountTooLarge (a flag if a source states it).
        """
        check_codes(number, channel)
        agreed, flags = agreed_total(terms, total, terms.sum())
        placed = Placed(
            number=number,
            channel=channel,
            currency=terms.currency,
            prices_include_tax=terms.prices_include_tax,
            total=agreed,
            lines=terms.lines,
            discounts=terms.discounts,
            charges=terms.charges,
            customer_id=customer_id,
            **checked_details(details),
        )
        if self.placed is None:
            archived = (CUSTOMER_ARCHIVED,) if customer_archived else ()
            self.record(context, placed, *flags, *odd_lines(terms), *self.refuse_excess(context, terms), *archived)
        elif not same(self.placed, placed):
            raise OrderPlacedOtherwise(id=self.id)
        self.note_external_id(context, external)

    @decision
    def set_customer(self, context: Context, customer_id: UUID, *, archived: bool = False) -> None:
        """Sets the customer. Records CustomerLinked if the order had no customer, CustomerChanged if it had another one."""
        flags = (CUSTOMER_ARCHIVED,) if archived else ()
        if context.occurred_at and (customer_id, context.occurred_at) in self.customers:
            return
        if self.customer_id is None:
            self.record(context, CustomerLinked(customer_id=customer_id), *flags)
        elif self.customer_id != customer_id:
            changed = CustomerChanged(customer_id=customer_id, previous_customer_id=self.customer_id)
            self.record(context, changed, *flags)


def agreed_total(terms: Terms, stated: Decimal | None, sum_: Decimal) -> tuple[Decimal, tuple[str, ...]]:
    """The total to record, with its flags: the stated total, flagged if it is not the sum, or else the sum."""
    total = money.amount(sum_ if stated is None else stated, terms.currency)
    if total < 0:
        raise TotalNegative(f"The total of the order is {total}.")
    return total, (TOTAL_DIFFERS,) if total != sum_ else ()


def odd_lines(terms: Terms) -> tuple[str, ...]:
    """The flag to record if a line's stated total differs from the one computed from its quantity, price and discounts."""
    return (TOTAL_DIFFERS,) if terms.odd_lines() else ()


def recipient(event: Event) -> dict[str, Any]:
    return {name: value for name in Recipient.__annotations__ if (value := getattr(event, name)) is not None}


def checked_details(details: Details) -> Details:
    """Raises Malformed."""
    check_codes(details.get("owner"))
    return checked_fields(details, CHECKS)


def checked_recipient(recipient: Recipient) -> Recipient:
    """Raises Malformed."""
    return checked_fields(recipient, CHECKS)


def _contact(contact: Contact) -> Contact:
    return Contact(name=free_text(contact.name), email=free_text(contact.email), phone=free_text(contact.phone))


CHECKS: Checks = {"billing_address": checked_address, "shipping_address": checked_address, "contact": _contact}
