"""Events of feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from domain.customers.feedback.values import Kind, Scale
from domain.shared.events import Event, Metadata
from domain.shared.personal import Personal
from domain.shared.reference import Reference

if TYPE_CHECKING:
    from domain.customers.feedback.feedback import Feedback


class FromCustomer(Event, frozen=True, tag="crm.feedback.from_customer"):
    """Base of a request and its answer, with their common fields. It is never recorded itself."""

    kind: Kind
    channel: str | None = None
    customer_id: UUID | None = None
    agent: str | None = None

    def subject(self, stream: UUID) -> UUID:
        return self.customer_id or stream

    def concerns(self) -> tuple[UUID, ...]:
        return () if self.customer_id is None else (self.customer_id,)

    def erased_with(self) -> tuple[UUID, ...]:
        return self.concerns()


class Requested(FromCustomer, frozen=True, tag="crm.feedback.requested.v1"):
    """A customer was asked for feedback. `agent` is the agent whose work it is about."""

    about: tuple[Reference, ...] = ()

    def apply(self, feedback: Feedback, metadata: Metadata) -> None:
        feedback.requested, feedback.requested_at = self, metadata.occurred_at
        feedback.customer_id = feedback.customer_id or self.customer_id


class Submitted(FromCustomer, frozen=True, tag="crm.feedback.submitted.v1"):
    """The feedback given. Without a customer it is anonymous. `agent` is the agent whose work it is about."""

    score: int | None = None
    scale: Scale | None = None
    about: tuple[Reference, ...] = ()
    comment: Personal[str] = None

    def apply(self, feedback: Feedback, metadata: Metadata) -> None:
        feedback.submitted, feedback.submitted_at = self, metadata.occurred_at
        feedback.customer_id = feedback.customer_id or self.customer_id


class Acknowledged(Event, frozen=True, tag="crm.feedback.acknowledged.v1"):
    """Somebody has confirmed that the feedback was read."""

    def apply(self, feedback: Feedback, metadata: Metadata) -> None:
        feedback.acknowledged_at = metadata.occurred_at


class ActionTaken(Event, frozen=True, tag="crm.feedback.action_taken.v1"):
    """`code` is the kind of action, `note` a free text."""

    code: str | None = None
    note: Personal[str] = None


class Resolved(Event, frozen=True, tag="crm.feedback.resolved.v1"):
    """`code` is the kind of resolution, `resolution` a free text."""

    code: str | None = None
    resolution: Personal[str] = None

    def apply(self, feedback: Feedback, metadata: Metadata) -> None:
        feedback.ended("resolved", metadata)


class Dismissed(Event, frozen=True, tag="crm.feedback.dismissed.v1"):
    """No action will be taken. `reason` is a code."""

    reason: str

    def apply(self, feedback: Feedback, metadata: Metadata) -> None:
        feedback.ended("dismissed", metadata)
