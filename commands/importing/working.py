"""The importable commands on users, teams, tasks, lists and fields, and the facts of each command.

Users and teams are identified by their codes, a field by a kind of aggregate and a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commands.customers import field_definitions
from commands.importing.called import Called
from commands.importing.statements import Code, Coded, Facts, Importable
from commands.importing.unusable import Unusable
from commands.operations import teams, users
from commands.segmentation import static_lists
from commands.service import tasks
from domain.customers.field_definition import FieldDefinition, Kind
from domain.operations.team import Team
from domain.operations.user import User
from domain.segmentation.static_list import StaticList
from domain.service.task import Task
from domain.shared.reference import Reference


class UserRegistration(Coded, frozen=True):
    name: str | None = None
    team: Code | None = None
    zone: str | None = None
    capacity: int | None = None


class Availability(Coded, frozen=True):
    available: bool


class TeamRegistration(Coded, frozen=True):
    name: str
    zone: str | None = None


class Creation(Facts, frozen=True):
    """At most one of `customer` to `deal` is given: the source's id of the thing that the task is about."""

    title: str
    due: datetime | None = None
    remind_at: datetime | None = None
    assignee: Code | None = None
    customer: str | None = None
    order: str | None = None
    ticket: str | None = None
    campaign: str | None = None
    lead: str | None = None
    deal: str | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        stated = self.stated()
        about = [Reference(kind=kind, id=called.other(kind, stated.pop(kind))) for kind in tasks.ABOUT if kind in stated]
        if len(about) > 1:
            raise Unusable("A task can be about only one thing.", "task.create: facts")
        return {"task_id": called.id, **stated, "about": about[0] if about else None}


class Schedule(Facts, frozen=True):
    """A time that is not given is cleared."""

    due: datetime | None = None
    remind_at: datetime | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"task_id": called.id, "due": self.due, "remind_at": self.remind_at}


class Assignee(Facts, frozen=True):
    """Without an assignee, the task is unassigned."""

    assignee: Code | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"task_id": called.id, "assignee": self.assignee}


class Listed(Facts, frozen=True):
    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"list_id": called.id, **self.stated()}


class Title(Listed, frozen=True):
    name: str


class Members(Facts, frozen=True):
    """`customers` are the source's ids."""

    customers: tuple[str, ...]

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"list_id": called.id, "customer_ids": [called.other("customer", name) for name in self.customers]}


class Field(Facts, frozen=True):
    def command_facts(self, called: Called) -> dict[str, Any]:
        return {**called.names, **self.stated()}


class Definition(Field, frozen=True):
    kind: Kind
    name: str
    options: tuple[str, ...] = ()
    personal: bool | None = None


WORKING: Mapping[str, Importable] = {
    "user.register": Importable(User, users.register, UserRegistration, describes=True),
    "user.change_availability": Importable(User, users.change_availability, Availability),
    "user.deactivate": Importable(User, users.deactivate, Coded),
    "team.register": Importable(Team, teams.register, TeamRegistration, describes=True),
    "team.deactivate": Importable(Team, teams.deactivate, Coded),
    "task.create": Importable(Task, tasks.create, Creation, describes=True),
    "task.reschedule": Importable(Task, tasks.reschedule, Schedule),
    "task.assign": Importable(Task, tasks.assign, Assignee),
    "task.complete": Importable(Task, tasks.complete),
    "task.cancel": Importable(Task, tasks.cancel),
    "static_list.create": Importable(StaticList, static_lists.create, Title, describes=True),
    "static_list.add_members": Importable(StaticList, static_lists.add_members, Members),
    "static_list.remove_members": Importable(StaticList, static_lists.remove_members, Members),
    "static_list.retire": Importable(StaticList, static_lists.retire, Listed),
    "field_definition.define": Importable(FieldDefinition, field_definitions.define_or_revise, Definition, describes=True),
    "field_definition.retire": Importable(FieldDefinition, field_definitions.retire, Field),
}
