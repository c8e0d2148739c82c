"""Campaigns: plan and revisions, status, spending, resources and milestones."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.marketing.campaign.execution import Cancelled, Launched
from domain.marketing.campaign.planning import (
    BudgetChanged,
    CampaignPlannedOtherwise,
    CurrencyRequired,
    EndsBeforeStart,
    ExpectedDifferenceIsFixed,
    NameRequired,
    Planned,
    Revised,
)
from domain.marketing.campaign.progress import MilestoneReached, MilestoneUnknown, ResourceAssigned, ResourceUnknown
from domain.marketing.campaign.spending import SpendKnownOtherwise, SpendReversed, SpendUnknown
from domain.marketing.campaign.state import CampaignHasEnded, CampaignIsPaused, CampaignIsRunning, CampaignNotLaunched
from domain.marketing.campaign.values import Goal, Variant
from domain.shared.refusals import Malformed, Refusal
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored
from tests.domain.marketing.given_campaigns import CAMPAIGN, PLAN, launched, planned


def test_a_campaign_is_planned_with_its_whole_plan() -> None:
    (event,) = facts(planned(owner="eva", team="growth"))
    assert event == Planned(**PLAN | {"budget": Decimal("1000.00")}, owner="eva", team="growth")


def test_planning_a_campaign_again_with_the_same_values_records_nothing() -> None:
    campaign = planned()
    campaign.draw_up(live(), **PLAN)
    assert campaign.version == 1


def test_planning_a_campaign_again_with_other_values_is_refused() -> None:
    with pytest.raises(CampaignPlannedOtherwise):
        planned().draw_up(live(), **PLAN | {"name": "Autumn"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"goal": Goal(metric="has blanks", target=Decimal(1))},
        {"channels": ("e mail",)},
        {"budget": Decimal(-1)},
        {"budget": Decimal("0.001")},
        {"currency": "EURO"},
        {"starts": date(1066, 1, 1)},
        {"holdout_share": Decimal(1)},
        {"attribution_window_days": 0},
        {"expected_conversion_difference": Decimal(0)},
        {"expected_conversion_difference": Decimal(1)},
        {"expected_conversion_difference": Decimal("0.0000001")},
        {"variants": (Variant(code="a"), Variant(code="a"))},
        {"variants": (Variant(code="a", share=Decimal("0.6")), Variant(code="b", share=Decimal("0.6")))},
        {"variants": (Variant(code="a", share=Decimal(0)),)},
        {"channels": tuple(map(str, range(51)))},
        {"budget": Decimal(1), "currency": None},
    ],
)
def test_an_invalid_plan_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        planned(**wrong)


def test_a_campaign_that_ends_before_it_starts_is_refused_live_and_flagged_on_import() -> None:
    ending_before_start = {"ends": date(2026, 2, 1)}
    with pytest.raises(EndsBeforeStart):
        planned(**ending_before_start)
    campaign = type(planned())(CAMPAIGN)
    campaign.draw_up(imported(), **PLAN | ending_before_start)
    assert flags(campaign) == ("ends-before-start",)


def test_a_revision_records_only_what_changes() -> None:
    campaign = planned()
    campaign.revise(live(), name="Spring", channels=("email", "sms"), strategy=None, variants=(), audience=None)
    assert facts(campaign)[-1] == Revised(channels=("email", "sms"), cleared=("strategy", "variants"))
    version = campaign.version
    campaign.revise(live(), strategy=None, variants=())
    assert campaign.version == version


def test_the_name_of_a_campaign_cannot_be_cleared() -> None:
    with pytest.raises(NameRequired):
        planned().revise(live(), name=None)  # type: ignore[arg-type]


def test_a_revision_with_the_end_before_the_start_is_refused() -> None:
    with pytest.raises(EndsBeforeStart):
        planned().revise(live(), starts=date(2026, 4, 1))


def test_the_plan_of_an_ended_campaign_cannot_change() -> None:
    campaign = launched()
    campaign.complete(live(YESTERDAY))
    with pytest.raises(CampaignHasEnded):
        campaign.revise(live(), name="Late spring")
    campaign.revise(imported(NOW), name="Late spring")
    assert flags(campaign) == ("campaign-has-ended",)


def test_the_expected_difference_can_only_change_before_the_launch() -> None:
    campaign = planned()
    campaign.revise(live(), expected_conversion_difference=Decimal("0.030"))
    assert facts(campaign)[-1] == Revised(expected_conversion_difference=Decimal("0.03"))
    campaign.launch(live())
    campaign.revise(live(), expected_conversion_difference=Decimal("0.03"), name="Late spring")
    for other in (Decimal("0.04"), None):
        with pytest.raises(ExpectedDifferenceIsFixed):
            campaign.revise(live(), expected_conversion_difference=other)
    campaign.revise(imported(NOW), expected_conversion_difference=None)
    assert facts(campaign)[-1] == Revised(cleared=("expected_conversion_difference",))
    assert flags(campaign) == ("expected-difference-is-fixed",)


def test_a_plan_that_was_recorded_before_there_was_an_expected_difference_has_none() -> None:
    old = b'{"type":"crm.campaign.planned.v1","name":"Spring","attribution_window_days":14}'
    event = msgspec.json.decode(old, type=Planned)
    assert (event.attribution_window_days, event.expected_conversion_difference) == (14, None)


def test_a_budget_is_in_the_campaigns_currency_if_none_is_given() -> None:
    campaign = planned()
    campaign.change_budget(live(), Decimal(2000))
    assert facts(campaign)[-1] == BudgetChanged(budget=Decimal("2000.00"), currency="EUR")
    campaign.change_budget(live(), Decimal(2000), "USD")
    assert campaign.currency == "USD"
    campaign.change_budget(live(), None)
    assert facts(campaign)[-1] == BudgetChanged(currency="USD")
    version = campaign.version
    campaign.change_budget(live(), None)
    assert campaign.version == version


def test_a_budget_without_a_currency_is_refused() -> None:
    with pytest.raises(CurrencyRequired):
        planned(budget=None, currency=None).change_budget(live(), Decimal(1))


# Status


def test_a_campaign_is_launched_paused_resumed_and_completed() -> None:
    campaign = launched()
    for decision in (campaign.pause, campaign.resume, campaign.complete):
        decision(live())
    assert campaign.status == "completed"
    assert all(metadata.irregular == () for _, metadata in campaign.pending)


@pytest.mark.parametrize(
    ("before", "decision", "refusal"),
    [
        ((), "pause", CampaignNotLaunched),
        ((), "resume", CampaignNotLaunched),
        ((), "complete", CampaignNotLaunched),
        (("launch",), "resume", CampaignIsRunning),
        (("launch", "pause", "resume"), "launch", CampaignIsRunning),
        (("launch", "pause"), "launch", CampaignIsPaused),
        (("launch", "complete"), "cancel", CampaignHasEnded),
        (("launch", "complete"), "launch", CampaignHasEnded),
        (("cancel",), "complete", CampaignHasEnded),
    ],
)
def test_a_status_change_that_is_not_allowed_is_refused_live_and_flagged_on_import(
    before: tuple[str, ...], decision: str, refusal: type[Refusal]
) -> None:
    campaign = planned()
    for step in before:
        getattr(campaign, step)(live(LAST_WEEK))
    with pytest.raises(refusal):
        getattr(campaign, decision)(live())
    getattr(campaign, decision)(imported())
    assert flags(campaign) == (refusal.rule,)


def test_a_repeated_status_is_recorded_only_at_another_time_and_flagged() -> None:
    campaign = planned()
    for at in (LAST_WEEK, LAST_WEEK, None, YESTERDAY, LAST_WEEK):
        campaign.launch(live(at))
    assert facts(campaign)[1:] == [Launched(), Launched()]
    assert flags(campaign) == ("repeated",)


def test_an_earlier_status_change_repeated_later_records_nothing() -> None:
    campaign = planned()
    campaign.launch(live(LAST_WEEK))
    campaign.complete(live(YESTERDAY))
    campaign.launch(live(LAST_WEEK))
    assert campaign.status == "completed"
    assert campaign.version == 3


def test_a_cancellation_has_a_reason_code_and_a_free_text_note() -> None:
    campaign = planned()
    campaign.cancel(live(), reason="no_budget", note="As Eva decided")
    assert facts(campaign)[-1] == Cancelled(reason="no_budget", note="As Eva decided")


# Spending


def test_a_spend_is_recorded_once_and_other_values_are_refused() -> None:
    campaign = planned()
    campaign.record_spend(live(), "inv 1", Decimal(10), category="media")
    campaign.record_spend(live(), "inv 1", Decimal("10.00"), "EUR", "media")
    assert campaign.version == 2
    with pytest.raises(SpendKnownOtherwise):
        campaign.record_spend(live(), "inv 1", Decimal(11), category="media")


def test_a_spend_needs_an_amount_and_a_currency() -> None:
    with pytest.raises(CurrencyRequired):
        planned(budget=None, currency=None).record_spend(live(), "1", Decimal(10))
    with pytest.raises(Malformed):
        planned().record_spend(live(), "1", Decimal(0))


def test_a_reversal_contains_the_values_of_the_spend() -> None:
    campaign = planned()
    campaign.record_spend(live(), "1", Decimal(10), "USD", "media")
    for _ in range(2):
        campaign.reverse_spend(live(), "1", reason="credit_note")
    taken_back = {"amount": Decimal("10.00"), "currency": "USD", "category": "media", "reason": "credit_note"}
    assert facts(campaign)[2:] == [SpendReversed(spend_id="1", **taken_back)]  # type: ignore[arg-type]


def test_an_unknown_spend_cannot_be_reversed() -> None:
    with pytest.raises(SpendUnknown):
        planned().reverse_spend(live(), "1")


# Resources and milestones


def test_a_resource_is_assigned_and_released() -> None:
    campaign = planned()
    campaign.assign_resource(live(), "person", "eva", Decimal("0.50"))
    campaign.assign_resource(live(), "person", "eva", Decimal("0.5"))
    assert facts(campaign)[1:] == [ResourceAssigned(kind="person", code="eva", share=Decimal("0.5"))]
    campaign.assign_resource(live(), "person", "eva", Decimal(1))
    campaign.release_resource(live(), "person", "eva")
    campaign.release_resource(live(), "person", "eva")
    assert campaign.version == 4


def test_a_resource_that_was_never_assigned_cannot_be_released() -> None:
    campaign = planned()
    campaign.assign_resource(live(), "asset", "studio")
    with pytest.raises(ResourceUnknown):
        campaign.release_resource(live(), "person", "studio")


def test_no_resource_can_be_assigned_to_an_ended_campaign() -> None:
    campaign = planned()
    campaign.cancel(live(YESTERDAY))
    with pytest.raises(CampaignHasEnded):
        campaign.assign_resource(live(), "person", "eva")
    campaign.assign_resource(imported(LAST_WEEK), "person", "eva")
    assert flags(campaign) == ()


@pytest.mark.parametrize("wrong", [("robot", "r2", None), ("person", "has blanks", None), ("person", "eva", Decimal(2))])
def test_an_invalid_resource_is_refused(wrong: tuple[Any, str, Decimal | None]) -> None:
    with pytest.raises(Malformed):
        planned().assign_resource(live(), *wrong)


def test_a_milestone_is_set_changed_and_reached() -> None:
    campaign = planned()
    campaign.set_milestone(live(), "texts", due=date(2026, 3, 5), title="Texts are written")
    campaign.set_milestone(live(), "texts", due=date(2026, 3, 5), title="Texts are written")
    campaign.set_milestone(live(), "texts", due=date(2026, 3, 9), title="Texts are written")
    campaign.reach_milestone(live(), "texts")
    campaign.reach_milestone(live(), "texts")
    assert campaign.version == 4
    assert facts(campaign)[-1] == MilestoneReached(milestone_id="texts")


def test_an_unknown_milestone_cannot_be_reached() -> None:
    with pytest.raises(MilestoneUnknown):
        planned().reach_milestone(live(), "texts")


# Variants and replay


@pytest.mark.parametrize(
    ("variants", "known", "unknown"),
    [((), ("treatment", "control"), ("short",)), (PLAN["variants"], ("short", "long", "control"), ("treatment",))],
)
def test_a_campaign_knows_its_variants(variants: Any, known: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    campaign = planned(variants=variants)
    assert all(map(campaign.has_variant, known))
    assert not any(map(campaign.has_variant, unknown))


def test_a_replay_gives_the_same_campaign() -> None:
    campaign = launched()
    campaign.revise(live(), ends=None, holdout_share=Decimal(0))
    campaign.record_spend(live(), "1", Decimal(10))
    campaign.tag(live(), ("spring",))
    assert state(stored(campaign)) == state(campaign)
