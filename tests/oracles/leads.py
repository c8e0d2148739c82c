"""What becomes of leads as a short script finds it: how many convert, how long it takes, and what open deals may be worth."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any, NamedTuple

import pandas

NONE = "none"


class Answer(NamedTuple):
    """By group: shares and seconds. What converted before it was captured took no time."""

    captured: dict[str, int]
    conversion_rate: dict[str, float]
    mean_time: dict[str, float]
    median_time: dict[str, float]


def funnel(leads: Any) -> Answer:
    """Of a table with columns group, captured_at and converted_at; whoever is in no group is in `none`."""
    took = (leads["converted_at"] - leads["captured_at"]).dt.total_seconds()
    by_group = leads.assign(took=took.where(took >= 0)).groupby(leads["group"].fillna(NONE))
    return Answer(
        by_group.size().to_dict(),
        by_group["converted_at"].agg(lambda at: at.notna().mean()).to_dict(),
        by_group["took"].mean().dropna().to_dict(),
        by_group["took"].median().dropna().to_dict(),
    )


def weighted_value(deals: Any, probability: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """By owner and currency, of open deals: amount × the probability of their stage; a stage without one has no weight."""
    opened = deals[(deals["status"] == "open") & deals["amount"].notna()]
    likely = [
        probability.get((pipeline, stage), 0.0) for pipeline, stage in zip(opened["pipeline"], opened["stage"], strict=True)
    ]
    worth = (opened["amount"] * likely).groupby([opened["owner"], opened["currency"]]).sum()
    return {(str(owner), str(currency)): float(value) for (owner, currency), value in worth.items()}


def of_leads(csv: str, group: str) -> Any:
    """The script's table from an export of the leads."""
    leads = pandas.read_csv(StringIO(csv), dtype={group: str}, keep_default_na=False, na_values=[""])
    times = {name: pandas.to_datetime(leads[name], format="ISO8601", utc=True) for name in ("captured_at", "converted_at")}
    return leads.assign(group=leads[group], **times)[["group", *times]]


def of_deals(csv: str) -> Any:
    """The script's table from an export of the deals."""
    return pandas.read_csv(StringIO(csv))[["owner", "pipeline", "stage", "status", "amount", "currency"]]
