"""A deal: a possible sale to a customer, which moves through the stages of a pipeline."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict, Unpack
from uuid import UUID

from domain.sales.deal.events import AmountChanged, CloseDateChanged, Lost, Opened, Reopened, StageChanged, Won
from domain.sales.deal.refusals import (
    BEFORE_LEAD,
    DealBeforeOpening,
    DealEnded,
    DealNotEnded,
    DealOpenedOtherwise,
    DealWonOtherwise,
)
from domain.sales.funnel import Flags, Pursuit, optional_amount
from domain.sales.pipeline import Pipeline, PipelineUnknown, StageUnknown
from domain.shared.aggregate import decision
from domain.shared.annotations import AnnotationEvents
from domain.shared.events import Context
from domain.shared.occurrence import checked_day, over_before
from domain.shared.text import code, optional_code, text

NUMBER_LENGTH = 64


class Facts(TypedDict, total=False):
    """The optional facts of a new deal, in addition to its number, customer, pipeline and stage."""

    lead_id: UUID | None
    amount: Decimal | None
    currency: str | None
    expected_close: datetime.date | None
    owner: str | None


class Place(NamedTuple):
    """The codes of a pipeline and a stage, and the current pipeline. The pipeline or the stage may not exist."""

    pipeline: Pipeline
    code: str
    stage: str


class Deal(Pursuit):
    """`worth` is the amount and its currency."""

    name = "deal"
    annotation_events = AnnotationEvents.of("deal")
    events = (Opened, StageChanged, AmountChanged, CloseDateChanged, Won, Lost, Reopened, *annotation_events)
    early, already_ended, not_ended = DealBeforeOpening, DealEnded, DealNotEnded

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.opened: Opened | None = None
        self.worth: tuple[Decimal | None, str | None] = (None, None)
        self.expected_close: datetime.date | None = None
        self.order_id: UUID | None = None

    @property
    def number(self) -> str | None:
        return self.opened.number if self.opened else None

    @decision
    def open(
        self,
        context: Context,
        *,
        number: str,
        customer_id: UUID,
        place: Place,
        lead_captured_at: datetime.datetime | None = None,
        external: tuple[str, str] | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Raises Malformed, DealOpenedOtherwise; PipelineUnknown and StageUnknown (flags on import)."""
        opened = Opened(
            number=text(number, "number", NUMBER_LENGTH),
            customer_id=customer_id,
            pipeline=code(place.code, "pipeline"),
            stage=code(place.stage, "stage"),
            **checked(facts),
        )
        if self.opened is None:
            self.record(context, opened, *_before_lead(context, lead_captured_at), *self._refuse_unknown_stage(context, place))
        elif self.opened != opened:
            raise DealOpenedOtherwise(id=self.id)
        self.note_external_id(context, external)

    @decision
    def change_stage(self, context: Context, place: Place) -> None:
        """Raises Malformed; DealEnded, PipelineUnknown and StageUnknown (flags on import)."""
        event = StageChanged(stage=code(place.stage, "stage"))
        since = self.staged_at if event.stage == self.stage else None
        self.change_status(context, event, since, lambda now: self.refuse_ended(now) + self._refuse_unknown_stage(now, place))

    @decision
    def change_amount(self, context: Context, amount: Decimal | None, currency: str | None) -> None:
        """The expected amount, or the actual amount after the deal is won. Raises Malformed."""
        worth = (optional_amount(amount, currency), currency)
        if self.worth != worth:
            self.change(context, AmountChanged(amount=worth[0], currency=currency))

    @decision
    def change_close_date(self, context: Context, expected_close: datetime.date | None) -> None:
        """Raises Malformed."""
        if self.expected_close != expected_close:
            self.change(context, CloseDateChanged(expected_close=expected_close and checked_day(expected_close)))

    @decision
    def win(self, context: Context, *, order_id: UUID | None = None, lead_captured_at: datetime.datetime | None = None) -> None:
        """Flagged if the deal was won before its lead was captured.

        Raises DealWonOtherwise; DealEnded if it is lost (a flag on import).
        """
        won, since = Won(order_id=order_id), self.ended_at if self.ended == "won" else None
        if since is not None and order_id != self.order_id:
            raise DealWonOtherwise(id=self.id, **self.ended_in())
        flags = _before_lead(context, lead_captured_at)
        self.change_status(context, won, since, lambda now: flags + self.refuse_ended(now))

    @decision
    def lose(self, context: Context, *, reason: str | None = None) -> None:
        """`reason` is a code. Raises Malformed; DealEnded if it is won (a flag on import)."""
        lost = Lost(reason=optional_code(reason, "reason"))
        self.change_status(context, lost, self.ended_at if self.ended == "lost" else None, self.refuse_ended)

    @decision
    def reopen(self, context: Context, *, reason: str | None = None) -> None:
        """`reason` is a code. Raises Malformed; DealNotEnded (a flag on import)."""
        reopened = Reopened(reason=optional_code(reason, "reason"))
        self.change_status(context, reopened, None if self.ended else self.reopened_at, self.refuse_open)

    def ended_in(self) -> dict[str, Any]:
        """The order that the deal was won with."""
        return {} if self.order_id is None else {"order_id": self.order_id}

    def _refuse_unknown_stage(self, context: Context, place: Place) -> Flags:
        """Raises PipelineUnknown or StageUnknown if the current pipeline does not have the stage (flags on import)."""
        if not place.pipeline.exists:
            return self.refuse(context, PipelineUnknown(f"The pipeline {place.code} does not exist.", pipeline=place.code))
        if not place.pipeline.has_stage(place.stage):
            unknown = StageUnknown(f"The pipeline {place.code} has no stage {place.stage}.", stage=place.stage)
            return self.refuse(context, unknown)
        return ()


def checked(facts: Facts) -> Facts:
    """The facts in the form in which they are recorded. Raises Malformed."""
    clean = facts.copy()
    clean["amount"] = optional_amount(facts.get("amount"), facts.get("currency"))
    if expected_close := facts.get("expected_close"):
        clean["expected_close"] = checked_day(expected_close)
    clean["owner"] = optional_code(facts.get("owner"), "owner")
    return clean


def _before_lead(context: Context, captured_at: datetime.datetime | None) -> Flags:
    """The flag to record if the fact happened before the lead was captured, given the precision of its time."""
    return (BEFORE_LEAD,) if over_before(context, captured_at) else ()
