"""Campaign members: targeting, touches in any order, conversions. Irregular facts are recorded and flagged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.marketing.campaign.state import CampaignHasEnded
from domain.marketing.campaign_member.events import (
    TOUCHES,
    Bounced,
    Clicked,
    ConversionReversed,
    Converted,
    Deferred,
    Delivered,
    MarkedAsSpam,
    Opened,
    Removed,
    Responded,
    Sent,
    Suppressed,
    Targeted,
    Touch,
    TouchRetracted,
    Unsubscribed,
    Visited,
)
from domain.marketing.campaign_member.member import CampaignMember as Member
from domain.marketing.campaign_member.member import (
    ConversionKnownOtherwise,
    ConversionUnknown,
    MemberTargetedOtherwise,
    TouchKnownOtherwise,
    TouchUnknown,
)
from domain.shared.refusals import Malformed
from tests.domain.given import LAST_WEEK, YESTERDAY, facts, flags, imported, live, state, stored
from tests.domain.marketing.given_campaigns import CUSTOMER, MEMBER, MEMBER_IDS, ORDER, convert, target, targeted, touch

ANY_TOUCH = pytest.mark.parametrize("kind", TOUCHES.values(), ids=TOUCHES)


def test_the_subject_of_a_member_is_the_customer() -> None:
    _, metadata = targeted().pending[0]
    assert metadata.subject == CUSTOMER


def test_targeting_a_member_again_is_recorded_only_at_another_time_and_flagged() -> None:
    member = Member(MEMBER)
    for at in (LAST_WEEK, LAST_WEEK, None, YESTERDAY):
        target(member, context=live(at))
    assert facts(member) == [Targeted(**MEMBER_IDS, variant="short")] * 2
    assert flags(member) == ("repeated",)


def test_the_variant_of_a_member_cannot_change() -> None:
    with pytest.raises(MemberTargetedOtherwise):
        target(targeted("short"), "control")


def test_a_variant_that_is_not_in_the_plan_is_flagged() -> None:
    member = Member(MEMBER)
    target(member, "tall", unknown_variant=True)
    assert flags(member) == ("unknown-variant",)


def test_an_ended_campaign_cannot_target_anybody() -> None:
    member = Member(MEMBER)
    with pytest.raises(CampaignHasEnded):
        target(member, campaign_ended=True)
    target(member, context=imported(), campaign_ended=True)
    assert flags(member) == ("campaign-has-ended",)
    target(member, context=live(), campaign_ended=True)
    assert member.version == 1


def test_a_removed_member_can_be_targeted_again_with_the_same_variant() -> None:
    member = targeted()
    for _ in range(2):
        member.remove(live(), Removed(**MEMBER_IDS, reason="on_request"))
    with pytest.raises(MemberTargetedOtherwise):
        target(member, "long")
    target(member, "short")
    first, second, third = facts(member)
    assert (type(first), type(second), type(third)) == (Targeted, Removed, Targeted)


def test_a_member_is_suppressed_once_for_each_reason() -> None:
    member = targeted()
    for reason in ("no_consent", "no_consent", "bounced"):
        member.suppress(live(), Suppressed(**MEMBER_IDS, reason=reason))
    assert member.version == 3


# Touches


@ANY_TOUCH
def test_a_touch_before_the_targeting_is_recorded_and_flagged(kind: type[Touch]) -> None:
    member = Member(MEMBER)
    touch(member, kind)
    assert "before-targeting" in flags(member)
    assert member.pending[0][1].subject == CUSTOMER


@ANY_TOUCH
def test_the_same_touch_or_an_equal_one_of_the_same_send_records_nothing(kind: type[Touch]) -> None:
    member = targeted()
    touch(member, kind, touch_id="t-1", send_id="s-1")
    touch(member, kind, live(YESTERDAY), touch_id="t-1", send_id="s-2")
    touch(member, kind, live(YESTERDAY), touch_id="t-2", send_id="s-1", channel="email")
    assert member.version == 2
    touch(member, kind, touch_id="t-3", send_id="s-3")
    assert member.version == 3


def test_a_touch_without_ids_is_identified_by_its_time() -> None:
    member = targeted()
    for at in (YESTERDAY, YESTERDAY, LAST_WEEK, None, None):
        touch(member, Visited, live(at))
    assert member.version == 5


def test_touches_of_one_send_with_different_content_are_different() -> None:
    member = targeted()
    for url in ("https://example.com/a", "https://example.com/b", "https://example.com/a"):
        touch(member, Clicked, send_id="s-1", url=url)
    for machine in ("true", "false", "true"):
        touch(member, Opened, send_id="s-1", machine=machine)
    for bounce in ("soft", "hard", "soft"):
        touch(member, Bounced, send_id="s-1", bounce=bounce)
    assert member.version == 1 + 3 * 2


def test_a_touch_id_identifies_one_touch() -> None:
    member = targeted()
    touch(member, Sent, touch_id="t-1")
    with pytest.raises(TouchKnownOtherwise):
        touch(member, Opened, touch_id="t-1")


@pytest.mark.parametrize("kind", [Sent, Deferred, Delivered, Bounced, Opened, Clicked, MarkedAsSpam])
def test_a_message_to_a_control_member_is_recorded_and_flagged(kind: type[Touch]) -> None:
    member = targeted("control")
    touch(member, kind)
    assert "sent-to-control" in flags(member)


@pytest.mark.parametrize("kind", [Visited, Responded, Unsubscribed])
def test_a_control_member_can_visit_respond_and_unsubscribe(kind: type[Touch]) -> None:
    member = targeted("control")
    touch(member, kind)
    assert flags(member) == ()


def test_targeting_a_control_member_after_a_message_was_sent_is_flagged() -> None:
    member = Member(MEMBER)
    touch(member, Sent)
    target(member, "control")
    assert flags(member) == ("sent-to-control",)


def test_a_bounce_after_the_delivery_of_the_same_send_is_flagged() -> None:
    member = targeted()
    touch(member, Delivered, send_id="s-1")
    touch(member, Bounced, send_id="s-2")
    assert flags(member) == ()
    touch(member, Bounced, send_id="s-1", bounce="hard", code="5.1.1")
    assert flags(member) == ("bounce-after-delivery",)


def test_a_click_without_an_open_of_the_same_send_is_flagged() -> None:
    member = targeted()
    touch(member, Opened, send_id="s-1")
    touch(member, Clicked, send_id="s-1")
    assert flags(member) == ()
    touch(member, Clicked, send_id="s-2")
    assert flags(member) == ("click-without-open",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"touch_id": " t "},
        {"send_id": "s" * 256},
        {"channel": "e mail"},
        {"url": "https://example.com/" + "x" * 2000},
    ],
)
def test_an_invalid_touch_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        touch(targeted(), Clicked, **wrong)


def test_a_retraction_contains_its_touch_and_the_touch_id_stays_in_use() -> None:
    member = targeted()
    touch(member, Delivered, touch_id="t-1", send_id="s-1")
    for _ in range(2):
        member.retract_touch(live(), "t-1", reason="wrong_person")
    touch(member, Delivered, touch_id="t-1", send_id="s-1")
    retracted = TouchRetracted(**MEMBER_IDS, touch_id="t-1", kind="delivered", send_id="s-1", reason="wrong_person")
    assert facts(member)[2:] == [retracted]


def test_a_retracted_touch_can_be_recorded_again_under_another_id() -> None:
    member = targeted()
    touch(member, Delivered, touch_id="t-1", send_id="s-1")
    member.retract_touch(live(), "t-1")
    touch(member, Bounced, send_id="s-1")
    assert flags(member) == ()
    touch(member, Delivered, touch_id="t-2", send_id="s-1")
    assert member.version == 5


def test_an_unknown_touch_cannot_be_retracted() -> None:
    with pytest.raises(TouchUnknown):
        targeted().retract_touch(live(), "t-1")


# Conversions


def test_a_conversion_is_recorded_once_and_other_values_are_refused() -> None:
    member = targeted()
    for value in ("9.5", "9.50"):
        convert(member, value=Decimal(value), currency="USD")
    assert facts(member)[1:] == [Converted(**MEMBER_IDS, conversion_id="c-1", value=Decimal("9.50"), currency="USD")]
    with pytest.raises(ConversionKnownOtherwise):
        convert(member, value=Decimal(10), currency="USD")


def test_an_order_converts_once_until_its_conversion_is_reversed() -> None:
    member = targeted()
    for conversion_id in ("c-1", "c-2"):
        convert(member, conversion_id, order_id=ORDER)
    assert member.version == 2
    member.reverse_conversion(live(), "c-1")
    convert(member, "c-2", order_id=ORDER)
    assert member.version == 4


def test_a_reversal_contains_the_values_of_the_conversion() -> None:
    member = targeted()
    convert(member, order_id=ORDER, value=Decimal(10), currency="JPY")
    for _ in range(2):
        member.reverse_conversion(live(), "c-1", reason="returned")
    reversal = ConversionReversed(
        **MEMBER_IDS, conversion_id="c-1", order_id=ORDER, value=Decimal(10), currency="JPY", reason="returned"
    )
    assert facts(member)[2:] == [reversal]


def test_an_unknown_conversion_cannot_be_reversed() -> None:
    with pytest.raises(ConversionUnknown):
        targeted().reverse_conversion(live(), "c-1")


def test_a_conversion_before_the_targeting_is_flagged_but_not_one_of_a_control_member() -> None:
    member = Member(MEMBER)
    convert(member)
    assert flags(member) == ("before-targeting",)
    target(member, "control")
    convert(member, "c-2")
    assert flags(member) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": Decimal(1)},
        {"currency": "EUR"},
        {"value": Decimal(-1), "currency": "EUR"},
        {"value": Decimal(1), "currency": "EURO"},
        {"channel": "e mail"},
    ],
)
def test_an_invalid_conversion_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        convert(targeted(), **wrong)


def test_a_replay_gives_the_same_member() -> None:
    member = targeted()
    touch(member, Sent, touch_id="t-1", send_id="s-1", channel="email")
    touch(member, Clicked, send_id="s-1", url="https://example.com/")
    member.retract_touch(live(), "t-1")
    convert(member, value=Decimal("0.5"), currency="EUR")
    assert state(stored(member)) == state(member)
