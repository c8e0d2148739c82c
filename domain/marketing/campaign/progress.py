"""Resources and milestones of a campaign: resources are assigned and released, milestones are set and reached."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import get_args

from domain.marketing.campaign.state import Assignment, State
from domain.marketing.campaign.values import ResourceKind, fraction, free_text
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.occurrence import checked_day
from domain.shared.personal import Personal
from domain.shared.refusals import Malformed, NotThere
from domain.shared.text import code as checked_code


class ResourceUnknown(NotThere):
    """This resource was never assigned to the campaign."""


class MilestoneUnknown(NotThere):
    """The campaign has no such milestone."""


class ResourceAssigned(Event, frozen=True, tag="crm.campaign.resource_assigned.v1"):
    """A person or an asset, by code. `share` is the share of its time for the campaign, as a fraction, if known."""

    kind: ResourceKind
    code: str
    share: Decimal | None = None

    def apply(self, campaign: State, metadata: Metadata) -> None:
        campaign.resources[self.kind, self.code] = Assignment(metadata.occurred_at, self.share)


class ResourceReleased(Event, frozen=True, tag="crm.campaign.resource_released.v1"):
    kind: ResourceKind
    code: str

    def apply(self, campaign: State, metadata: Metadata) -> None:
        campaign.resources[self.kind, self.code] = Assignment(metadata.occurred_at, None, assigned=False)


class MilestoneSet(Event, frozen=True, tag="crm.campaign.milestone_set.v1"):
    """Creates a milestone, or replaces the one with the same code."""

    milestone_id: str
    due: date | None = None
    title: Personal[str] = None

    def apply(self, campaign: State, metadata: Metadata) -> None:
        campaign.milestones[self.milestone_id] = self


class MilestoneReached(Event, frozen=True, tag="crm.campaign.milestone_reached.v1"):
    milestone_id: str

    def apply(self, campaign: State, metadata: Metadata) -> None:
        campaign.reached[self.milestone_id] = metadata.occurred_at


class Progress(State):
    @decision
    def assign_resource(self, context: Context, kind: ResourceKind, code: str, share: Decimal | None = None) -> None:
        """`share` is the share of the resource's time, as a fraction. Assigning it again replaces the share.

        Raises Malformed; CampaignHasEnded (a flag on import).
        """
        if kind not in get_args(ResourceKind):
            raise Malformed("A resource must be a person or an asset.")
        part = None if share is None else fraction(share)
        event = ResourceAssigned(kind=kind, code=checked_code(code, "resource"), share=part)
        known = self.resources.get((kind, event.code))
        if known and known.assigned and known.share == event.share:
            self.record_status(context, event, known.at)
        elif not self.was_recorded(context, event):
            self.record(context, event, *self.refuse_ended(context))

    @decision
    def release_resource(self, context: Context, kind: ResourceKind, code: str) -> None:
        """Raises ResourceUnknown."""
        if (kind, code) not in self.resources:
            raise ResourceUnknown(f"The {kind} {code!r} was never assigned to the campaign.", kind=kind, code=code)
        known = self.resources[kind, code]
        self.record_status(context, ResourceReleased(kind=kind, code=code), None if known.assigned else known.at)

    @decision
    def set_milestone(self, context: Context, milestone_id: str, *, due: date | None = None, title: str | None = None) -> None:
        """Creates a milestone, or replaces the one with the same id. Raises Malformed."""
        event = MilestoneSet(
            milestone_id=checked_code(milestone_id, "milestone's id"),
            due=due and checked_day(due),
            title=None if title is None else free_text(title),
        )
        if self.milestones.get(event.milestone_id) != event:
            self.record_once(context, event)

    @decision
    def reach_milestone(self, context: Context, milestone_id: str) -> None:
        """Raises MilestoneUnknown."""
        if milestone_id not in self.milestones:
            raise MilestoneUnknown(milestone_id=milestone_id)
        self.record_status(context, MilestoneReached(milestone_id=milestone_id), self.reached.get(milestone_id))
