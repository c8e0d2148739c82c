"""The importable commands on interactions and feedback, and the facts of each command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.customers import feedback, interactions
from commands.importing.called import Called
from commands.importing.statements import Code, Facts, Importable, Reasoned, annotation_commands, assignment_command
from domain.customers.feedback.feedback import Feedback
from domain.customers.feedback.values import Kind, Scale
from domain.customers.interaction import Channel, Direction, Interaction
from domain.shared.reference import Reference

ABOUT = ("order", "ticket", "campaign")


class About(Facts, frozen=True):
    """All four are the source's ids; the contact is about `order`, `ticket` and `campaign`."""

    customer: str | None = None
    order: str | None = None
    ticket: str | None = None
    campaign: str | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        stated = self.with_ids(called, "customer", "lead")
        others = {kind: stated.pop(kind) for kind in ABOUT if kind in stated}
        return {
            **stated,
            f"{called.kind}_id": called.id,
            "external": (called.system, called.name),
            "about": tuple(Reference(kind=kind, id=called.other(kind, name)) for kind, name in others.items()),
        }


class Contact(About, frozen=True, kw_only=True):
    """`lead` is the source's id."""

    channel: Channel
    direction: Direction
    lead: str | None = None
    agent: Code | None = None
    duration_seconds: int | None = None
    thread_id: Code | None = None
    title: str | None = None
    body: str | None = None
    outcome: str | None = None
    participants: tuple[str, ...] = ()
    message_id: str | None = None


class Request(About, frozen=True, kw_only=True):
    """`agent` is the agent whose work the feedback is about."""

    kind: Kind
    channel: Code | None = None
    agent: Code | None = None


class Submission(Request, frozen=True, kw_only=True):
    score: int | None = None
    scale: Scale | None = None
    comment: str | None = None


class Action(Facts, frozen=True):
    code: Code | None = None
    note: str | None = None


class Resolution(Facts, frozen=True):
    code: Code | None = None
    resolution: str | None = None


class Dismissal(Facts, frozen=True):
    """`reason` is a code."""

    reason: Code


CONTACTS: Mapping[str, Importable] = {
    "interaction.log": Importable(Interaction, interactions.log, Contact),
    "interaction.redact": Importable(Interaction, interactions.redact, Reasoned),
    "interaction.retract": Importable(Interaction, interactions.retract, Reasoned),
    **assignment_command(Interaction),
    **annotation_commands(Interaction),
    "feedback.request": Importable(Feedback, feedback.request, Request),
    "feedback.submit": Importable(Feedback, feedback.submit, Submission),
    "feedback.acknowledge": Importable(Feedback, feedback.acknowledge),
    "feedback.take_action": Importable(Feedback, feedback.take_action, Action),
    "feedback.resolve": Importable(Feedback, feedback.resolve, Resolution),
    "feedback.dismiss": Importable(Feedback, feedback.dismiss, Dismissal),
    **assignment_command(Feedback),
    **annotation_commands(Feedback),
}
