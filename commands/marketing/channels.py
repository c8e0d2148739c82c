"""The commands on channels, and on a channel's days as a source reports them. The channel of a day need not be opened."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from commands.shared.deciding import begins, decides
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.channel import Channel, ChannelDay, CostRecorded, TrafficRecorded, channel_day_id, channel_id

open_or_rename = begins(Channel, Channel.open, channel_id)
close = decides(Channel, Channel.close, channel_id)


def record_traffic(
    work: UnitOfWork,
    *,
    code: str,
    date: date,
    source: str,
    visits: int | None = None,
    visitors: int | None = None,
    impressions: int | None = None,
    clicks: int | None = None,
) -> ChannelDay:
    """Sets the numbers that the source counted on the day; None means unknown. The same values again change nothing."""
    day = work.load(ChannelDay, channel_day_id(code, date, source))
    traffic = TrafficRecorded(
        code=code, date=date, source=source, visits=visits, visitors=visitors, impressions=impressions, clicks=clicks
    )
    day.record_traffic(work.context, traffic)
    return day


def record_cost(work: UnitOfWork, *, code: str, date: date, source: str, amount: Decimal, currency: str) -> ChannelDay:
    """Sets the cost of the day according to the source. The same values again change nothing."""
    day = work.load(ChannelDay, channel_day_id(code, date, source))
    cost = CostRecorded(code=code, date=date, source=source, amount=amount, currency=currency)
    day.record_cost(work.context, cost)
    return day
