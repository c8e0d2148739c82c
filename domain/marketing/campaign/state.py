"""The state that a campaign's decisions read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID

from domain.marketing.campaign.values import CONTROL, TREATMENT, ResourceKind
from domain.shared.annotations import Annotated
from domain.shared.events import Context, Event
from domain.shared.refusals import Refusal

if TYPE_CHECKING:
    from domain.marketing.campaign.planning import Planned
    from domain.marketing.campaign.progress import MilestoneSet
    from domain.marketing.campaign.spending import SpendRecorded, SpendReversed

Status = Literal["planned", "running", "paused", "completed", "cancelled"]


class CampaignNotLaunched(Refusal):
    """The campaign is not launched yet."""


class CampaignIsRunning(Refusal):
    """The campaign is running."""


class CampaignIsPaused(Refusal):
    """The campaign is paused; resume it first."""


class CampaignHasEnded(Refusal):
    """The campaign is completed or cancelled."""


class Assignment(NamedTuple):
    """The state of a resource since `at`: assigned with this share, or released."""

    at: datetime
    share: Decimal | None
    assigned: bool = True


class State(Annotated):
    name = "campaign"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.planned: Planned | None = None
        self.plan: dict[str, Any] = {}
        self.budget: Decimal | None = None
        self.currency: str | None = None
        self.status: Status = "planned"
        self.turn: type[Event] | None = None
        self.turned_at: datetime | None = None
        self.spends: dict[str, SpendRecorded] = {}
        self.reversals: dict[str, SpendReversed] = {}
        self.resources: dict[tuple[ResourceKind, str], Assignment] = {}
        self.milestones: dict[str, MilestoneSet] = {}
        self.reached: dict[str, datetime] = {}

    @property
    def starts(self) -> date | None:
        return self.plan.get("starts")

    @property
    def ends(self) -> date | None:
        return self.plan.get("ends")

    def has_variant(self, code: str) -> bool:
        """Whether the plan has the variant. `control` always exists; `treatment` exists if the plan lists no variants."""
        listed = {variant.code for variant in self.plan.get("variants", ())} or {TREATMENT}
        return code == CONTROL or code in listed

    def ended_before(self, context: Context) -> bool:
        """Whether the campaign had ended when the fact happened."""
        return self.status in ("completed", "cancelled") and self.turned_at is not None and context.at > self.turned_at

    def refuse_ended(self, context: Context) -> tuple[str, ...]:
        """Raises CampaignHasEnded if the campaign has ended (a flag on import)."""
        return self.refuse(context, CampaignHasEnded()) if self.ended_before(context) else ()
