"""Commands on campaigns and their members: what they load, which member they find, and what they pass on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from commands.marketing import campaign_members as members
from commands.marketing import campaigns
from commands.sales import orders
from domain.customers.customer.customer import Customer
from domain.customers.customer.refusals import CustomerErased, CustomerUnknown
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.state import CampaignHasEnded
from domain.marketing.campaign.values import Variant
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.sales.order.values import Item
from domain.shared.ids import external_id
from domain.shared.refusals import Malformed, NotThere
from tests.commands.in_memory import InMemory

ADA, BOB = (external_id("customer", "test", name, b"") for name in ("ada", "bob"))
SPRING = external_id("campaign", "test", "spring", b"")
ORDER = external_id("order", "test", "1", b"")
MEMBER_IDS: Any = {"campaign_id": SPRING, "customer_id": ADA}


@pytest.fixture
def work() -> InMemory:
    work = InMemory()
    register(work, ADA)
    campaigns.plan(work, campaign_id=SPRING, name="Spring", currency="EUR", variants=(Variant(code="short"),))
    return work


def register(work: InMemory, id: UUID) -> Customer:
    customer = work.load(Customer, id)
    customer.register(work.context, kind="person", name="Ada")
    return customer


def flags(member: CampaignMember) -> tuple[str, ...]:
    return member.pending[-1][1].irregular


def test_a_campaign_by_its_external_id_is_planned_and_then_changed(work: InMemory) -> None:
    autumn = external_id("campaign", "ads", "7", b"")
    named: Any = {"campaign_id": autumn, "external": ("ads", "7"), "name": "Autumn"}
    for _ in range(2):
        campaign = campaigns.create_or_change(work, **named, owner="eva")
    assert (campaign.version, campaign.external_ids) == (2, {("ads", "7")})
    campaigns.create_or_change(work, **named, channels=("email",), budget=Decimal(5), currency="EUR", team="growth")
    assert (campaign.version, campaign.assignment) == (5, ("eva", "growth"))
    campaigns.create_or_change(work, **named, budget=None, owner=None)
    assert (campaign.budget, campaign.currency, campaign.assignment) == (None, "EUR", (None, "growth"))


def test_commands_on_a_missing_campaign_are_refused(work: InMemory) -> None:
    with pytest.raises(NotThere):
        campaigns.launch(work, campaign_id=ORDER)
    with pytest.raises(NotThere):
        members.send(work, campaign_id=ORDER, customer_id=ADA)


def test_an_unknown_or_erased_customer_cannot_be_a_member(work: InMemory) -> None:
    with pytest.raises(CustomerUnknown):
        members.target(work, campaign_id=SPRING, customer_id=BOB)
    register(work, BOB).erase(work.context, reason="requested", requested_by="customer", receipt="DSR-7")
    with pytest.raises(CustomerErased):
        members.visit(work, campaign_id=SPRING, customer_id=BOB)


def test_for_a_merged_customer_who_was_no_member_the_survivor_is_the_member(work: InMemory) -> None:
    register(work, BOB)
    work.load(Customer, ADA).survivor = BOB
    member = members.target(work, **MEMBER_IDS, variant="short")
    assert (member.id, member.customer_id) == (member_id(SPRING, BOB), BOB)


def test_a_merged_customer_who_was_a_member_stays_that_member(work: InMemory) -> None:
    members.target(work, **MEMBER_IDS, variant="short")
    register(work, BOB)
    work.load(Customer, ADA).survivor = BOB
    member = members.visit(work, **MEMBER_IDS)
    assert (member.customer_id, flags(member)) == (ADA, ())


def test_a_variant_that_the_campaign_does_not_list_is_flagged(work: InMemory) -> None:
    assert flags(members.target(work, **MEMBER_IDS)) == ("unknown-variant",)


def test_nobody_is_targeted_after_the_end_but_a_repeat_is_accepted(work: InMemory) -> None:
    register(work, BOB)
    members.target(work, **MEMBER_IDS, variant="control")
    campaigns.cancel(work, campaign_id=SPRING)
    work.context = msgspec.structs.replace(work.context, now=work.context.now + timedelta(hours=1))
    assert members.target(work, **MEMBER_IDS, variant="control").version == 1
    with pytest.raises(CampaignHasEnded):
        members.target(work, campaign_id=SPRING, customer_id=BOB, variant="control")


def test_every_touch_reaches_the_member(work: InMemory) -> None:
    members.target(work, **MEMBER_IDS, variant="short")
    for touch in (members.send, members.defer, members.deliver, members.visit, members.unsubscribe, members.mark_as_spam):
        touch(work, **MEMBER_IDS, send_id="s-1", touch_id=touch.__name__)
    members.bounce(work, **MEMBER_IDS, bounce="soft", code="4.2.2")
    members.open(work, **MEMBER_IDS, machine="true")
    members.click(work, **MEMBER_IDS, url="https://example.com/")
    members.respond(work, **MEMBER_IDS, status="interested")
    members.suppress(work, **MEMBER_IDS, reason="no_consent")
    members.retract_touch(work, **MEMBER_IDS, touch_id="send")
    assert members.remove(work, **MEMBER_IDS).version == 14


def test_a_conversion_is_in_the_campaigns_currency_and_identified_by_its_order(work: InMemory) -> None:
    tea = Item(line_id="1", name="Tea", quantity=Decimal(1), unit_price=Decimal(5))
    orders.place(work, order_id=ORDER, number=None, customer_id=ADA, channel="web", currency="EUR", lines=[tea])
    member = members.convert(work, **MEMBER_IDS, order_id=ORDER, value=Decimal(5))
    (converted,) = member.conversions.values()
    assert (converted.conversion_id, converted.currency) == (str(ORDER), "EUR")
    members.reverse_conversion(work, **MEMBER_IDS, conversion_id=str(ORDER))
    assert member.reversed == {str(ORDER)}


def test_a_conversion_needs_an_id_or_an_existing_order(work: InMemory) -> None:
    with pytest.raises(Malformed):
        members.convert(work, **MEMBER_IDS)
    with pytest.raises(NotThere):
        members.convert(work, **MEMBER_IDS, order_id=ORDER)


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        (members.remove, {}),
        (members.retract_touch, {"touch_id": "1"}),
        (members.reverse_conversion, {"conversion_id": "1"}),
    ],
)
def test_nothing_can_be_reversed_for_a_customer_who_never_was_a_member(
    work: InMemory, command: Any, facts: dict[str, str]
) -> None:
    with pytest.raises(NotThere):
        command(work, **MEMBER_IDS, **facts)


def test_a_campaign_goes_through_its_whole_life(work: InMemory) -> None:
    named: Any = {"campaign_id": SPRING}
    campaigns.launch(work, **named)
    campaigns.pause(work, **named, reason="texts")
    campaigns.resume(work, **named)
    campaigns.revise(work, **named, channels=("email",))
    campaigns.change_budget(work, **named, budget=Decimal(10))
    campaigns.record_spend(work, **named, spend_id="1", amount=Decimal(3))
    campaigns.reverse_spend(work, **named, spend_id="1")
    campaigns.assign_resource(work, **named, kind="asset", code="studio", share=Decimal("0.5"))
    campaigns.release_resource(work, **named, kind="asset", code="studio")
    campaigns.set_milestone(work, **named, milestone_id="texts")
    campaigns.reach_milestone(work, **named, milestone_id="texts")
    campaign = campaigns.complete(work, **named)
    assert (campaign.version, campaign.status) == (13, "completed")
    assert isinstance(campaign, Campaign)
