"""Acts of a random history: adding and ending relations between a few customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from domain.customers.customer.customer import Customer
from domain.customers.customer.relation_events import RelationAdded, RelationRole
from tests.projections.harness import History, uuid

CUSTOMERS = 4
ROLES: tuple[RelationRole, ...] = ("employee", "partner")

Act = Callable[[History, int, int], None]


def _customer(history: History, who: int) -> Customer:
    return history.of(Customer, f"customer {who % CUSTOMERS}")


def _is_erased(history: History, customer: Customer) -> bool:
    """Whether the customer, or the last survivor they were merged into, is erased."""
    while customer.survivor is not None:
        customer = history.by_id(Customer, customer.survivor)
    return customer.erased


def _relation_id(n: int) -> UUID:
    return uuid(f"relation {n % 5}")


def _relate(history: History, who: int, n: int) -> None:
    customer, other = _customer(history, who), _customer(history, n)
    relation = RelationAdded(
        relation_id=_relation_id(n),
        other=other.id,
        role=ROLES[n % 2],
        primary=n % 3 == 0,
        since=date(2024, 1, 1 + n % 20) if n % 4 else None,
        title=f"Title {n}" if n % 2 else None,
    )
    if not other.erased:
        history.do(customer, lambda context: customer.add_relation(context, relation))


def _end(history: History, who: int, n: int) -> None:
    customer = _customer(history, who)
    if not _is_erased(history, customer):
        history.do(customer, lambda context: customer.end_relation(context, _relation_id(n), date(2024, 1, 1 + n % 20)))


RELATION_ACTS: dict[str, Act] = {"relate": _relate, "end relation": _end}
