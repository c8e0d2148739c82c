"""The clients' own record of all answers that they got. It is compared with the log, the topic and the read models."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

ERASED = "crm.customer.erased.v1"
ERASED_SHARE = 0.04


class Fact(NamedTuple):
    """An event, as stated in the answer to the command that recorded it."""

    position: int
    stream: UUID
    version: int
    type: str


class Money(msgspec.Struct):
    """The money captured and refunded for an order, in cents."""

    captured: int = 0
    refunded: int = 0


KEPT = ("facts", "versions", "orders", "erased", "_customers", "_guests", "_linked")
Kept = dict[str, Any]


class Books:
    """One record for all clients, so that they work on the same customers and orders. Thread-safe.

    `accepted` also counts the facts that are not in the books any more, because a restored log does not have them. Their
    positions are `taken_back`. `longest_wait` is how long a client waited for an answer, from its first try on, in seconds.
    """

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.versions: dict[UUID, int] = {}
        self.orders: dict[UUID, Money] = {}
        self.erased: set[UUID] = set()
        self.refused = self.tried_again = self.repeated = 0
        self.accepted, self.longest_wait = 0, 0.0
        self.taken_back: set[int] = set()
        self._customers: list[UUID] = []
        self._guests: list[UUID] = []
        # The customers that orders of guests were linked to, by order.
        self._linked: dict[UUID, UUID] = {}
        self._lock = threading.Lock()

    @property
    def customers(self) -> set[UUID]:
        """All registered customers that are not erased."""
        return set(self._customers)

    def note(self, fact: Fact) -> None:
        with self._lock:
            self.accepted += 1
            self.facts.append(fact)
            self.versions[fact.stream] = max(fact.version, self.versions.get(fact.stream, 0))

    def note_refusal(self) -> None:
        with self._lock:
            self.refused += 1

    def note_another_try(self) -> None:
        with self._lock:
            self.tried_again += 1

    def note_wait(self, seconds: float) -> None:
        with self._lock:
            self.longest_wait = max(self.longest_wait, seconds)

    def note_repeat(self) -> None:
        with self._lock:
            self.repeated += 1

    def registered(self, customer: UUID) -> None:
        with self._lock:
            self._customers.append(customer)

    def was_erased(self, customer: UUID) -> None:
        with self._lock:
            self.erased.add(customer)

    def placed(self, order: UUID, *, guest: bool) -> None:
        with self._lock:
            self.orders[order] = Money()
            if guest:
                self._guests.append(order)

    def linked(self, order: UUID, customer: UUID) -> None:
        with self._lock:
            self._linked[order] = customer

    def moved(self, order: UUID, *, captured: int = 0, refunded: int = 0) -> None:
        with self._lock:
            money = self.orders[order]
            money.captured += captured
            money.refunded += refunded

    def a_customer(self, random: Random) -> UUID | None:
        """A random customer, sometimes an erased one: commands on it are refused."""
        with self._lock:
            return _drawn(random, list(self.erased) if random.random() < ERASED_SHARE else self._customers)

    def a_customer_to_erase(self, random: Random) -> UUID | None:
        """A random customer, which no other client gets from now on. A client that got it before may still act on it."""
        with self._lock:
            customer = _drawn(random, self._customers)
            if customer:
                self._customers.remove(customer)
            return customer

    def an_order(self, random: Random) -> UUID | None:
        with self._lock:
            return _drawn(random, [*self.orders][-200:])

    def a_guests_order(self) -> UUID | None:
        """A guest's order, which no other client gets."""
        with self._lock:
            return self._guests.pop() if self._guests else None

    def kept(self) -> Kept:
        """What the books say now."""
        with self._lock:
            return copy.deepcopy({name: getattr(self, name) for name in KEPT})

    def return_to(self, kept: Kept) -> set[UUID]:
        """The log was put back to the moment of `kept`: what was accepted since is taken back.

        Returns those who were erased since and of whom the log has something again: themselves, or an order of a guest that
        was linked to them since.
        """
        with self._lock:
            since: set[UUID] = self.erased - kept["erased"]
            of_guests = {customer for order, customer in self._linked.items() if order in kept["orders"]}
            self.taken_back |= {fact.position for fact in self.facts[len(kept["facts"]) :]}
            for name, value in copy.deepcopy(kept).items():
                setattr(self, name, value)
            return since & {*self._customers, *of_guests}

    def erased_again(self, customers: Iterable[UUID], positions: Mapping[UUID, int]) -> None:
        """A repair or a restore erases them again, and no client gets an answer: `positions` are those of the log."""
        for customer in customers:
            version = self.versions.get(customer, 0) + 1
            with self._lock:
                if customer in self._customers:
                    self._customers.remove(customer)
                self.erased.add(customer)
                self.versions[customer] = version
                # Position 0 if it is not there: then the log lacks it.
                self.facts.append(Fact(positions.get(customer, 0), customer, version, ERASED))

    def sums(self) -> Money:
        return _sum(self.orders.values())


def _drawn(random: Random, among: list[UUID]) -> UUID | None:
    return random.choice(among) if among else None


def _sum(moneys: Iterable[Money]) -> Money:
    total = Money()
    for money in moneys:
        total.captured += money.captured
        total.refunded += money.refunded
    return total
