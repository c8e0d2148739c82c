"""The importable commands on channels, their days and touchpoints, and the facts of each command.

A channel is identified by its code. A row about a channel's day is about the day of its `occurred_at`; the source of the
numbers is the mapping's system.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from commands.importing.called import Called
from commands.importing.statements import Code, Coded, Facts, Importable
from commands.marketing import channels, touchpoints
from domain.marketing import touchpoint
from domain.marketing.channel import Channel, ChannelDay, Kind
from domain.marketing.touchpoint import Touchpoint
from domain.shared.utm import Utm


class Opening(Coded, frozen=True):
    name: str
    kind: Kind


class DayFacts(Facts, frozen=True):
    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"code": called.names["channel"], "date": called.day, "source": called.system, **self.stated()}


class Traffic(DayFacts, frozen=True):
    visits: int | None = None
    visitors: int | None = None
    impressions: int | None = None
    clicks: int | None = None


class Cost(DayFacts, frozen=True):
    amount: Decimal
    currency: str


class Touch(Facts, frozen=True):
    """`customer`, `lead` and `campaign` are the source's ids."""

    channel: Code
    kind: touchpoint.Kind
    customer: str | None = None
    lead: str | None = None
    campaign: str | None = None
    utm: Utm | None = None
    anonymous_id: str | None = None
    click_ids: dict[str, str] | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"touchpoint_id": called.id, **self.with_ids(called, "customer", "lead", "campaign")}


CHANNELS: Mapping[str, Importable] = {
    "channel.open": Importable(Channel, channels.open_or_rename, Opening, describes=True),
    "channel.close": Importable(Channel, channels.close, Coded),
    "channel_day.record_traffic": Importable(ChannelDay, channels.record_traffic, Traffic),
    "channel_day.record_cost": Importable(ChannelDay, channels.record_cost, Cost),
    "touchpoint.record": Importable(Touchpoint, touchpoints.record, Touch),
}
