"""One row can describe many things: several of one kind, things that all rows share, and things identified by others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from domain.customers.customer.events import Registered
from domain.marketing.campaign_member.events import Responded, Targeted
from domain.marketing.campaign_member.member import member_id
from domain.marketing.channel import channel_day_id
from domain.service.ticket.processing import Solved
from domain.shared.annotations import Tagged
from domain.shared.ids import external_id
from tests.commands.importing.given_importing import Store

CUSTOMERS = """
system = "shop"
occurred_at = "{since}"
[ids]
customer = "{id}"
[[make]]
command = "customer.register"
facts.name = "{name}"
"""

OFFER = """
[[make]]
command = "campaign.plan"
id = "BY"
when = { "#" = 2 }
facts.name = "BY"
[[make]]
command = "campaign_member.target"
id.campaign = "BY"
[[make]]
command = "campaign_member.respond"
id.campaign = "BY"
when.BY = 1
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_one_row_can_describe_several_things_of_one_kind(store: Store) -> None:
    report = store.load(
        CUSTOMERS
        + """
        [[make]]
        command = "customer.register"
        id = "{partner}"
        when = { partner = true }
        facts.name = "{partner}"
        """,
        "id,name,since,partner\n1,Ada,2024-01-01,William\n2,Bob,2024-01-01,\n3,Cy,2024-01-01,William\n",
    )
    assert (report.accepted, report.refused) == (3, 0)
    assert [registered.name for registered in store.recorded(Registered)] == ["Ada", "Bob", "Cy", "William"]


def test_facts_that_all_rows_share_can_come_from_the_first_row_alone(store: Store) -> None:
    report = store.load(
        CUSTOMERS
        + """
        [[make]]
        command = "customer.tag"
        id = "1"
        when = { "#" = 2 }
        facts.tags = ["first"]
        """,
        "id,name,since\n1,Ada,2024-01-01\n2,Bob,2024-01-01\n",
    )
    assert (report.accepted, report.commands) == (2, 3)
    assert [tagged.tags for tagged in store.recorded(Tagged)] == [("first",)]


def test_a_row_identifies_members_by_campaign_and_customer(store: Store) -> None:
    report = store.load(
        CUSTOMERS + OFFER.replace("BY", "may") + OFFER.replace("BY", "june"),
        "id,name,since,may,june\n1,Ada,2024-01-01,1,0\n2,Bob,2024-01-01,1,1\n",
    )
    secret = store.events.secret
    ada, may = external_id("customer", "shop", "1", secret), external_id("campaign", "shop", "may", secret)
    assert (report.accepted, report.refused) == (2, 0)
    assert len(store.recorded(Targeted)) == 4
    assert [responded.campaign_id == may for responded in store.recorded(Responded)] == [True, True, False]
    assert store.events.streams([member_id(may, ada)])


def test_a_row_identifies_a_member_by_campaign_and_lead(store: Store) -> None:
    report = store.load(
        CUSTOMERS
        + """
        [[make]]
        command = "lead.capture"
        id = "{id}"
        facts.contact.name = "{name}"
        [[make]]
        command = "campaign.plan"
        id = "may"
        when = { "#" = 2 }
        facts.name = "may"
        [[make]]
        command = "campaign_member.target"
        id = { campaign = "may", lead = "{id}" }
        [[make]]
        command = "campaign_member.target"
        id = { campaign = "may", customer = "{id}" }
        """,
        "id,name,since\n1,Ada,2024-01-01\n",
    )
    secret = store.events.secret
    ada, lead = external_id("customer", "shop", "1", secret), external_id("lead", "shop", "1", secret)
    assert (report.accepted, report.refused) == (1, 0)
    assert [(event.lead_id, event.customer_id) for event in store.recorded(Targeted)] == [(lead, None), (None, ada)]


def test_a_channels_day_is_the_day_of_occurred_at(store: Store) -> None:
    mapping = """
    system = "ads"
    time_zone = "Asia/Shanghai"
    occurred_at = { time = "{day}", format = "%d.%m.%Y" }
    [[make]]
    command = "channel_day.record_traffic"
    id = "{channel}"
    facts = { visits = "{visits}" }
    """
    report = store.load(mapping, "channel,day,visits\nweb,01.05.2024,7\nweb,02.05.2024,9\nweb,01.05.2024,8\n")
    assert (report.accepted, report.refused) == (3, 0)
    assert store.events.streams([channel_day_id("web", date(2024, 5, 1), "ads")])


def test_rows_with_the_same_facts_are_one_event_unless_the_source_names_its_events(store: Store) -> None:
    log = """
    ids.ticket = "{ticket}"
    occurred_at = "{at}"
    [[make]]
    command = "ticket.open"
    [[make]]
    command = "ticket.solve"
    """
    rows = "ticket,at\n1,2024-05-01 10:00:00\n1,2024-05-01 10:00:00\n"
    first = store.load('system = "one"' + log, rows)
    second = store.load('system = "two"\nevent = "{#}"' + log, rows)
    assert ((first.accepted, first.repeated), (second.accepted, second.repeated)) == ((1, 1), (2, 0))
    assert len(store.recorded(Solved)) == 3
    again = store.load('system = "two"\nevent = "{#}"' + log + "\n", rows)
    assert (again.accepted, again.repeated) == (0, 2)
