"""A desk: agents, the rules that assign work to them, and the tickets and leads that come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from commands.operations import users
from commands.sales import leads
from commands.service import assignment, tickets
from commands.shared import annotating
from consumers.policies.assignment import Assigning
from consumers.policies.runner import Policies
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from domain.sales.lead.lead import Lead
from domain.service.assignment_rule import Condition, Terms
from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from domain.shared.aggregate import replayed
from domain.shared.ids import external_id
from infra.processes.parts import running
from infra.read_models.completeness import Completeness
from infra.read_models.tables import create_tables
from infra.wiring import PROJECTIONS
from projections.service import assignment_rules
from tests.consumers.policies.policy_place import Place, place_in

READ = ("tickets", "leads", "users", "assignment_rules")
Act = Callable[["Desk", UUID], object]

EMAIL = Condition(field="channel", values=("email",))


class Desk:
    """A place with running read models, and the agents who work there."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.policies = self.another()

    def another(self) -> Policies:
        """The assignment policy, running like in a separate process."""
        place = self.place
        assigning = Assigning(place.store, place.read_models, Completeness(place.read_models))
        policies = Policies([assigning.policy()], place.worker(), place.store, place.read_models, "assignment")
        policies.begin()
        return policies

    def rule(self, code: str = "all", order: int = 10, **terms: Any) -> None:
        given: dict[str, Any] = {"kind": "ticket", "team": "support"} | terms
        self.place.run(assignment.define, code=code, terms=Terms(order=order, **given))

    def people(self, *codes: str, team: str = "support", capacity: int | None = None) -> None:
        for code in codes:
            self.place.run(users.register, code=code, team=team, capacity=capacity)

    def available(self, code: str, available: bool) -> None:
        self.place.run(users.change_availability, code=code, available=available)

    def opens(self, number: int, **given: Any) -> UUID:
        id = external_id("ticket", "test", str(number), b"")
        facts: dict[str, Any] = {"customer_id": None, "opened_by": "customer", "channel": "email"} | given
        self.place.run(tickets.open, ticket_id=id, number=f"T-{number}", **facts)
        return id

    def captures(self, number: int, **facts: Any) -> UUID:
        id = external_id("lead", "test", str(number), b"")
        self.place.run(leads.capture, lead_id=id, number=f"L-{number}", **facts)
        return id

    def owner(self, id: UUID, kind: type[Ticket | Lead] = Ticket) -> tuple[str | None, str | None]:
        return replayed(kind, id, self.place.store.streams([id])[id]).assignment

    def waiting(self) -> list[UUID]:
        with self.place.read_models.reader.connect() as connection:
            return [row["id"] for row in assignment_rules.waiting(connection).rows]

    def owners(self, *ids: UUID) -> list[str | None]:
        self.policies.follow()
        return [self.owner(id)[0] for id in ids]


@contextmanager
def desk_in(folder: Path, url: str | None = None) -> Iterator[Desk]:
    """A desk in a place, with running read models."""
    with place_in(folder, url) as place:
        chosen = [projection for projection in PROJECTIONS if projection.name in READ]
        with place.read_models.writer.begin() as connection:
            create_tables(connection, [table for projection in chosen for table in projection.tables])
        with running(Projector(chosen, Tail(place.store), place.store, place.read_models, 1)):
            yield Desk(place)


# What people do


def solve(desk: Desk, id: UUID) -> None:
    desk.place.run(tickets.solve, ticket_id=id)


def discard(desk: Desk, id: UUID) -> None:
    desk.place.run(tickets.discard, ticket_id=id, reason="spam")


def reopen(desk: Desk, id: UUID) -> None:
    desk.place.run(tickets.reopen, ticket_id=id)


def customer_replies(desk: Desk, id: UUID) -> None:
    desk.place.run(tickets.reply, ticket_id=id, reply=Replied(reply_id="c-1", by="customer"))


def assign(desk: Desk, id: UUID, owner: str | None, team: str | None = None) -> None:
    desk.place.run(annotating.assign, kind=Ticket, id=id, owner=owner, team=team)


def give_to_eve(desk: Desk, id: UUID) -> None:
    assign(desk, id, "eve")


def goes_away(desk: Desk, code: str) -> None:
    desk.available(code, False)


def leaves(desk: Desk, code: str) -> None:
    desk.place.run(users.deactivate, code=code)
