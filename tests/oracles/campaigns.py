"""The effect of campaigns as a short script computes it: sales × conversion rate by campaign, and the mean."""

from __future__ import annotations

from io import StringIO
from typing import Any, NamedTuple

import pandas


class Answer(NamedTuple):
    effect: dict[str, float]
    mean: float


def campaign_effect(campaigns: Any) -> Answer:
    """The answer for a table with columns campaign, sales and conversion_rate; a campaign without a rate has no effect."""
    by_campaign = campaigns.set_index("campaign")
    effect = (by_campaign["sales"] * by_campaign["conversion_rate"]).dropna()
    return Answer(effect.to_dict(), float(effect.mean()))


def of_report(csv: str, campaign: str = "campaign") -> Any:
    """The script's table from an export of the report; `campaign` may name another column to group by, such as `variant`."""
    table = pandas.read_csv(StringIO(csv))
    names = {
        f"group.{campaign}": "campaign",
        "measures.sales.value": "sales",
        "measures.conversion_rate.value": "conversion_rate",
    }
    return table[list(names)].rename(columns=names)


def of_members(csv: str, currency: str, campaign: str = "campaign_id") -> Any:
    """The script's table from an export of members: one row per member, all of them targeted."""
    members = pandas.read_csv(StringIO(csv)).groupby(campaign)
    converted = members["converted_at"].count()
    table = pandas.DataFrame({"sales": members[f"value.{currency}"].sum(), "conversion_rate": converted / members.size()})
    return table.rename_axis("campaign").reset_index()
