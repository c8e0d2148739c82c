"""Imports of users, teams, tasks, lists, field definitions and merged customers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from commands.importing.mapping import MappingError
from domain.customers import field_definition
from domain.customers.customer.events import Merged, PlainTextsSet, Registered
from domain.operations import team, user
from domain.sales.deal import events as deal
from domain.segmentation import static_list
from domain.service import task
from domain.shared.ids import external_id
from domain.shared.reference import Reference
from tests.commands.importing.given_importing import Store

STAFF = """
system = "old-crm"
occurred_at = "{since}"
[ids]
user = "{login}"
team = "{team}"
[[make]]
command = "team.register"
when = { team = true }
facts = { name = "Team {team}", zone = "Europe/Berlin" }
[[make]]
command = "user.register"
facts = { name = "{name}", team = "{team}", capacity = "{most}" }
[[make]]
command = "user.change_availability"
when = { away = true }
facts = { available = false }
[[make]]
command = "user.deactivate"
occurred_at = "{left}"
when = { left = true }
[[make]]
command = "team.deactivate"
id = "nobody"
when = { login = "nobody" }
"""
TASKS = """
system = "old-crm"
time_zone = "Europe/Berlin"
occurred_at = "{made}"
[ids]
customer = "{who}"
task = "{#}"
[[make]]
command = "customer.create_or_change"
when = { who = true }
facts = { name = "{who}" }
[[make]]
command = "task.create"
facts = { title = "{what}", due = { time = "{due}", format = "%d.%m.%Y %H:%M" }, assignee = "{login}", customer = "{who}" }
[[make]]
command = "task.assign"
occurred_at = "{done}"
when = { done = true }
facts = { assignee = "eva" }
[[make]]
command = "task.complete"
occurred_at = "{done}"
when = { done = true }
"""
LIST = """
system = "old-crm"
occurred_at = "2026-01-01"
ids.static_list = "{list}"
[[make]]
command = "customer.create_or_change"
each = { column = "members", split = "," }
id = "{members}"
facts = { name = "{members}" }
[[make]]
command = "static_list.create"
facts = { name = "{list}" }
[[make]]
command = "static_list.add_members"
each = { column = "members", split = "," }
facts = { customers = ["{members}"] }
"""
LEFT = """
system = "old-crm"
occurred_at = "2026-01-02"
ids.static_list = "fair"
[[make]]
command = "static_list.remove_members"
facts = { customers = ["{who}"] }
"""
FIELDS = """
system = "old-crm"
occurred_at = "2026-01-01"
[ids]
entity = "customer"
key = "{key}"
[[make]]
command = "field_definition.define"
facts = { kind = "{kind}", name = "{name}", options = ["{first}", "{second}"] }
"""
PLAIN_FIELDS = """
system = "old-crm"
occurred_at = "2026-01-01"
[ids]
entity = "customer"
key = "{key}"
[[make]]
command = "field_definition.define"
facts = { kind = "text", name = "{name}", personal = { flag = "{personal}" } }
"""
SIZES = """
system = "old-crm"
occurred_at = "2026-01-02"
ids.customer = "{who}"
[[make]]
command = "customer.create_or_change"
facts = { name = "{who}", attributes = { size = "{size}", wish = "{wish}" } }
"""
SAME = """
system = "old-crm"
occurred_at = "2026-02-01"
ids.customer = "{who}"
[[make]]
command = "customer.merge"
facts = { into = "{is}" }
"""
CLOSING = """
system = "old-crm"
occurred_at = "2026-01-01"
[ids]
customer = "1"
pipeline = "sales"
deal = "{#}"
[[make]]
command = "customer.register"
facts = { name = "Ada" }
[[make]]
command = "pipeline.define"
facts = { name = "Sales", stages = [{ code = "new", name = "New", probability = "0.5" }] }
[[make]]
command = "deal.open"
facts = { customer = "1", pipeline = "sales", stage = "new", expected_close = { time = "{close}", format = "%m/%d/%Y" } }
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_users_are_registered_and_those_who_left_are_deactivated(store: Store) -> None:
    rows = "login,name,team,most,away,since,left\neva,Eva,sales,20,,2024-01-01,\nmax,Max,,,yes,2024-01-01,2025-06-30\n"
    for accepted in (2, 0):
        report = store.load(STAFF, rows)
        assert (report.accepted, report.refused) == (accepted, 0)
    assert [(event.code, event.name, event.team, event.capacity) for event in store.recorded(user.Registered)] == [
        ("eva", "Eva", "sales", 20),
        ("max", "Max", None, None),
    ]
    assert (len(store.recorded(user.AvailabilityChanged)), len(store.recorded(user.Deactivated))) == (1, 1)
    assert [(event.code, event.zone) for event in store.recorded(team.Registered)] == [("sales", "Europe/Berlin")]


def test_tasks_are_due_at_the_sources_time_and_done_ones_stay_done(store: Store) -> None:
    header = "made,who,what,due,login,done\n"
    rows = header + "2026-01-02,Ada,Call back,03.02.2026 09:30,max,\n2026-01-02,,Tidy up,,,2026-01-05\n"
    for accepted in (2, 0):
        assert store.load(TASKS, rows).accepted == accepted
    ada = external_id("customer", "old-crm", "Ada", store.events.secret)
    assert [(event.title, event.due, event.assignee, event.about) for event in store.recorded(task.Created)] == [
        ("Call back", datetime(2026, 2, 3, 8, 30, tzinfo=UTC), "max", Reference(kind="customer", id=ada)),
        ("Tidy up", None, None, None),
    ]
    assert (len(store.recorded(task.Assigned)), len(store.recorded(task.Completed))) == (1, 1)
    assert store.load(TASKS, header + "2026-01-02,,Wait,3 February,,\n").refusals[0].field == "task.create: facts.due"


def test_a_task_is_about_only_one_thing(store: Store) -> None:
    [refused] = store.load(
        TASKS.replace(
            'customer = "{who}" }\n[[make]]\ncommand = "task.assign"',
            'customer = "{who}", order = "1" }\n[[make]]\ncommand = "task.assign"',
        ),
        "made,who,what,due,login,done\n2026-01-02,Ada,Call back,,,\n",
    ).refusals
    assert (refused.field, refused.reason) == ("task.create: facts", "A task can be about only one thing.")


def test_a_list_has_the_members_of_its_column(store: Store) -> None:
    rows = 'list,members\nfair,"ada, bob, cid"\n'
    for accepted in (1, 0):
        assert store.load(LIST, rows).accepted == accepted
    ids = {name: external_id("customer", "old-crm", name, store.events.secret) for name in ("ada", "bob", "cid")}
    added = [id for event in store.recorded(static_list.MembersAdded) for id in event.customer_ids]
    assert set(added) == set(ids.values())
    store.load(LEFT, "who\nbob\n", "left.csv")
    assert [event.customer_ids for event in store.recorded(static_list.MembersRemoved)] == [(ids["bob"],)]


def test_fields_are_defined_before_they_are_used(store: Store) -> None:
    rows = "key,kind,name,first,second\nsize,choice,Size,S,M\nage,number,Age,,\n"
    assert store.load(FIELDS, rows).accepted == 2
    assert [(event.entity, event.key, event.kind, event.options) for event in store.recorded(field_definition.Defined)] == [
        ("customer", "size", "choice", ("S", "M")),
        ("customer", "age", "number", ()),
    ]


def test_imported_attributes_are_plain_if_their_fields_say_so(store: Store) -> None:
    assert store.load(PLAIN_FIELDS, "key,name,personal\nsize,Size,false\nwish,Wish,true\n").accepted == 2
    for accepted in (1, 0):
        assert store.load(SIZES, "who,size,wish\nada,large,tea\n", "sizes.csv").accepted == accepted
    assert [event.texts for event in store.recorded(Registered)] == [{"wish": "tea"}]
    assert [event.texts for event in store.recorded(PlainTextsSet)] == [{"size": "large"}]


def test_customers_who_are_the_same_are_merged(store: Store) -> None:
    store.load(LIST, 'list,members\nfair,"ada,bob"\n')
    for accepted in (1, 0):
        assert store.load(SAME, "who,is\nbob,ada\n", "same.csv").accepted == accepted
    assert len(store.recorded(Merged)) == 1
    assert store.load(SAME, "who,is\nbob,eve\n", "other.csv").refused == 1


def test_days_among_the_facts_can_have_their_own_format(store: Store) -> None:
    assert store.load(CLOSING, "close\n12/31/2026\n").accepted == 1
    assert [event.expected_close for event in store.recorded(deal.Opened)] == [date(2026, 12, 31)]
    [refused] = store.load(
        CLOSING.replace('{ time = "{close}", format = "%m/%d/%Y" }', '"{close}"'), "close\n2026-12\n"
    ).refusals
    assert (refused.field, refused.reason) == ("deal.open: facts.expected_close", "It gives only a month, not a day.")
    with pytest.raises(MappingError, match="expected_close"):
        store.load(CLOSING.replace("%m/%d/%Y", "%d"), "close\n12/31/2026\n")
