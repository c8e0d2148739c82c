"""Outcomes of leads and of the deals that followed, counted in groups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.sales.deal.deal import Deal, Place
from domain.sales.lead.events import Contact, Converted
from domain.sales.lead.lead import Lead
from domain.sales.pipeline import Pipeline, Stage
from domain.shared.annotations import Attachment
from projections.sales import deals, lead_funnel, leads, pipelines
from projections.sales.lead_funnel import Funnel, Group, Question
from projections.sales.leads import Counts, by_channel
from projections.shared import reports
from projections.shared.reports import TooManyGroups
from tests.projections.harness import History, fold, in_memory, uuid
from tests.projections.measured import value, values

READ = (leads.leads, deals.deals, pipelines.pipelines)
HOUR = Decimal(3600)


@pytest.fixture
def history() -> History:
    """Given a customer and a pipeline."""
    history = History()
    customer, sales = history.of(Customer, "ada"), history.of(Pipeline, "sales")
    history.must(customer, lambda context: customer.register(context, kind="person", name="Ada"))
    stages = [stage("talking", "0.2"), stage("offered", "0.5")]
    history.must(sales, lambda context: sales.define(context, code="sales", name="Sales", stages=stages))
    return history


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


def stage(code: str, probability: str) -> Stage:
    return Stage(code=code, name=code, probability=Decimal(probability))


def at(day: int, hour: int = 12, month: int = 2) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


def captured(history: History, number: str, when: datetime | None = None, **facts: Any) -> Lead:
    lead = history.of(Lead, number)
    asked: dict[str, Any] = {"number": number, "contact": Contact(name=f"Ada {number}"), **facts}
    history.must(lead, lambda context: lead.capture(context, **asked), occurred_at=when or at(1))
    return lead


def converted(history: History, lead: Lead, when: datetime, **facts: Any) -> None:
    conversion = Converted(customer_id=uuid("ada"), **facts)
    history.must(lead, lambda context: lead.convert(context, conversion), occurred_at=when)


def opened(history: History, number: str, amount: str | None, currency: str = "EUR", **facts: Any) -> Deal:
    deal, where = history.of(Deal, number), Place(history.of(Pipeline, "sales"), "sales", facts.pop("stage", "talking"))
    worth = {} if amount is None else {"amount": Decimal(amount), "currency": currency}
    asked: dict[str, Any] = {"number": number, "customer_id": uuid("ada"), "place": where, **worth, **facts}
    history.must(deal, lambda context: deal.open(context, **asked), occurred_at=at(2))
    return deal


def funnel(connection: Connection, history: History, *by: Group, **asked: Any) -> tuple[Funnel, dict[Any, Funnel]]:
    fold(connection, history, *READ)
    question: dict[str, Any] = {"from_": date(2024, 1, 1), "to": date(2025, 1, 1), "by": by} | asked
    total, groups = lead_funnel.report(connection, Question(**question))
    return total, {tuple(group.group.values()) if len(by) > 1 else next(iter(group.group.values())): group for group in groups}


def test_leads_are_counted_by_their_current_status(connection: Connection, history: History) -> None:
    """Given one converted lead, one lost, one lost, reopened and qualified, and one open."""
    converted(history, captured(history, "1", channel="social"), at(2))
    lost, again = captured(history, "2", channel="social"), captured(history, "3", channel="web")
    history.must(lost, lost.lose)
    history.must(again, again.lose)
    history.must(again, again.reopen)
    history.must(again, again.qualify)
    captured(history, "4")
    total, by_channel = funnel(connection, history, "channel")
    assert values(total, "captured", "qualified", "converted", "lost") == (4, 1, 1, 1)
    assert {name: values(group, "captured", "converted") for name, group in by_channel.items()} == {
        None: (1, 0),
        "social": (2, 1),
        "web": (1, 0),
    }
    assert (value(total, "conversion_rate"), total.measures["conversion_rate"].denominator) == (Decimal("0.25"), 4)


def test_time_to_convert_leaves_out_a_conversion_before_the_capture(connection: Connection, history: History) -> None:
    for number, hours in enumerate((13, 15, 22)):
        converted(history, captured(history, str(number)), at(1, hours))
    early = captured(history, "early", at(5))
    converted(history, early, at(3))
    total, _ = funnel(connection, history)
    mean = total.measures["time_to_convert_mean"]
    assert (value(total, "converted"), mean.n, value(total, "converted_before_captured")) == (4, 3, 1)
    assert (mean.value, mean.numerator) == (Decimal(14) / 3 * HOUR, 14 * HOUR)
    quantiles = values(total, "time_to_convert_p50", "time_to_convert_p90", "time_to_convert_max")
    assert quantiles == (3 * HOUR, Decimal("8.6") * HOUR, 10 * HOUR)
    nobody, _ = funnel(connection, history, channel="nowhere")
    assert values(nobody, "conversion_rate", "time_to_convert_p50") == (None, None)
    assert nobody.measures["conversion_rate"].reason == "no lead was captured"


def test_a_conversion_that_is_recorded_again_does_not_move_the_first_one(connection: Connection, history: History) -> None:
    lead = captured(history, "1")
    for hour in (15, 22, 14):
        converted(history, lead, at(1, hour))
    total, _ = funnel(connection, history)
    assert value(total, "time_to_convert_mean") == 2 * HOUR


def test_a_conversion_after_a_reopening_replaces_the_first_one(connection: Connection, history: History) -> None:
    lead = captured(history, "1")
    converted(history, lead, at(1, 15))
    history.must(lead, lambda context: lead.reopen(context), occurred_at=at(1, 16))
    converted(history, lead, at(1, 22))
    total, _ = funnel(connection, history)
    assert value(total, "time_to_convert_mean") == 10 * HOUR


def test_an_end_or_a_stage_that_is_recorded_again_keeps_its_first_moment(connection: Connection, history: History) -> None:
    won, lost, lead = opened(history, "won", "1"), opened(history, "lost", "1"), captured(history, "1")
    where = Place(history.of(Pipeline, "sales"), "sales", "offered")
    for day in (5, 7, 4):
        history.must(won, lambda context: won.change_stage(context, where), occurred_at=at(day))
    for day in (15, 17, 14):
        history.must(won, won.win, occurred_at=at(day))
        history.must(lost, lost.lose, occurred_at=at(day))
        history.must(lead, lambda context: lead.qualify(context), occurred_at=at(day))
    fold(connection, history, *READ)
    first, second = deals.get(connection, won.id), deals.get(connection, lost.id)
    third = leads.get(connection, lead.id)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first["staged_at"], first["won_at"], second["lost_at"], third["qualified_at"]) == (at(4), at(14), at(14), at(14))


def test_deals_are_valued_by_currency_and_weighted_by_current_probability(connection: Connection, history: History) -> None:
    won, lost = opened(history, "won", "100"), opened(history, "lost", "70")
    history.must(won, won.win)
    history.must(lost, lost.lose)
    opened(history, "a", "10.01")
    opened(history, "b", "20", stage="offered")
    opened(history, "c", "1000", "JPY", stage="offered")
    opened(history, "d", None)
    total, _ = funnel(connection, history)
    assert values(total, "deals_opened", "deals_won", "deals_lost", "deals_without_amount") == (6, 1, 1, 1)
    assert value(total, "win_rate") == Decimal("0.5")
    euro = values(total, "won_value:EUR", "open_value:EUR", "weighted_value:EUR")
    assert euro == (Decimal(100), Decimal("30.01"), Decimal("12.00"))
    assert (value(total, "open_value:JPY"), str(value(total, "weighted_value:JPY"))) == (Decimal(1000), "500")
    sales = history.of(Pipeline, "sales")
    history.must(sales, lambda context: sales.define(context, code="sales", name="Sales", stages=[stage("talking", "0.4")]))
    total, _ = funnel(connection, history)
    assert values(total, "weighted_value:EUR", "unweighted_value:EUR") == (Decimal("4.00"), Decimal("20.00"))


def test_a_deal_has_the_channel_and_origin_of_its_lead_and_its_own_owner(connection: Connection, history: History) -> None:
    lead = captured(history, "1", channel="social", origin="unknown")
    history.must(lead, lambda context: lead.assign(context, "agent-1", None))
    opened(history, "d", "10", lead_id=lead.id, owner="agent-2")
    opened(history, "e", "10")
    _, found = funnel(connection, history, "channel", "origin", "owner")
    assert {key: values(group, "captured", "deals_opened") for key, group in found.items()} == {
        ("social", "unknown", "agent-1"): (1, 0),
        ("social", "unknown", "agent-2"): (0, 1),
        (None, None, None): (0, 1),
    }
    total, _ = funnel(connection, history, origin="unknown")
    assert values(total, "captured", "deals_opened") == (1, 1)


def test_leads_count_on_the_days_they_were_captured(connection: Connection, history: History) -> None:
    captured(history, "1", at(31, 23, month=1), channel="web")
    converted(history, captured(history, "2", at(1), channel="web"), at(2))
    _, months = funnel(connection, history, "month")
    assert {month: value(group, "captured") for month, group in months.items()} == {date(2024, 1, 1): 1, date(2024, 2, 1): 1}
    shanghai = ZoneInfo("Asia/Shanghai")
    _, months = funnel(connection, history, "month", zone=shanghai)
    assert {month: value(group, "captured") for month, group in months.items()} == {date(2024, 2, 1): 2}
    assert by_channel(connection, date(2024, 2, 1), date(2024, 3, 1), shanghai) == {("web", date(2024, 2, 1)): Counts(2, 1)}


def test_open_deals_are_valued_by_pipeline_and_stage_and_by_the_day_they_were_opened(
    connection: Connection, history: History
) -> None:
    captured(history, "1", at(2))
    opened(history, "a", "10")
    opened(history, "b", "30")
    opened(history, "c", "100", stage="offered")
    _, found = funnel(connection, history, "pipeline", "stage", "day")
    weighted = {
        key: {name: figure.value for name, figure in group.measures.items() if name.startswith("weighted_value")}
        for key, group in found.items()
    }
    assert weighted == {
        (None, None, date(2024, 2, 2)): {},
        ("sales", "offered", date(2024, 2, 2)): {"weighted_value:EUR": Decimal("50.00")},
        ("sales", "talking", date(2024, 2, 2)): {"weighted_value:EUR": Decimal("8.00")},
    }
    _, weeks = funnel(connection, history, "week")
    assert {week: values(group, "captured", "deals_opened") for week, group in weeks.items()} == {date(2024, 1, 29): (1, 3)}


def test_too_many_groups_are_refused(connection: Connection, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "GROUP_LIMIT", 1)
    captured(history, "1", channel="web")
    assert len(funnel(connection, history, "channel")[1]) == 1
    captured(history, "2", channel="social")
    with pytest.raises(TooManyGroups):
        funnel(connection, history, "channel")


# Single leads


def test_a_lead_shows_all_its_facts_and_keeps_personal_data_separate(connection: Connection, history: History) -> None:
    file = Attachment(id=uuid("f"), media_type="image/png", bytes=7, sha256="ab" * 32, name="cup.png")
    lead = captured(history, "1", value=Decimal(5), currency="EUR")
    history.must(lead, lambda context: lead.attach(context, file))
    history.must(lead, lambda context: lead.set_attributes(context, {"wish": "tea", "size": 3}))
    history.must(lead, lambda context: lead.tag(context, ("hot",)))
    converted(history, lead, at(2), value=Decimal(7), currency="JPY", deal_id=uuid("d"))
    fold(connection, history, *READ)
    row = leads.get(connection, lead.id)
    assert row is not None
    assert (row["status"], row["value"], row["converted_value"], row["tags"]) == ("converted", Decimal("5.00"), 7, ["hot"])
    assert [file["media_type"] for file in row["attachments"]] == ["image/png"]
    assert row["attributes"] == {"size": 3}
    assert row["private"] == {
        "attributes": {"wish": "tea"},
        "contact": {"name": "Ada 1"},
        "files": {str(file.id): {"name": "cup.png"}},
    }


@pytest.mark.parametrize("whole", [True, False])
def test_personal_data_is_deleted_with_the_lead_or_with_the_customer_it_became(
    connection: Connection, history: History, whole: bool
) -> None:
    lead, other = captured(history, "1", channel="web"), captured(history, "2")
    converted(history, lead, at(2))
    if not whole:
        fold(connection, history, *READ)
    erasure: dict[str, Any] = {"reason": "requested", "requested_by": "customer", "receipt": "R1"}
    ada = history.of(Customer, "ada")
    history.must(ada, lambda context: ada.erase(context, **erasure))
    history.must(other, lambda context: other.erase(context, **erasure))
    fold(connection, history, *READ)
    rows = leads.listing(connection, leads.Filter(), sort="number", descending=False).rows
    assert [(row["number"], row["private"], row["erased_at"] is None) for row in rows] == [
        ("1", None, True),
        ("2", None, False),
    ]
    assert rows[0]["channel"] == "web"
