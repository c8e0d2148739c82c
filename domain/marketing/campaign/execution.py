"""The status of a campaign: planned, running, paused, completed or cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from domain.marketing.campaign.state import (
    CampaignHasEnded,
    CampaignIsPaused,
    CampaignIsRunning,
    CampaignNotLaunched,
    State,
    Status,
)
from domain.marketing.campaign.values import free_text
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.refusals import Refusal
from domain.shared.text import code


class Turn(Event, frozen=True, tag="crm.campaign.turn"):
    """Base of the events that change a campaign's status. It is never recorded itself.

    A change to the status that the campaign already has does not move the beginning of that status to a later time.
    """

    status: ClassVar[Status]

    def apply(self, campaign: State, metadata: Metadata) -> None:
        at, repeated = metadata.occurred_at, campaign.status == self.status
        since = min(campaign.turned_at, at) if repeated and campaign.turned_at else at
        campaign.status, campaign.turn, campaign.turned_at = self.status, type(self), since


class Launched(Turn, frozen=True, tag="crm.campaign.launched.v1"):
    status = "running"


class Paused(Turn, frozen=True, tag="crm.campaign.paused.v1"):
    status = "paused"
    reason: str | None = None


class Resumed(Turn, frozen=True, tag="crm.campaign.resumed.v1"):
    status = "running"


class Completed(Turn, frozen=True, tag="crm.campaign.completed.v1"):
    status = "completed"


class Cancelled(Turn, frozen=True, tag="crm.campaign.cancelled.v1"):
    status = "cancelled"
    reason: str | None = None
    note: Personal[str] = None


FROM: Mapping[type[Turn], frozenset[Status]] = {
    Launched: frozenset({"planned"}),
    Paused: frozenset({"running"}),
    Resumed: frozenset({"paused"}),
    Completed: frozenset({"running", "paused"}),
    Cancelled: frozenset({"planned", "running", "paused"}),
}
IN_THE_WAY: Mapping[Status, type[Refusal]] = {
    "planned": CampaignNotLaunched,
    "running": CampaignIsRunning,
    "paused": CampaignIsPaused,
    "completed": CampaignHasEnded,
    "cancelled": CampaignHasEnded,
}


class Execution(State):
    """Our own decisions on the status. A change that the current status does not allow is refused live, flagged on import."""

    @decision
    def launch(self, context: Context) -> None:
        self._change_status(context, Launched())

    @decision
    def pause(self, context: Context, *, reason: str | None = None) -> None:
        self._change_status(context, Paused(reason=reason and code(reason, "reason")))

    @decision
    def resume(self, context: Context) -> None:
        self._change_status(context, Resumed())

    @decision
    def complete(self, context: Context) -> None:
        self._change_status(context, Completed())

    @decision
    def cancel(self, context: Context, *, reason: str | None = None, note: str | None = None) -> None:
        event = Cancelled(reason=reason and code(reason, "reason"), note=None if note is None else free_text(note))
        self._change_status(context, event)

    def _change_status(self, context: Context, event: Turn) -> None:
        if self.turn is type(event):
            self.record_status(context, event, self.turned_at)
        elif not self.was_recorded(context, event):
            follows = self.status in FROM[type(event)]
            self.record(context, event, *(() if follows else self.refuse(context, IN_THE_WAY[self.status]())))
