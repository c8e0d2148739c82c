"""A campaign's progress against its plan, with numbers computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.marketing.campaign.values import Goal
from domain.marketing.campaign_member.events import Clicked, Sent
from projections.marketing.campaign_members import campaign_members
from projections.marketing.campaign_progress import Question, report
from projections.marketing.campaigns import campaigns
from projections.shared.figures import Figure, Measured
from tests.projections.harness import in_memory
from tests.projections.marketing.test_campaign_effect import Story

PLAN: dict[str, Any] = {
    "starts": date(2024, 3, 1),
    "ends": date(2024, 3, 20),
    "budget": Decimal(1000),
    "goal": Goal(metric="conversions", target=Decimal(10)),
}
TENTH = datetime(2024, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def story() -> Iterator[Story]:
    with in_memory(campaigns, campaign_members) as connection:
        yield Story(connection)


def figures(story: Story, now: datetime = TENTH, **asked: Any) -> dict[str, Figure]:
    [one] = measured(story, now, **asked)
    return dict(one.measures)


def measured(story: Story, now: datetime = TENTH, **asked: Any) -> list[Measured]:
    story.report()
    return report(story.connection, Question(**asked), now)


def values(found: dict[str, Figure], *names: str) -> list[Decimal | None]:
    return [found[name].value for name in names]


def running(story: Story, **plan: Any) -> Any:
    campaign = story.campaign(**PLAN | plan)
    story.history.must(campaign, lambda context: campaign.launch(context), occurred_at=datetime(2024, 3, 1, tzinfo=UTC))
    return campaign


def _milestone(story: Story, campaign: Any, code: str, due: date | None) -> None:
    story.history.must(campaign, lambda context: campaign.set_milestone(context, code, due=due))


def test_progress_is_measured_against_the_plan(story: Story) -> None:
    campaign = running(story)
    for code, due in (("brief", date(2024, 3, 1)), ("launch", date(2024, 3, 9)), ("review", date(2024, 3, 10)), ("end", None)):
        _milestone(story, campaign, code, due)
    story.history.must(campaign, lambda context: campaign.reach_milestone(context, "brief"))
    story.spend(campaign, "s1", "600", currency="EUR")
    story.spend(campaign, "s2", "99", currency="USD")
    for who in ("Ada", "Bo", "Cy", "Di"):
        story.target(who)
    story.target("Eve", "control")
    story.touch("Ada", Sent, send_id="1")
    story.touch("Bo", Clicked)
    story.convert("Bo")
    story.convert("Bo")
    found = figures(story)
    names = ("days", "milestones", "milestones_overdue", "spend", "budget", "budget_pace", "audience", "goal")
    assert values(found, *names) == [Decimal(text) for text in ("0.5", "0.25", "1", "600", "0.6", "1.2", "0.5", "0.2")]
    expected = ("milestones", "budget", "audience", "goal")
    # Ten days have passed, so a quarter of the milestones makes forty.
    assert [found[f"expected_days_by_{name}"].value for name in expected] == [40, Decimal("16.6666666667"), 20, 50]
    assert found["expected_days_by_goal"].method == "linear at the pace so far"
    assert found["spend"].unit == "EUR"
    # Two events: 0.2422 to 7.2247, after Garwood's table.
    interval: Any = found["expected_days_by_goal"].interval
    assert [float(interval.low), float(interval.high)] == pytest.approx([100 / 7.224688, 100 / 0.242209], rel=1e-5)


def test_there_is_no_expected_end_before_there_is_a_pace(story: Story) -> None:
    campaign = story.campaign(**PLAN)
    expected = "expected_days_by_goal"

    def reason(now: datetime = TENTH) -> str | None:
        found = figures(story, now)
        assert found[expected].value is None
        return found[expected].reason

    assert reason() == "the campaign has not begun"
    story.history.must(campaign, lambda context: campaign.launch(context))
    assert reason(datetime(2024, 2, 29, tzinfo=UTC)) == "the campaign has not begun"
    assert reason() == "nothing of the goal is reached, so there is no pace yet"
    for _ in range(10):
        story.target("Ada")
        story.convert("Ada")
    assert reason() == "all of the goal is reached already"
    story.history.must(campaign, lambda context: campaign.complete(context))
    assert reason() == "the campaign has ended"


def test_what_the_plan_does_not_say_has_no_value_but_a_reason(story: Story) -> None:
    story.campaign("Bare", currency=None, attribution_window_days=None)
    found = figures(story)
    assert {name: figure.reason for name, figure in found.items() if figure.value is None} == {
        "days": "the plan has no first and last day",
        "milestones": "no milestone is set",
        "spend": "there is no budget, so its currency is not known",
        "budget": "there is no budget",
        "budget_pace": "there is no budget",
        "audience": "nobody is targeted",
        "goal": "no goal is set",
        **{f"expected_days_by_{name}": "the plan has no first day" for name in ("milestones", "budget", "audience", "goal")},
    }


def test_today_is_that_of_the_zone_and_the_pace_of_a_late_campaign_includes_the_days_after_its_end(story: Story) -> None:
    running(story)
    story.target("Ada")
    story.convert("Ada")
    evening = datetime(2024, 3, 10, 23, tzinfo=UTC)
    assert figures(story, evening)["expected_days_by_goal"].value == 100
    assert figures(story, evening.astimezone(ZoneInfo("Asia/Shanghai")))["expected_days_by_goal"].value == 110
    late = figures(story, datetime(2024, 3, 30, tzinfo=UTC))
    assert values(late, "days", "expected_days_by_goal") == [1, 300]


def test_a_paused_campaign_has_a_pace_with_a_caution(story: Story) -> None:
    campaign = running(story)
    story.target("Ada")
    story.convert("Ada")
    story.history.must(campaign, lambda context: campaign.pause(context))
    assert figures(story)["expected_days_by_goal"].caution == "the campaign is paused"


def test_removed_members_are_no_audience(story: Story) -> None:
    running(story)
    for who in ("Ada", "Bo"):
        story.target(who)
        story.touch(who, Clicked)
    story.remove("Bo")
    audience = figures(story)["audience"]
    assert (audience.numerator, audience.denominator) == (1, 1)


def test_campaigns_are_in_the_order_of_their_names_and_found_by_status(story: Story) -> None:
    running(story)
    story.campaign("Autumn")
    assert [one.group["campaign"] for one in measured(story)] == ["Autumn", "Spring"]
    assert [one.group["campaign"] for one in measured(story, status="running")] == ["Spring"]
    [one] = measured(story, status="planned")
    assert one.group == {"campaign_id": one.group["campaign_id"], "campaign": "Autumn", "status": "planned"} | {
        "starts": None,
        "ends": None,
    }


# Edge cases


def test_a_campaign_of_one_day_has_passed_at_its_end(story: Story) -> None:
    running(story, starts=date(2024, 3, 10), ends=date(2024, 3, 10))
    days = figures(story)["days"]
    assert days.value == days.numerator == days.denominator == 1


def test_a_day_without_an_hour_passes_like_any_other(story: Story) -> None:
    running(story, starts=date(2024, 3, 30), ends=date(2024, 4, 8))
    berlin = ZoneInfo("Europe/Berlin")
    # Summer time begins on 31 March: it has 23 hours.
    for moment, days in ((datetime(2024, 3, 31, 21, 59, tzinfo=UTC), 2), (datetime(2024, 3, 31, 22, 1, tzinfo=UTC), 3)):
        assert figures(story, moment.astimezone(berlin))["days"].numerator == days


def test_merged_and_erased_members_stay_in_the_audience_and_in_the_goal(story: Story) -> None:
    running(story)
    for who in ("Ada", "Bo", "Cy"):
        story.target(who)
        story.convert(who)
    before = figures(story)
    story.merge("Ada", "Bo")
    story.erase("Cy")
    assert figures(story) == before
    story.unmerge("Ada")
    assert figures(story) == before
    assert (before["audience"].numerator, before["goal"].numerator) == (3, 3)


def test_what_is_recorded_late_or_reversed_changes_the_progress(story: Story) -> None:
    campaign = running(story)
    story.target("Ada")
    story.convert("Ada")
    story.spend(campaign, "s1", "100", currency="EUR")
    story.history.must(
        campaign,
        lambda context: campaign.record_spend(context, "s2", Decimal(50), "EUR"),
        occurred_at=datetime(2024, 3, 2, tzinfo=UTC),
    )
    assert values(figures(story), "spend", "goal") == [150, Decimal("0.1")]
    story.history.must(campaign, lambda context: campaign.reverse_spend(context, "s2"))
    story.reverse("Ada")
    assert values(figures(story), "spend", "goal") == [100, 0]
