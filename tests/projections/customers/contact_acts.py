"""Acts of a random history: logging a few interactions, and giving and handling a few pieces of feedback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.customers.customer.customer import Customer
from domain.customers.feedback.feedback import Feedback
from domain.customers.feedback.values import Kind, Scale
from domain.customers.interaction import Interaction
from domain.shared.annotations import Annotated, Attachment
from domain.shared.reference import Reference
from tests.projections.harness import History, some_attributes, uuid

CUSTOMERS, INTERACTIONS, FEEDBACK = 4, 5, 5
KINDS: tuple[Kind, ...] = ("complaint", "csat", "nps", "ces", "praise")
FILE = Attachment(id=uuid("recording"), media_type="audio/ogg", bytes=7, sha256="ab" * 32, name="call.ogg")

Act = Callable[[History, int, int], None]


def _circumstances(history: History, n: int) -> dict[str, Any]:
    """The decision is made now, some hours ago, imported for some hours ago, or known by its day in a zone far from UTC."""
    late = history.now - timedelta(hours=n % 5)
    by_day = {"occurred_at": history.now.replace(hour=16, minute=0) - timedelta(days=1), "occurred_precision": "day"}
    return ({}, {"occurred_at": late}, {"origin": "import", "occurred_at": late}, {"occurred_zone": "+08:00", **by_day})[n % 4]


def _about(n: int) -> tuple[Reference, ...]:
    return (Reference(kind="order", id=uuid(f"order {n % 6}")),) if n % 3 else ()


def _customer_id(history: History, who: int) -> UUID | None:
    customer = history.of(Customer, f"customer {who % CUSTOMERS}")
    return None if customer.erased else customer.id


def _log(history: History, who: int, n: int) -> None:
    interaction, customer_id = history.of(Interaction, f"interaction {who % INTERACTIONS}"), _customer_id(history, n)
    if customer_id is not None:
        history.do(
            interaction,
            lambda context: interaction.log(
                context,
                customer_id=customer_id,
                channel=("phone", "email", "visit")[n % 3],
                direction="inbound",
                agent=f"agent-{n % 2}",
                duration_seconds=60 * n if n % 2 else None,
                about=_about(n),
                title=f"Call {n}",
                participants=("Ada", f"Bob {n}"),
            ),
            **_circumstances(history, n),
        )


def _correct(interaction: Interaction, context: Any, n: int) -> None:
    interaction.correct(context, title=f"Call {n}" if n % 3 else None, agent=None if n % 2 else "agent-7", about=_about(n))


def _feedback(history: History, who: int, n: int) -> None:
    """Request every second piece of feedback before it is submitted; every third piece is anonymous."""
    feedback = history.of(Feedback, f"feedback {who % FEEDBACK}")
    kind = KINDS[n % len(KINDS)]
    facts: dict[str, Any] = {"kind": kind, "channel": "web" if n % 2 else None, "about": _about(n)}
    customer_id = _customer_id(history, who) if who % 3 else None
    if feedback.requested is None and who % 2:
        history.do(feedback, lambda context: feedback.request(context, customer_id=customer_id, **facts))
    elif customer_id is not None or who % 3 == 0:
        score: dict[str, Any] = {} if kind in ("complaint", "praise") else {"score": 1 + n % 5, "scale": _scale(kind)}
        # A known customer may answer an anonymous request.
        customer_id = customer_id or (_customer_id(history, n) if n % 2 else None)
        history.do(
            feedback,
            lambda context: feedback.submit(context, customer_id=customer_id, comment=f"I say {n}", **facts, **score),
            **_circumstances(history, n),
        )


def _scale(kind: Kind) -> Scale | None:
    return Scale(min=1, max=7) if kind == "ces" else None


def _on(kind: type[Annotated], name: str, many: int, *decisions: Callable[[Any, Any, int], object]) -> Act:
    def act(history: History, who: int, n: int) -> None:
        thing, decide = history.of(kind, f"{name} {who % many}"), decisions[n % len(decisions)]
        if thing.exists:
            history.do(thing, lambda context: decide(thing, context, n), **_circumstances(history, n // 2))

    return act


COMMON: tuple[Callable[[Any, Any, int], object], ...] = (
    lambda thing, context, n: thing.tag(context, ("vip", f"tag-{n % 4}")),
    lambda thing, context, n: thing.untag(context, ("vip",)),
    lambda thing, context, n: thing.assign(context, f"agent-{n % 3}", "service" if n % 2 else None),
    lambda thing, context, n: thing.set_attributes(context, *some_attributes(n)),
    lambda thing, context, n: thing.link_external_id(context, "desk", f"x{n % 5}"),
    lambda thing, context, n: thing.unlink_external_id(context, "desk", f"x{n % 5}"),
    lambda thing, context, n: thing.attach(context, FILE),
    lambda thing, context, n: thing.detach(context, FILE.id),
)

CONTACT_ACTS: dict[str, Act] = {
    "log": _log,
    "correct": _on(Interaction, "interaction", INTERACTIONS, _correct),
    "take back": _on(
        Interaction,
        "interaction",
        INTERACTIONS,
        lambda i, context, n: i.redact(context, reason="wrong-customer"),
        lambda i, context, n: i.retract(context),
    ),
    "annotate an interaction": _on(Interaction, "interaction", INTERACTIONS, *COMMON),
    "give feedback": _feedback,
    "deal with feedback": _on(
        Feedback,
        "feedback",
        FEEDBACK,
        lambda f, context, n: f.acknowledge(context),
        lambda f, context, n: f.take_action(context, code="called", note=f"Called {n}" if n % 2 else None),
        lambda f, context, n: f.resolve(context, code="refunded", resolution=f"Sorry {n}"),
        lambda f, context, n: f.dismiss(context, reason="spam"),
    ),
    "annotate feedback": _on(Feedback, "feedback", FEEDBACK, *COMMON),
}
