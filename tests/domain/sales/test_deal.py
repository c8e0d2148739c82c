"""Deals and pipelines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.sales.deal.deal import Deal
from domain.sales.deal.refusals import (
    BEFORE_LEAD,
    DealBeforeOpening,
    DealEnded,
    DealNotEnded,
    DealOpenedOtherwise,
    DealWonOtherwise,
)
from domain.sales.pipeline import Pipeline, PipelineUnknown, StageUnknown, pipeline_id
from domain.shared.refusals import Malformed
from tests.domain.given import facts, flags, imported, live, state, stored
from tests.domain.sales.given_leads import (
    BEGUN,
    DEAL,
    EARLIER,
    LATER,
    LEAD,
    MUCH_LATER,
    OFFERED,
    TALKING,
    open_deal,
    opened,
    pipeline,
    place,
)
from tests.domain.sales.given_orders import CUSTOMER, ORDER, OTHER_CUSTOMER


def names(deal: Deal) -> list[str]:
    return [type(event).__name__ for event in facts(deal)]


# Deals


def test_the_subject_of_a_deal_is_its_customer() -> None:
    deal = opened(lead_id=LEAD, owner="agent-7")
    assert (deal.subject, deal.stage, deal.worth) == (CUSTOMER, "talking", (Decimal("500.00"), "EUR"))
    assert deal.assignment == ("agent-7", None)


def test_opening_again_with_the_same_values_records_nothing_and_other_values_are_refused() -> None:
    deal = opened()
    open_deal(deal)
    assert names(deal) == ["Opened"]
    with pytest.raises(DealOpenedOtherwise):
        open_deal(deal, customer_id=OTHER_CUSTOMER)


@pytest.mark.parametrize("wrong", [{"amount": None}, {"amount": Decimal(-1)}, {"owner": "Ada L."}, {"number": ""}])
def test_an_invalid_deal_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        opened(**wrong)


@pytest.mark.parametrize(
    ("where", "refusal"),
    [(place("offered", "other"), PipelineUnknown), (place("nowhere"), StageUnknown)],
    ids=["pipeline", "stage"],
)
def test_an_unknown_pipeline_or_stage_is_refused_live_and_flagged_on_import(where: Any, refusal: Any) -> None:
    for decide in (open_at, move):
        with pytest.raises(refusal):
            decide(Deal(DEAL), live(), where)
        deal = Deal(DEAL)
        decide(deal, imported(), where)
        assert flags(deal) == (refusal.rule,)


def open_at(deal: Deal, context: Any, where: Any) -> None:
    open_deal(deal, context, place=where)


def move(deal: Deal, context: Any, where: Any) -> None:
    open_deal(deal)
    deal.change_stage(context, where)


def test_a_deal_moves_through_its_stages_and_is_won() -> None:
    deal = opened()
    for _ in range(2):
        deal.change_stage(live(), place("offered"))
        deal.change_amount(live(), Decimal(600), "EUR")
        deal.change_close_date(live(), date(2026, 6, 30))
        deal.win(live(), order_id=ORDER)
    assert names(deal) == ["Opened", "StageChanged", "AmountChanged", "CloseDateChanged", "Won"]
    with pytest.raises(DealWonOtherwise):
        deal.win(live())


def test_a_deal_before_its_lead_is_recorded_and_flagged() -> None:
    deal = opened(lead_id=LEAD, lead_captured_at=LATER)
    assert flags(deal) == (BEFORE_LEAD,)
    deal.win(live(BEGUN), lead_captured_at=LATER)
    assert flags(deal) == (BEFORE_LEAD,)
    late = opened(lead_id=LEAD, lead_captured_at=EARLIER)
    late.win(live(LATER), lead_captured_at=EARLIER)
    assert flags(late) == ()


def test_an_ended_deal_must_be_reopened_before_it_can_change() -> None:
    deal = opened()
    deal.lose(live(), reason="price")
    with pytest.raises(DealEnded):
        deal.win(live())
    with pytest.raises(DealEnded):
        deal.change_stage(live(), place("offered"))
    deal.reopen(live())
    deal.win(live())
    assert names(deal) == ["Opened", "Lost", "Reopened", "Won"]


def test_an_import_that_breaks_our_rules_is_flagged() -> None:
    deal = opened()
    deal.reopen(imported())
    assert flags(deal) == (DealNotEnded.rule,)
    deal.lose(imported(EARLIER))
    assert flags(deal) == (DealBeforeOpening.rule,)
    deal.win(imported())
    assert flags(deal) == (DealEnded.rule,)


def test_a_repeated_win_at_another_time_is_recorded_and_flagged() -> None:
    deal = opened()
    for at in (LATER, LATER, MUCH_LATER):
        deal.win(live(at))
    assert (names(deal), flags(deal)) == (["Opened", "Won", "Won"], ("repeated",))


def test_a_replay_gives_the_same_deal() -> None:
    deal = opened(lead_id=LEAD)
    deal.change_amount(live(), None, None)
    deal.lose(live())
    deal.reopen(live(), reason="again")
    assert state(stored(deal)) == state(deal)


# Pipelines


def test_a_pipeline_is_defined_and_revised() -> None:
    sales = pipeline()
    sales.define(live(), code="sales", name="Sales", stages=[TALKING, OFFERED])
    sales.define(live(), code="sales", name="Sales", stages=[TALKING])
    assert [type(event).__name__ for event in facts(sales)] == ["Defined", "Revised"]
    assert (sales.has_stage("talking"), sales.has_stage("offered")) == (True, False)
    assert state(stored(sales)) == state(sales)


def test_repeating_an_earlier_definition_changes_nothing() -> None:
    sales = Pipeline(pipeline_id("sales"))
    for stages in ([TALKING], [TALKING, OFFERED], [TALKING]):
        sales.define(live(BEGUN), code="sales", name="Sales", stages=stages)
    assert sales.stages == (TALKING, OFFERED)


@pytest.mark.parametrize(
    "stages",
    [
        [],
        [TALKING, TALKING],
        [msgspec.structs.replace(TALKING, probability=Decimal("1.1"))],
        [msgspec.structs.replace(TALKING, probability=Decimal("0.0000001"))],
        [msgspec.structs.replace(TALKING, code="in talks")],
    ],
)
def test_invalid_stages_are_refused(stages: list[Any]) -> None:
    with pytest.raises(Malformed):
        Pipeline(pipeline_id("sales")).define(live(), code="sales", name="Sales", stages=stages)
