"""What the report says of a refused row: its line, the column, and the mapping's key, but never its text."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.customers.customer.events import Registered
from domain.marketing.campaign.planning import Planned
from tests.commands.importing.given_importing import Store

LEADS = """
system = "crm"
occurred_at = "{day}"
[[make]]
command = "lead.capture"
id = "{id}"
[make.facts]
channel = "{channel}"
origin = { text = "{origin}", map = { W = "web", S = "shop" } }
value = "{value}"
currency = "{currency}"
"""
HEADER = "id,day,channel,origin,value,currency\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


@pytest.mark.parametrize(
    ("row", "column", "field"),
    [
        (",2024-05-01,web,W,1,EUR", "id", "lead: id"),
        ("1,yesterday,web,W,1,EUR", "day", "lead.capture: occurred_at"),
        ("1,,web,W,1,EUR", "day", "lead.capture: occurred_at"),
        ("1,2024-05-01,my web,W,1,EUR", "channel", "lead.capture: facts.channel"),
        ("1,2024-05-01,-web,W,1,EUR", "channel", "lead.capture: facts.channel"),
        ("1,2024-05-01,web,X,1,EUR", "origin", "lead.capture: facts.origin"),
        ("1,2024-05-01,web,w,1,EUR", "origin", "lead.capture: facts.origin"),
        ('1,2024-05-01,web,W,"1,5",EUR', "value", "lead.capture: facts.value"),
        ("1,2024-05-01,web,W,1,Euro", "currency", "lead.capture: facts.currency"),
        ("1,2024-05-01,web,W,1,eur", "currency", "lead.capture: facts.currency"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_by_line_column_and_key(store: Store, row: str, column: str, field: str) -> None:
    [refused] = store.load(LEADS, f'{HEADER}2,2024-05-01,"web",W,1,EUR\n\n{row}\n').refusals
    assert (refused.line, refused.column, refused.field) == (4, column, field)
    assert (refused.rule, refused.done) == ("unusable", ())


CODES = """
system = "crm"
occurred_at = "2024-05-01"
[[make]]
command = "order.place"
id = "1"
[make.facts]
channel = "{channel}"
owner = "{owner}"
currency = "EUR"
lines = [{ line_id = "1", name = "Tea", quantity = "1", unit_price = "1" }]
[[make]]
command = "ticket.open"
id = "1"
facts = { channel = "{asked}" }
[[make]]
command = "ticket.reply"
id = "1"
facts = { reply_id = "1", by = "agent", visibility = "public", channel = "{answered}" }
"""


@pytest.mark.parametrize(
    ("row", "column", "field"),
    [
        ("my web,ann,email,email", "channel", "order.place: facts.channel"),
        ("web,Ann Lee,email,email", "owner", "order.place: facts.owner"),
        ("web,ann,by mail,email", "asked", "ticket.open: facts.channel"),
        ("web,ann,email,by mail", "answered", "ticket.reply: facts.channel"),
    ],
)
def test_what_is_a_code_in_requests_is_one_in_imports(store: Store, row: str, column: str, field: str) -> None:
    header = "channel,owner,asked,answered"
    assert store.load(CODES, f"{header}\nweb,ann,email,email\n").refusals == []
    [refused] = store.load(CODES, f"{header}\n{row}\n").refusals
    assert (refused.line, refused.rule, refused.column, refused.field) == (2, "unusable", column, field)


@pytest.mark.parametrize(
    "row",
    ["1,2024-05-01,Ada Lovelace,W,1,EUR", "1,2024-05-01,web,Ada Lovelace,1,EUR", "1,2024-05-01,web,W,Ada Lovelace,EUR",
     "1,2024-05-01,web,W,1,Ada Lovelace", "1,Ada Lovelace,web,W,1,EUR"],
)  # fmt: skip
def test_a_report_never_contains_the_text_of_a_refused_cell(store: Store, row: str) -> None:
    [refused] = store.load(LEADS, f"{HEADER}{row}\n").refusals
    assert "Ada" not in str(refused)


def test_a_value_of_several_columns_names_all_of_them(store: Store) -> None:
    mapping = LEADS.replace('occurred_at = "{day}"', 'occurred_at = "{day} {channel}"')
    [refused] = store.load(mapping, f"{HEADER}1,2024-05-01,noon,W,1,EUR\n").refusals
    assert (refused.column, refused.field) == ("day, channel", "lead.capture: occurred_at")


PLANS = """
system = "crm"
occurred_at = "2024-05-01"
[[make]]
command = "campaign.plan"
id = "{#}"
[make.facts]
name = "Spring"
channels = ["{first}", "{second}"]
attribution_window_days = "{days}"
expected_conversion_difference = "{difference}"
"""


@pytest.mark.parametrize(
    ("row", "column", "field"),
    [
        (",my mail,7,0.02", "second", "campaign.plan: facts.channels[1]"),
        ("my web,mail,7,0.02", "first", "campaign.plan: facts.channels[0]"),
        ("web,mail,7.5,0.02", "days", "campaign.plan: facts.attribution_window_days"),
        ("web,mail,7,much", "difference", "campaign.plan: facts.expected_conversion_difference"),
    ],
)
def test_an_element_of_a_list_has_its_place_in_the_mapping(store: Store, row: str, column: str, field: str) -> None:
    [refused] = store.load(PLANS, f"first,second,days,difference\n{row}\n").refusals
    assert (refused.column, refused.field) == (column, field)
    assert store.recorded(Planned) == []


def test_a_plan_in_a_row_is_recorded_with_its_expected_difference(store: Store) -> None:
    assert not store.load(PLANS, "first,second,days,difference\nweb,mail,7,0.02\n").refusals
    [planned] = store.recorded(Planned)
    assert (planned.attribution_window_days, planned.expected_conversion_difference) == (7, Decimal("0.02"))


def test_a_rule_that_refuses_a_command_of_one_column_names_the_column(store: Store) -> None:
    mapping = """
    system = "crm"
    occurred_at = "2024-05-01"
    [[make]]
    command = "customer.register"
    id = "{#}"
    facts = { name = "Ada", email = "{email}" }
    """
    report = store.load(mapping, "email\nnobody\nada@example.org\n")
    assert [(refused.line, refused.column, refused.field) for refused in report.refusals] == [(2, "email", "customer.register")]
    assert len(store.recorded(Registered)) == 1


@pytest.mark.parametrize(("currency", "value"), [("HRK", "12.50"), ("DEM", "12.50"), ("LTL", "12.50"), ("ITL", "1000")])
def test_a_history_in_a_currency_that_ended_is_accepted(store: Store, currency: str, value: str) -> None:
    report = store.load(LEADS, f"{HEADER}1,2001-05-01,web,W,{value},{currency}\n")
    assert (report.accepted, report.refusals) == (1, [])


def test_an_amount_with_more_decimals_than_an_ended_currency_had_is_refused(store: Store) -> None:
    report = store.load(LEADS, f"{HEADER}1,2001-05-01,web,W,1000.50,ITL\n1,2001-05-01,web,W,1.005,HRK\n")
    assert report.refused_by_rule == {"amount-too-precise": 2}


@pytest.mark.parametrize("command", ["customer.register", "customer.create_or_change"])
def test_a_possible_duplicate_is_refused_if_the_mapping_says_so(store: Store, command: str) -> None:
    people = f"""
system = "shop"
occurred_at = "2024-05-01"
[[make]]
command = "{command}"
id = "{{id}}"
facts = {{ email = "{{mail}}", allow_duplicate = false }}
"""
    report = store.load(people, "id,mail\n1,ada@example.com\n2,ADA@example.com\n3,bob@example.com\n")
    assert (report.accepted, report.refused_by_rule) == (2, {"possible-duplicate": 1})
    allowed = people.replace("allow_duplicate = false", "allow_duplicate = true")
    assert store.load(allowed, "id,mail\n2,ADA@example.com\n").accepted == 1
