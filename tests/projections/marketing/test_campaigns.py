"""The rows of campaigns do not depend on the batches in which their events are read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.marketing.campaign.campaign import Campaign
from projections.marketing import campaigns
from tests.projections.harness import START, History, Lanes, Step, in_memory, uuid

FIRST, AGAIN = START - timedelta(days=3), START - timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "change"),
    [((), "launch"), (("launch",), "pause"), (("launch", "pause"), "resume"), (("launch",), "complete"), ((), "cancel")],
)
@pytest.mark.parametrize("size", [1, 10], ids=["one event a batch", "one batch"])
def test_a_change_of_status_that_is_recorded_again_leaves_the_status_since_its_first_time(
    size: int, before: tuple[str, ...], change: str
) -> None:
    history = History()
    campaign = history.of(Campaign, "spring")
    history.must(campaign, lambda context: campaign.draw_up(context, name="Spring"))
    for name in before:
        history.must(campaign, getattr(campaign, name), occurred_at=FIRST - timedelta(days=1))
    for at in (FIRST, AGAIN):
        history.must(campaign, getattr(campaign, change), occurred_at=at)
    with in_memory(campaigns.campaigns) as connection:
        lanes = Lanes(connection, campaigns.campaigns, history, 1)
        for _ in history.log:
            lanes.take(Step(0, 0, size, late=False))
        row = campaigns.get(connection, uuid("spring"))
    assert row is not None
    assert row["status_since"] == FIRST
