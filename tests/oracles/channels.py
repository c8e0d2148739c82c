"""The effect of channels as a short script computes it: sales × conversion rate by channel, and the mean. Also test traffic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from io import StringIO
from typing import Any, NamedTuple

import pandas

CHANNELS = ("phone", "store", "web")


class Answer(NamedTuple):
    by_channel: dict[str, float]
    mean: float


def channel_effect(channels: Any) -> Answer:
    """The answer for a table with columns channel, sales and conversion_rate; a channel without a rate has no effect."""
    effect = (channels.set_index("channel")["sales"] * channels.set_index("channel")["conversion_rate"]).dropna()
    return Answer(effect.to_dict(), float(effect.mean()))


def of_report(csv: str) -> Any:
    """The script's table from an export of the report."""
    names = {
        "group.channel": "channel",
        "measures.gross.value": "sales",
        "measures.conversion_rate.value": "conversion_rate",
    }
    return pandas.read_csv(StringIO(csv)).rename(columns=names)[[*names.values()]]


def of_lists(orders: str, days: Mapping[str, str]) -> Any:
    """The script's table from an export of the orders and, by channel, exports of its days."""
    placed = pandas.read_csv(StringIO(orders)).groupby("channel")
    visits = pandas.Series({code: pandas.read_csv(StringIO(csv))["visits"].sum() for code, csv in days.items()})
    table = pandas.DataFrame({"sales": placed["gross"].sum(), "conversion_rate": placed.size() / visits})
    return table.rename_axis("channel").reset_index()


def traffic(first: date, last: date) -> Iterator[tuple[date, str, int]]:
    """Made-up visits by day and channel: some tens per day, different for each channel."""
    for ordinal in range((last - first).days + 1):
        for place, channel in enumerate(CHANNELS):
            yield first + timedelta(days=ordinal), channel, 20 * (place + 1) + (7 * ordinal + 3 * place) % 23


def as_rows(traffic: Iterable[tuple[date, str, int]]) -> str:
    """A CSV of the traffic for the mapping `channel_traffic.toml`."""
    return "day,channel,visits,cost\n" + "".join(f"{day},{channel},{visits},\n" for day, channel, visits in traffic)


def as_commands(traffic: Iterable[tuple[date, str, int]]) -> list[dict[str, Any]]:
    """Requests that record the traffic, for `POST /v1/batch`."""
    return [
        {
            "method": "PUT",
            "path": f"/v1/channels/{channel}/days/{day}/traffic",
            "body": {"source": {"system": "analytics"}, "visits": visits},
        }
        for day, channel, visits in traffic
    ]
