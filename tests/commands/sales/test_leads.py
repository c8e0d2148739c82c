"""Commands on leads, deals and pipelines: what they load, claim and pass on; and the orders that come from them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from commands.marketing import campaigns, touchpoints
from commands.sales import deals, leads, orders, pipelines
from domain.customers.customer.customer import Customer
from domain.customers.customer.refusals import CustomerErased, CustomerUnknown
from domain.sales.deal.deal import Deal
from domain.sales.deal.refusals import BEFORE_LEAD, DealOpenedOtherwise
from domain.sales.lead.lead import Lead
from domain.sales.lead.refusals import LeadCapturedOtherwise, LeadErased
from domain.sales.order.values import Item
from domain.sales.pipeline import PipelineUnknown, StageUnknown
from domain.shared.ids import external_id
from domain.shared.refusals import NotThere, NumberTaken
from tests.commands.in_memory import InMemory
from tests.domain.given import flags, imported
from tests.domain.sales.given_leads import BEGUN, OFFERED, TALKING

ADA, BOB = (external_id("customer", "test", name, b"") for name in ("ada", "bob"))
LEAD, OTHER_LEAD = (external_id("lead", "test", number, b"") for number in ("1", "2"))
DEAL, OTHER_DEAL = (external_id("deal", "test", number, b"") for number in ("1", "2"))
ORDER, SPRING = external_id("order", "test", "1", b""), external_id("campaign", "test", "1", b"")
NOBODY = external_id("lead", "test", "nobody", b"")
ERASURE: dict[str, Any] = {"reason": "requested", "requested_by": "customer", "receipt": "R1"}


@pytest.fixture
def work() -> InMemory:
    work = InMemory()
    for id in (ADA, BOB):
        work.load(Customer, id).register(work.context, kind="person", name="Ada")
    pipelines.define_or_revise(work, code="sales", name="Sales", stages=[TALKING, OFFERED])
    return work


def capture(work: InMemory, lead_id: UUID = LEAD, **facts: Any) -> Lead:
    return leads.capture(work, lead_id=lead_id, **{"number": None, "channel": "social"} | facts)


def open_deal(work: InMemory, deal_id: UUID = DEAL, **facts: Any) -> Deal:
    asked = {"number": None, "customer_id": ADA, "pipeline": "sales", "stage": "talking"} | facts
    return deals.open(work, deal_id=deal_id, **asked)


def place(work: InMemory, **named: Any) -> None:
    tea = Item(line_id="tea", name="Tea", quantity=Decimal(1), unit_price=Decimal(5))
    asked: dict[str, Any] = {"number": None, "customer_id": None, "channel": "web", "currency": "EUR", "lines": [tea]}
    orders.place(work, order_id=ORDER, **asked | named)


def test_numbers_are_generated_and_claimed_once(work: InMemory) -> None:
    assert (capture(work).number, capture(work).version) == ("1", 1)
    capture(work, OTHER_LEAD, number="L-7")
    open_deal(work, number="D-7")
    with pytest.raises(NumberTaken):
        capture(work, NOBODY, number="L-7")
    with pytest.raises(NumberTaken):
        open_deal(work, OTHER_DEAL, number="D-7")


def test_for_a_merged_customer_the_survivor_is_recorded(work: InMemory) -> None:
    work.load(Customer, ADA).survivor = BOB
    assert (capture(work, customer_id=ADA).customer_id, open_deal(work).subject) == (BOB, BOB)
    capture(work, OTHER_LEAD)
    assert leads.convert(work, lead_id=OTHER_LEAD, customer_id=ADA).customer_id == BOB
    assert (capture(work, customer_id=ADA).version, open_deal(work).version) == (1, 1)


def test_everything_that_a_lead_or_a_deal_names_must_exist(work: InMemory) -> None:
    for refused in ({"customer_id": NOBODY}, {"campaign_id": SPRING}):
        with pytest.raises(NotThere):
            capture(work, OTHER_LEAD, **refused)
    for refused in ({"customer_id": NOBODY}, {"lead_id": NOBODY}):
        with pytest.raises(NotThere):
            open_deal(work, **refused)
    capture(work)
    named: dict[str, Any] = {"customer_id": ADA}
    for unknown in ({"customer_id": NOBODY}, {"deal_id": DEAL}, {"order_id": ORDER}):
        with pytest.raises(NotThere):
            leads.convert(work, lead_id=LEAD, **named | unknown)
    open_deal(work)
    with pytest.raises(NotThere):
        deals.win(work, deal_id=DEAL, order_id=ORDER)
    work.load(Customer, BOB).erase(work.context, **ERASURE)
    with pytest.raises(CustomerErased):
        capture(work, OTHER_LEAD, customer_id=BOB)


def test_a_stage_that_the_pipeline_no_longer_has_is_refused(work: InMemory) -> None:
    with pytest.raises(PipelineUnknown):
        open_deal(work, pipeline="other")
    open_deal(work)
    pipelines.define_or_revise(work, code="sales", name="Sales", stages=[TALKING])
    with pytest.raises(StageUnknown):
        deals.change_stage(work, deal_id=DEAL, stage="offered")


def test_a_deal_that_is_older_than_its_lead_is_flagged(work: InMemory) -> None:
    capture(work)
    work.context = imported(BEGUN)
    assert flags(open_deal(work, lead_id=LEAD)) == (BEFORE_LEAD,)
    assert flags(deals.win(work, deal_id=DEAL)) == (BEFORE_LEAD,)


def test_a_put_captures_a_lead_and_then_changes_its_stage(work: InMemory) -> None:
    def put(**facts: Any) -> Lead:
        return leads.create_or_change(work, lead_id=LEAD, **{"number": None, "external": ("ads", "7")} | facts)

    put(channel="social", customer_id=ADA)
    for _ in range(2):
        put(stage="contacted")
    put(channel="social", customer_id=ADA)
    assert [type(event).__name__ for event in work.facts(LEAD)] == ["Captured", "ExternalIdLinked", "StageChanged"]
    for different in ({"channel": "web"}, {"customer_id": BOB}, {"number": "L-9"}, {"origin": "unknown"}):
        with pytest.raises(LeadCapturedOtherwise):
            put(**different)


def test_a_put_opens_a_deal_and_then_changes_it(work: InMemory) -> None:
    def put(**facts: Any) -> Deal:
        asked = {"number": None, "customer_id": ADA, "pipeline": "sales", "stage": "talking", "external": ("erp", "7")}
        return deals.create_or_change(work, deal_id=DEAL, **asked | facts)

    put(amount=Decimal(5), currency="EUR")
    for _ in range(2):
        put(stage="offered", amount=Decimal(7), owner="agent-7")
    recorded = ["Opened", "ExternalIdLinked", "StageChanged", "AmountChanged", "Assigned"]
    assert [type(event).__name__ for event in work.facts(DEAL)] == recorded
    capture(work)
    for different in ({"customer_id": BOB}, {"lead_id": LEAD}, {"number": "D-9"}, {"pipeline": "other"}):
        with pytest.raises(DealOpenedOtherwise):
            put(**different)


def test_every_decision_has_its_command(work: InMemory) -> None:
    capture(work)
    open_deal(work, lead_id=LEAD)
    of_lead: list[tuple[Any, dict[str, Any]]] = [
        (leads.change_stage, {"stage": "contacted"}),
        (leads.qualify, {}),
        (leads.lose, {"reason": "no_answer"}),
        (leads.reopen, {}),
        (leads.convert, {"customer_id": ADA, "deal_id": DEAL}),
        (leads.erase, ERASURE),
    ]
    for version, (command, named) in enumerate(of_lead, start=2):
        assert command(work, lead_id=LEAD, **named).version == version
    of_deal: list[tuple[Any, dict[str, Any]]] = [
        (deals.change_stage, {"stage": "offered"}),
        (deals.change_amount, {"amount": Decimal(5), "currency": "EUR"}),
        (deals.change_close_date, {"expected_close": BEGUN.date()}),
        (deals.lose, {"reason": "price"}),
        (deals.reopen, {}),
        (deals.win, {}),
    ]
    for version, (command, named) in enumerate(of_deal, start=2):
        assert command(work, deal_id=DEAL, **named).version == version
    with pytest.raises(LeadErased):
        leads.qualify(work, lead_id=LEAD)


@pytest.mark.parametrize("name", ["campaign_id", "lead_id", "deal_id"])
def test_an_order_comes_only_from_existing_aggregates(work: InMemory, name: str) -> None:
    there = {"campaign_id": SPRING, "lead_id": LEAD, "deal_id": DEAL}
    with pytest.raises(NotThere):
        place(work, **{name: there[name]})
    campaigns.plan(work, campaign_id=SPRING, name="Spring", currency="EUR")
    capture(work)
    open_deal(work)
    place(work, **{name: there[name]})
    assert len(work.facts(ORDER)) == 1


def test_an_order_of_an_erased_lead_is_refused(work: InMemory) -> None:
    capture(work)
    leads.erase(work, lead_id=LEAD, **ERASURE)
    with pytest.raises(LeadErased):
        place(work, lead_id=LEAD)
    with pytest.raises(CustomerUnknown):
        place(work, customer_id=NOBODY)


def test_a_touchpoint_of_a_lead_with_a_customer_names_that_customer(work: InMemory) -> None:
    def touch(click: UUID, lead_id: UUID) -> UUID | None:
        recorded = touchpoints.record(work, touchpoint_id=click, channel="web", kind="form", lead_id=lead_id).recorded
        assert recorded is not None
        assert (len(work.facts(click)), recorded.lead_id) == (1, lead_id)
        return recorded.customer_id

    first, second = (external_id("touchpoint", "test", number, b"") for number in ("1", "2"))
    capture(work)
    capture(work, OTHER_LEAD, customer_id=ADA)
    assert (touch(first, LEAD), touch(second, OTHER_LEAD)) == (None, ADA)
    leads.convert(work, lead_id=LEAD, customer_id=BOB)
    assert touch(first, LEAD) is None
    with pytest.raises(NotThere):
        touch(first, NOBODY)
