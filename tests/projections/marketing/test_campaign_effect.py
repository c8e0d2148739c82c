"""A campaign's effect, with numbers computed by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.marketing.campaign.values import Goal, Variant
from domain.marketing.campaign_member.events import (
    Bounced,
    Clicked,
    Delivered,
    Opened,
    Sent,
    Visited,
)
from projections.marketing import campaign_effect
from projections.marketing.campaign_counts import Question
from projections.marketing.campaign_effect import Answered, Effect
from projections.marketing.campaign_goal import of_goal
from projections.marketing.campaign_members import campaign_members
from projections.marketing.campaigns import campaigns
from projections.marketing.member_book import When, days_after
from tests.projections.harness import in_memory, uuid
from tests.projections.marketing.given_campaigns import DAY, MARCH_1, Campaigns

D = Decimal
WHOLE = Decimal(1)


class Story(Campaigns):
    """Campaigns with members, folded when the report is requested."""

    def report(self, margin: Decimal = WHOLE, **question: Any) -> Answered:
        self.fold()
        return campaign_effect.report(self.connection, Question(**question), margin)

    def one(self, **question: Any) -> Effect:
        [effect] = self.report(**question).groups
        return effect

    def by_variant(self) -> dict[str | None, Effect]:
        return {effect.variant: effect for effect in self.report(by_variant=True).groups}


@pytest.fixture
def story() -> Iterator[Story]:
    with in_memory(campaigns, campaign_members) as connection:
        yield Story(connection)


def reached(effect: Effect) -> dict[str, int]:
    return {stage: count for stage, count in effect.funnel.items() if count}


# The funnel


def test_a_member_counts_once_in_every_stage(story: Story) -> None:
    story.campaign()
    for who in ("Ada", "Bo"):
        story.target(who)
    for send in ("first", "second"):
        story.touch("Ada", Sent, send_id=send)
        story.touch("Ada", Opened, send_id=send)
    story.touch("Ada", Visited)
    story.convert("Ada")
    story.convert("Ada")
    effect = story.one()
    ones = dict.fromkeys(("sent", "delivered", "opened", "opened_by_person", "visited", "converted"), 1)
    assert reached(effect) == {"targeted": 2} | ones
    assert (effect.conversions, effect.sales) == (2, D("20.00"))


def test_a_sent_message_counts_as_delivered_unless_it_bounced_hard_or_soft(story: Story) -> None:
    story.campaign()
    for who, bounce in (("Ada", None), ("Bo", "hard"), ("Cy", "soft"), ("Di", "block")):
        story.target(who)
        story.touch(who, Sent, send_id="s")
        if bounce:
            story.touch(who, Bounced, send_id="s", bounce=bounce)
    effect = story.one()
    assert (effect.funnel["sent"], effect.funnel["bounced"], effect.funnel["delivered"]) == (4, 3, 2)
    assert effect.rates["delivery_rate"].value == D("0.5")


def test_a_recorded_delivery_counts_even_if_a_bounce_follows(story: Story) -> None:
    story.campaign()
    story.target("Ada")
    story.touch("Ada", Sent, send_id="s")
    story.touch("Ada", Delivered, send_id="s")
    story.touch("Ada", Bounced, send_id="s", bounce="soft")
    assert story.one().funnel["delivered"] == 1


def test_a_click_implies_an_open_and_machines_count_separately(story: Story) -> None:
    story.campaign()
    story.target("Ada")
    story.touch("Ada", Clicked)
    story.target("Bo")
    story.touch("Bo", Opened, machine="true")
    story.touch("Bo", Clicked, machine="true")
    story.target("Cy")
    story.touch("Cy", Opened, machine="unknown")
    funnel = story.one().funnel
    assert (funnel["opened"], funnel["opened_by_person"]) == (3, 2)
    assert (funnel["clicked"], funnel["clicked_by_person"]) == (2, 1)


def test_members_who_were_touched_but_never_targeted_count_separately(story: Story) -> None:
    story.campaign()
    story.target("Ada")
    story.touch("Bo", Visited)
    story.suppress("Cy")
    effect = story.one()
    assert reached(effect) == {"targeted": 1, "visited": 1, "untargeted": 1, "suppressed": 1}
    assert (effect.rates["visit_rate"].numerator, effect.rates["visit_rate"].denominator) == (1, 1)


def test_touches_that_arrive_before_the_targeting_count_after_it_arrives(story: Story) -> None:
    story.campaign()
    story.touch("Ada", Visited)
    story.convert("Ada")
    story.target("Ada", "control")
    assert reached(story.by_variant()["control"]) == {"targeted": 1, "visited": 1, "converted": 1}


# Retractions, reversals and removals


def test_a_retracted_touch_or_reversed_conversion_leaves_no_trace(story: Story) -> None:
    story.campaign()
    story.target("Ada")
    before = story.one()
    story.touch("Ada", Clicked, touch_id="t")
    story.convert("Ada")
    story.touch("Bo", Visited, touch_id="u")
    ada, bo = story.member("Ada"), story.member("Bo")
    story.history.must(ada, lambda context: ada.retract_touch(context, "t"))
    story.history.must(ada, lambda context: ada.reverse_conversion(context, "c0"))
    story.history.must(bo, lambda context: bo.retract_touch(context, "u"))
    assert story.one() == before


def test_a_removed_member_counts_as_removed_only(story: Story) -> None:
    story.campaign()
    story.target("Ada")
    story.convert("Ada")
    story.remove("Ada")
    effect = story.one()
    assert reached(effect) == {"removed": 1}
    assert (effect.conversions, effect.sales) == (0, D(0))


def test_a_removed_member_who_is_targeted_again_is_a_member_again(story: Story) -> None:
    story.campaign()
    story.target("Ada")
    story.remove("Ada")
    story.target("Ada", at=MARCH_1 + 10 * DAY)
    story.convert("Ada", at=MARCH_1 + 11 * DAY)
    assert reached(story.one()) == {"targeted": 1, "converted": 1}


# The window


def test_conversions_count_within_the_window_in_all_variants(story: Story) -> None:
    story.campaign(variants=(Variant(code="a"),))
    for variant in ("a", "control"):
        for who, days in ((f"{variant} early", 7), (f"{variant} late", 8)):
            story.target(who, variant)
            story.convert(who, at=MARCH_1 + days * DAY)
    for effect in story.by_variant().values():
        assert (effect.funnel["converted"], effect.conversions, effect.sales) == (1, 1, D("10.00"))
        assert (effect.conversions_outside_window, effect.sales_outside_window) == (1, D("10.00"))


def test_a_conversion_before_the_targeting_is_outside_the_window(story: Story) -> None:
    story.campaign()
    story.convert("Ada", at=MARCH_1 - timedelta(hours=1))
    story.target("Ada")
    effect = story.one()
    assert (effect.conversions, effect.conversions_outside_window) == (0, 1)


def test_the_window_of_a_member_who_was_never_targeted_starts_at_the_first_touch(story: Story) -> None:
    story.campaign()
    story.touch("Ada", Visited, at=MARCH_1)
    story.convert("Ada", at=MARCH_1 + 8 * DAY)
    assert story.one().conversions_outside_window == 1


def test_without_a_window_every_conversion_counts(story: Story) -> None:
    campaign = story.campaign()
    story.target("Ada")
    for at in (MARCH_1 - DAY, MARCH_1 + 80 * DAY):
        story.convert("Ada", at=at)
    assert story.one().conversions_outside_window == 2
    story.history.must(campaign, lambda context: campaign.revise(context, attribution_window_days=None))
    assert (story.one().conversions, story.one().conversions_outside_window) == (2, 0)


NOON, NIGHT = datetime(2024, 3, 1, 12, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
BY_DAY = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("start", "then", "days"),
    [
        (When(NOON), When(NOON), 0),
        (When(NOON), When(NOON + timedelta(microseconds=1)), 1),
        (When(NOON), When(NOON + 7 * DAY), 7),
        (When(NOON), When(NOON - timedelta(microseconds=1)), None),
        (When(NIGHT, BY_DAY), When(NOON), 0),
        (When(NIGHT, BY_DAY), When(NIGHT + 8 * DAY - timedelta(microseconds=1)), 7),
        (When(NIGHT, BY_DAY), When(NIGHT + 8 * DAY), 8),
        (When(NIGHT, BY_DAY), When(NIGHT - timedelta(microseconds=1)), None),
        (When(NOON), When(NIGHT, BY_DAY), 0),
        (When(NOON), When(NIGHT + 7 * DAY, date(2024, 3, 8)), 7),
        (When(NOON), When(NIGHT - DAY, date(2024, 2, 29)), None),
        (When(NIGHT, BY_DAY), When(NIGHT, BY_DAY), 0),
        (When(NIGHT, BY_DAY), When(NIGHT + 7 * DAY, date(2024, 3, 8)), 7),
    ],
)
def test_a_day_is_in_the_window_if_any_moment_of_it_is(start: When, then: When, days: int | None) -> None:
    assert days_after(start, then) == days


# Sales, the seed effect, cost


def test_the_seed_effect_is_sales_times_conversion_rate_and_its_mean(story: Story) -> None:
    for name, targeted, values in (("Spring", 4, ("10.00", "30.00")), ("Summer", 5, ("7.50",))):
        story.campaign(name)
        for number in range(targeted):
            story.target(f"{name} {number}", of=name)
        for number, value in enumerate(values):
            story.convert(f"{name} {number}", value, of=name)
    answered = story.report()
    # 40.00 × 2/4 and 7.50 × 1/5.
    assert [effect.seed_effect.value for effect in answered.groups] == [D(20), D("1.5")]
    [mean] = answered.means
    assert (mean.currency, mean.seed_effect.value, mean.seed_effect.denominator, mean.left_out) == ("EUR", D("10.75"), 2, 0)


def test_a_campaign_without_members_has_zeros_and_no_rates(story: Story) -> None:
    story.campaign("Spring")
    story.campaign("Autumn", currency=None)
    story.target("Ada")
    story.convert("Ada")
    answered = story.report()
    autumn, spring = answered.groups
    assert (autumn.currency, autumn.sales, set(autumn.funnel.values())) == (None, D(0), {0})
    rate = autumn.rates["conversion_rate"]
    assert (rate.value, rate.numerator, rate.denominator, rate.reason) == (None, 0, 0, "no members targeted")
    assert (autumn.seed_effect.value, autumn.seed_effect.reason) == (None, "no members targeted")
    assert spring.seed_effect.value == D(10)
    assert [(mean.currency, mean.seed_effect.value, mean.left_out) for mean in answered.means] == [
        (None, None, 1),
        ("EUR", D(10), 0),
    ]
    assert [effect.variant for effect in story.report(by_variant=True, campaign_id=autumn.campaign_id).groups] == ["treatment"]


def test_currencies_are_never_summed(story: Story) -> None:
    story.campaign()
    story.target("Ada")
    story.target("Bo")
    story.convert("Ada", "10.00")
    story.convert("Ada", "500", currency="JPY")
    story.convert("Bo", None)
    euros, yen = story.report().groups
    assert (euros.currency, euros.sales, euros.conversions) == ("EUR", D("10.00"), 2)
    assert (yen.currency, yen.sales, yen.conversions) == ("JPY", D(500), 1)
    assert euros.rates == yen.rates
    assert yen.rates["conversion_rate"].value == D(1)
    assert [mean.currency for mean in story.report().means] == ["EUR", "JPY"]


def test_cost_is_the_spend_that_was_not_reversed(story: Story) -> None:
    campaign = story.campaign(budget=D(100))
    for spend_id, amount, category in (("s1", "4.00", "media"), ("s2", "1.00", None), ("s3", "50.00", "media")):
        story.spend(campaign, spend_id, amount, category=category)
    story.history.must(campaign, lambda context: campaign.reverse_spend(context, "s3"))
    for who in ("Ada", "Bo"):
        story.target(who)
        story.convert(who)
    effect = story.one(margin=D("0.5"))
    assert (effect.cost, effect.roas.value, effect.cost_per_conversion.value) == (D("5.00"), D(4), D("2.5"))
    # (20.00 × 0.5 − 5.00) / 5.00
    assert effect.roi.value == D(1)
    assert effect.roi.definition == "(sales × margin - cost) / cost"


def test_an_unknown_cost_of_sales_has_a_reason(story: Story) -> None:
    campaign = story.campaign()
    story.target("Ada")
    assert story.one().roi.reason == "no spend is recorded"
    story.spend(campaign, "s1", "5.00")
    assert story.one(from_=date(2024, 3, 1)).roi.reason == "spend is not known by the day on which members were targeted"
    assert story.by_variant()["treatment"].roas.reason == "spend is known by campaign, not by variant"
    assert (story.one().roas.value, story.one().cost_per_conversion.reason) == (D(0), "no members converted")
    story.spend(campaign, "s2", "5", currency="JPY")
    assert story.one().roi.reason == "spend is in EUR, JPY"


# Which members


def test_a_period_includes_the_members_who_were_targeted_in_it(story: Story) -> None:
    story.campaign(attribution_window_days=None)
    story.target("Ada", at=datetime(2024, 3, 31, 17, tzinfo=UTC))
    story.convert("Ada", at=datetime(2024, 5, 1, tzinfo=UTC))
    day = {"occurred_precision": "day", "occurred_zone": "+08:00"}
    story.target("Bo", at=datetime(2024, 3, 30, 16, tzinfo=UTC), **day)
    story.touch("Cy", Visited, at=datetime(2024, 4, 1, 12, tzinfo=UTC))
    march, april = (date(2024, 3, 1), date(2024, 4, 1)), (date(2024, 4, 1), date(2024, 5, 1))
    assert story.one(from_=march[0], to=march[1]).funnel["targeted"] == 2
    shanghai = {"zone": ZoneInfo("Asia/Shanghai")}
    assert reached(story.one(from_=march[0], to=march[1], **shanghai)) == {"targeted": 1}
    ada_and_cy = {"targeted": 1, "converted": 1, "visited": 1, "untargeted": 1}
    assert reached(story.one(from_=april[0], to=april[1], **shanghai)) == ada_and_cy


def test_variants_are_the_planned_ones_and_those_of_members(story: Story) -> None:
    story.campaign(variants=(Variant(code="b"), Variant(code="a")))
    story.target("Ada", "surprise")
    story.target("Bo", "control")
    story.touch("Cy", Visited)
    assert list(story.by_variant()) == ["b", "a", None, "control", "surprise"]


# The goal


@pytest.mark.parametrize(
    ("metric", "actual"), [("converted", 1), ("targeted", 2), ("sales", D("20.00")), ("conversions", 2), ("smiles", None)]
)
def test_a_goal_is_measured_if_its_metric_is_known(story: Story, metric: str, actual: Decimal | int | None) -> None:
    story.campaign()
    for who in ("Ada", "Bo"):
        story.target(who)
    for _ in range(2):
        story.convert("Ada")
    story.report()
    goal = of_goal(story.connection, uuid("Spring"), Goal(metric=metric, target=D(40)), "EUR")
    assert (goal.numerator, goal.value) == (actual, None if actual is None else actual / D(40))
    assert goal.reason == (None if actual is not None else "smiles is not measured")
    assert of_goal(story.connection, uuid("Spring"), None, "EUR").reason == "no goal is set"
