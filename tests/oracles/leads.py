"""Outcomes of leads as a short script computes them: conversion rates, times to convert and the value of open deals."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any, NamedTuple

import pandas

NONE = "none"


class Answer(NamedTuple):
    """By group: counts, shares and seconds. A lead that converted before it was captured has no time."""

    captured: dict[str, int]
    conversion_rate: dict[str, float]
    mean_time: dict[str, float]
    median_time: dict[str, float]


def funnel(leads: Any) -> Answer:
    """The answer for a table with columns group, captured_at and converted_at; leads without a group are in `none`."""
    took = (leads["converted_at"] - leads["captured_at"]).dt.total_seconds()
    by_group = leads.assign(took=took.where(took >= 0)).groupby(leads["group"].fillna(NONE))
    return Answer(
        by_group.size().to_dict(),
        by_group["converted_at"].agg(lambda at: at.notna().mean()).to_dict(),
        by_group["took"].mean().dropna().to_dict(),
        by_group["took"].median().dropna().to_dict(),
    )


def weighted_value(deals: Any, probability: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Amount × probability of the stage, summed over open deals by owner and currency; a missing probability counts as 0."""
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
