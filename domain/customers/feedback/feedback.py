"""Feedback: requested, submitted, acknowledged, acted upon, and resolved or dismissed."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack
from uuid import UUID

from domain.customers.feedback.events import (
    Acknowledged,
    ActionTaken,
    Dismissed,
    Requested,
    Resolved,
    Submitted,
)
from domain.customers.feedback.refusals import (
    OTHER_THAN_REQUESTED,
    SUBMITTED_BEFORE_REQUEST,
    AlreadySubmitted,
    FeedbackEnded,
    FeedbackOfAnother,
    FeedbackRequestedOtherwise,
    FeedbackSubmittedOtherwise,
    NotSubmittedYet,
)
from domain.customers.feedback.values import TEXT_LENGTH, End, Facts, Kind, checked_scale
from domain.shared.aggregate import decision
from domain.shared.annotations import Annotated, AnnotationEvents
from domain.shared.events import Context, Event, Metadata
from domain.shared.occurrence import over_before
from domain.shared.personal import same
from domain.shared.reference import Reference
from domain.shared.refusals import Malformed
from domain.shared.text import choice, code, optional_code, optional_text


class Feedback(Annotated):
    """The owner is the person who handles the feedback."""

    name = "feedback"
    annotation_events = AnnotationEvents.of("feedback")
    events = (Requested, Submitted, Acknowledged, ActionTaken, Resolved, Dismissed, *annotation_events)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.customer_id: UUID | None = None
        self.requested: Requested | None = None
        self.requested_at: datetime | None = None
        self.submitted: Submitted | None = None
        self.submitted_at: datetime | None = None
        self.acknowledged_at: datetime | None = None
        self.end: End | None = None
        self.ended_at: datetime | None = None

    @decision
    def request(
        self,
        context: Context,
        *,
        kind: Kind,
        channel: str | None = None,
        customer_id: UUID | None = None,
        agent: str | None = None,
        about: tuple[Reference, ...] = (),
        external: tuple[str, str] | None = None,
    ) -> None:
        """Raises Malformed, FeedbackOfAnother, FeedbackRequestedOtherwise; AlreadySubmitted (a flag on import)."""
        requested = Requested(
            kind=choice(kind, Kind, "kind of feedback"),
            channel=optional_code(channel, "channel"),
            customer_id=self._same_customer(customer_id),
            agent=optional_code(agent, "agent"),
            about=tuple(dict.fromkeys(about)),
        )
        if self.requested is None:
            flags = () if self.submitted is None else self.refuse(context, AlreadySubmitted(id=self.id))
            self.record(context, requested, *flags)
        elif not same(self.requested, requested):
            raise FeedbackRequestedOtherwise(id=self.id)
        self.note_external_id(context, external)

    @decision
    def submit(
        self,
        context: Context,
        *,
        kind: Kind,
        customer_id: UUID | None = None,
        external: tuple[str, str] | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Raises Malformed, ScoreOffItsScale, FeedbackOfAnother, FeedbackSubmittedOtherwise."""
        score = facts.get("score")
        submitted = Submitted(
            kind=choice(kind, Kind, "kind of feedback"),
            channel=optional_code(facts.get("channel"), "channel"),
            customer_id=self._same_customer(customer_id),
            agent=optional_code(facts.get("agent"), "agent"),
            score=score,
            scale=checked_scale(kind, score, facts.get("scale")),
            about=tuple(dict.fromkeys(facts.get("about", ()))),
            comment=optional_text(facts.get("comment"), "comment", TEXT_LENGTH),
        )
        self.record_first(
            context, self.submitted, submitted, FeedbackSubmittedOtherwise, *self._deviations_from_request(context, submitted)
        )
        self.note_external_id(context, external)

    @decision
    def acknowledge(self, context: Context) -> None:
        """Raises NotSubmittedYet, FeedbackEnded (flags on import)."""
        if self.acknowledged_at is None or context.names_another_time_than(self.acknowledged_at):
            self.record_status(context, Acknowledged(), self.acknowledged_at, *self._refuse_work(context))

    @decision
    def take_action(self, context: Context, *, code: str | None = None, note: str | None = None) -> None:
        """Raises Malformed; NotSubmittedYet, FeedbackEnded (flags on import)."""
        if code is None and note is None:
            raise Malformed("An action must have a code or a note.")
        taken = ActionTaken(code=optional_code(code, "code"), note=optional_text(note, "note", TEXT_LENGTH))
        self.record_once(context, taken, *self._refuse_work(context))

    @decision
    def resolve(self, context: Context, *, code: str | None = None, resolution: str | None = None) -> None:
        """Raises Malformed; NotSubmittedYet, FeedbackEnded if it was dismissed (flags on import)."""
        self._end(
            context,
            Resolved(code=optional_code(code, "code"), resolution=optional_text(resolution, "resolution", TEXT_LENGTH)),
            "resolved",
        )

    @decision
    def dismiss(self, context: Context, *, reason: str) -> None:
        """`reason` is a code. Raises Malformed; NotSubmittedYet, FeedbackEnded if it was resolved (flags on import)."""
        self._end(context, Dismissed(reason=code(reason, "reason")), "dismissed")

    def ended(self, end: End, metadata: Metadata) -> None:
        """Keeps the latest end, by time of occurrence."""
        if self.ended_at is None or metadata.occurred_at >= self.ended_at:
            self.end, self.ended_at = end, metadata.occurred_at

    def _end(self, context: Context, event: Event, end: End) -> None:
        if self.end == end:
            self.record_status(context, event, self.ended_at, *self._refuse_early(context))
        else:
            self.record_once(context, event, *self._refuse_work(context))

    def _refuse_work(self, context: Context) -> tuple[str, ...]:
        ended = self.ended_at is not None and self.ended_at <= context.at
        late = self.refuse(context, FeedbackEnded(id=self.id)) if ended else ()
        return (*self._refuse_early(context), *late)

    def _refuse_early(self, context: Context) -> tuple[str, ...]:
        """Raises NotSubmittedYet (a flag on import) if the fact happened before submission, given the precision of its time."""
        early = self.submitted_at is None or over_before(context, self.submitted_at)
        return self.refuse(context, NotSubmittedYet(id=self.id)) if early else ()

    def _same_customer(self, customer_id: UUID | None) -> UUID | None:
        if customer_id is not None and self.customer_id not in (None, customer_id):
            raise FeedbackOfAnother(id=self.id)
        return customer_id or self.customer_id

    def _deviations_from_request(self, context: Context, submitted: Submitted) -> tuple[str, ...]:
        if self.requested is None or self.requested_at is None:
            return ()
        early = over_before(context, self.requested_at)
        other = submitted.kind != self.requested.kind
        return (SUBMITTED_BEFORE_REQUEST,) * early + (OTHER_THAN_REQUESTED,) * other
