"""The commands on feedback."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from commands.shared.deciding import decides
from commands.shared.references import require, surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.feedback.feedback import Feedback
from domain.customers.feedback.values import Facts, Kind
from domain.shared.reference import Reference


def request(
    work: UnitOfWork,
    *,
    feedback_id: UUID,
    kind: Kind,
    channel: str | None = None,
    customer_id: UUID | None = None,
    agent: str | None = None,
    about: tuple[Reference, ...] = (),
    external: tuple[str, str] | None = None,
) -> Feedback:
    """Requests feedback; the same values again change nothing. `external` is (system, id).

    An unknown or erased customer and an unknown aggregate in `about` are refused; for a merged customer, the survivor is
    recorded. Raises FeedbackRequestedOtherwise, FeedbackOfAnother, AlreadySubmitted.
    """
    feedback = work.load(Feedback, feedback_id)
    require(work, about)
    feedback.request(
        work.context,
        kind=kind,
        channel=channel,
        customer_id=_customer_to_record(work, feedback, customer_id),
        agent=agent,
        about=about,
        external=external,
    )
    return feedback


def submit(
    work: UnitOfWork,
    *,
    feedback_id: UUID,
    kind: Kind,
    customer_id: UUID | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Feedback:
    """Records feedback, whether it was requested or not. References are checked as in `request`.

    Raises FeedbackSubmittedOtherwise, FeedbackOfAnother.
    """
    feedback = work.load(Feedback, feedback_id)
    require(work, facts.get("about", ()))
    customer = _customer_to_record(work, feedback, customer_id)
    feedback.submit(work.context, kind=kind, customer_id=customer, external=external, **facts)
    return feedback


def answer(
    work: UnitOfWork, *, feedback_id: UUID, kind: Kind, customer_id: UUID | None = None, **facts: Unpack[Facts]
) -> Feedback:
    """Submits the answer to a request for feedback. Raises NotThere if the request does not exist."""
    work.existing(Feedback, feedback_id)
    return submit(work, feedback_id=feedback_id, kind=kind, customer_id=customer_id, **facts)


acknowledge = decides(Feedback, Feedback.acknowledge)
take_action = decides(Feedback, Feedback.take_action)
resolve = decides(Feedback, Feedback.resolve)
dismiss = decides(Feedback, Feedback.dismiss)


def _customer_to_record(work: UnitOfWork, feedback: Feedback, customer_id: UUID | None) -> UUID | None:
    """The customer to record: the merge survivor. The feedback keeps its current customer if both have the same survivor."""
    if customer_id is None:
        return None
    known = feedback.customer_id
    found = surviving_customer(work, customer_id, known).id
    merged = known is not None and found != known and surviving_customer(work, known).id == found
    return known if merged else found
