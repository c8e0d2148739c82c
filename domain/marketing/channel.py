"""A sales channel, identified by its code, and the traffic and cost that a source reports for each of its days.

A channel can be used without being opened: orders, days and touchpoints accept any code, and reports then show the code itself.
The channel is the subject of all its days, even if it was never opened, so that all these events are processed in order.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeVar
from uuid import UUID

from msgspec.structs import replace

from domain.shared import money
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.ids import derived_id
from domain.shared.occurrence import checked_day
from domain.shared.refusals import AlreadyThere, InTheFuture, Malformed
from domain.shared.text import choice, text
from domain.shared.text import code as checked_code

Kind = Literal["web", "store", "marketplace", "partner", "phone", "social", "field"]

LARGEST_COUNT = 10**15
# A day begins first in the zone UTC+14.
EARLIEST_ZONE = timedelta(hours=14)
VISITORS_ABOVE_VISITS = "visitors-above-visits"
CLICKS_ABOVE_IMPRESSIONS = "clicks-above-impressions"


class ChannelOpenedOtherwise(AlreadyThere):
    """The channel is already open, with another kind."""


def channel_id(code: str) -> UUID:
    return derived_id("channel", code)


def channel_day_id(code: str, day: date, source: str) -> UUID:
    return derived_id("channel_day", code, day.isoformat(), source)


# The channel


class Opened(Event, frozen=True, tag="crm.channel.opened.v1"):
    """The channel is opened for the first time, or again after it was closed. The name is not personal."""

    code: str
    name: str
    kind: Kind

    def apply(self, channel: Channel, metadata: Metadata) -> None:
        channel.title, channel.kind, channel.closed_at = self.name, self.kind, None


class Renamed(Event, frozen=True, tag="crm.channel.renamed.v1"):
    name: str

    def apply(self, channel: Channel, metadata: Metadata) -> None:
        channel.title = self.name


class Closed(Event, frozen=True, tag="crm.channel.closed.v1"):
    """Later sales and visits are still recorded. Reports show that the channel is closed."""

    def apply(self, channel: Channel, metadata: Metadata) -> None:
        channel.closed_at = metadata.occurred_at


class Channel(Aggregate):
    """`title` is the name of the channel."""

    name = "channel"
    events = (Opened, Renamed, Closed)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.title: str | None = None
        self.kind: Kind | None = None
        self.closed_at: datetime | None = None

    @decision
    def open(self, context: Context, *, code: str, name: str, kind: Kind) -> None:
        """Opens the channel, or renames it if it is open. Raises ChannelOpenedOtherwise (the kind differs) or Malformed."""
        choice(kind, Kind, "kind of a channel")
        opened = Opened(code=checked_code(code, "channel"), name=text(name, "name"), kind=kind)
        if self.was_recorded(context, opened):
            return
        if not self.exists or self.closed_at is not None:
            self.record(context, opened)
        elif self.kind != kind:
            raise ChannelOpenedOtherwise(f"The channel {opened.code} is already open as {self.kind}.", kind=self.kind)
        elif self.title != opened.name:
            self.record_once(context, Renamed(name=opened.name))

    @decision
    def close(self, context: Context) -> None:
        """Raises NotThere if the channel was never opened."""
        self.require()
        self.record_status(context, Closed(), self.closed_at)


# The days of a channel


class TrafficRecorded(Event, frozen=True, tag="crm.channel_day.traffic_recorded.v1"):
    """The counts of one source for the day. They replace its earlier counts. None means unknown, which is not 0."""

    code: str
    date: date
    source: str
    visits: int | None = None
    visitors: int | None = None
    impressions: int | None = None
    clicks: int | None = None

    def subject(self, stream: UUID) -> UUID:
        return channel_id(self.code)

    def apply(self, day: ChannelDay, metadata: Metadata) -> None:
        day.traffic = self

    @property
    def counts(self) -> tuple[int, ...]:
        """The counts that are known."""
        all_of_them = (self.visits, self.visitors, self.impressions, self.clicks)
        return tuple(count for count in all_of_them if count is not None)


class CostRecorded(Event, frozen=True, tag="crm.channel_day.cost_recorded.v1"):
    """The cost of the day according to one source. It replaces the source's earlier figure."""

    code: str
    date: date
    source: str
    amount: Decimal
    currency: str

    def subject(self, stream: UUID) -> UUID:
        return channel_id(self.code)

    def apply(self, day: ChannelDay, metadata: Metadata) -> None:
        day.cost = self


Fact = TypeVar("Fact", TrafficRecorded, CostRecorded)


class ChannelDay(Aggregate):
    """One day of a channel according to one source, which can correct its figures. The date does not depend on a time zone."""

    name = "channel_day"
    events = (TrafficRecorded, CostRecorded)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.traffic: TrafficRecorded | None = None
        self.cost: CostRecorded | None = None

    @decision
    def record_traffic(self, context: Context, traffic: TrafficRecorded) -> None:
        """Raises Malformed if no count is given or one is invalid, InTheFuture if the day has not begun in any zone."""
        counts = traffic.counts
        if not counts or not 0 <= min(counts) <= max(counts) < LARGEST_COUNT:
            raise Malformed("Traffic must have at least one of visits, visitors, impressions and clicks, each not below 0.")
        if (known := _of_its_day(context, traffic)) != self.traffic:
            self.record_once(context, known, *_contradictions(traffic))

    @decision
    def record_cost(self, context: Context, cost: CostRecorded) -> None:
        """Raises Malformed, also if the amount is below 0, and InTheFuture if the day has not begun in any zone."""
        exact = replace(cost, amount=money.amount(cost.amount, cost.currency))
        if exact.amount < 0:
            raise Malformed("A cost must not be below 0.")
        if (known := _of_its_day(context, exact)) != self.cost:
            self.record_once(context, known)


def _of_its_day(context: Context, fact: Fact) -> Fact:
    """The fact with its codes checked. Raises Malformed, InTheFuture."""
    if fact.date > (context.now + EARLIEST_ZONE).date():
        raise InTheFuture(f"{fact.date} has not begun yet.")
    checked_day(fact.date)
    return replace(fact, code=checked_code(fact.code, "channel"), source=checked_code(fact.source, "source"))


def _contradictions(traffic: TrafficRecorded) -> tuple[str, ...]:
    """Flags for counts that contradict each other. Sources report such counts, so they are recorded."""
    pairs = (
        (traffic.visitors, traffic.visits, VISITORS_ABOVE_VISITS),
        (traffic.clicks, traffic.impressions, CLICKS_ABOVE_IMPRESSIONS),
    )
    return tuple(rule for part, whole, rule in pairs if part is not None and whole is not None and part > whole)
