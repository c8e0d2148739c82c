"""Longer exports of the same source: what was decided once, with news or without, is not decided again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.shared import annotating
from commands.shared.batch import Command
from domain.customers.customer.customer import Customer
from domain.service.ticket.ticket import Assigned
from domain.shared.events import Context
from infra.event_store.rows import KEPT
from tests.commands.importing.given_importing import IMPORTER, Store
from tests.scenarios.known_files import DATA, MAPPINGS, needs_data

DESK = """
system = "desk"
occurred_at = "{at}"
ids.ticket = "{ticket}"
ids.customer = "{customer}"
[[make]]
command = "customer.create_or_change"
when = { customer = true }
facts = { name = "{customer}" }
[[make]]
command = "customer.set_attributes"
when = { customer = true, do = "size" }
facts = { attributes = { size = "{value}" } }
[[make]]
command = "customer.tag"
when = { customer = true, do = "tag" }
facts = { tags = ["{value}"] }
[[make]]
command = "customer.untag"
when = { customer = true, do = "untag" }
facts = { tags = ["{value}"] }
[[make]]
command = "customer.give_consent"
when = { do = "give" }
facts = { purpose = "{value}", channel = "email", evidence = "form" }
[[make]]
command = "customer.withdraw_consent"
when = { do = "withdraw" }
facts = { purpose = "{value}", channel = "email" }
[[make]]
command = "customer.merge"
when = { do = "merge" }
facts = { into = "{value}" }
[[make]]
command = "customer.unmerge"
when = { do = "unmerge" }
[[make]]
command = "ticket.open"
when = { ticket = true }
facts = { number = "{ticket}" }
[[make]]
command = "ticket.assign"
when = { do = "assign" }
facts = { owner = "{value}" }
[[make]]
command = "ticket.change_priority"
when = { do = "prioritise" }
facts = { priority = "{value}" }
[[make]]
command = "ticket.categorise"
when = { do = "categorise" }
facts = { category = "{value}" }
[[make]]
command = "ticket.tag"
when = { ticket = true, do = "tag" }
facts = { tags = ["{value}"] }
[[make]]
command = "ticket.untag"
when = { ticket = true, do = "untag" }
facts = { tags = ["{value}"] }
[[make]]
command = "ticket.set_attributes"
when = { ticket = true, do = "size" }
facts = { attributes = { size = "{value}" } }
[[make]]
command = "ticket.close"
when = { do = "close" }
"""
WITH_EVENTS = 'event = "{event}"' + DESK
COLUMNS = "at,event,ticket,customer,do,value\n"


class Row(NamedTuple):
    minute: int
    event: int
    ticket: str
    customer: str
    do: str
    value: str


def rows_of(facts: Sequence[tuple[int, tuple[str, str, str], str]]) -> list[Row]:
    """Rows in the order of time, each some minutes after the one before. Their events are numbered."""
    rows, minute = [], 0
    for event, (later, (ticket, customer, do), value) in enumerate(facts, start=1):
        minute += later
        rows.append(Row(minute, event, ticket, customer, do, value))
    return rows


def text(rows: Sequence[Row]) -> str:
    return COLUMNS + "".join(f"2026-01-01T10:{row.minute:02}:00Z,{','.join(map(str, row[1:]))}\n" for row in rows)


def history(store: Store) -> dict[Any, list[Any]]:
    """What each stream says, without the streams of the imports themselves."""
    streams: dict[Any, list[Any]] = defaultdict(list)
    for recorded in store.log():
        if not recorded.type.startswith("crm.import."):
            metadata, source = recorded.metadata, recorded.metadata.source
            told = (recorded.event, metadata.occurred_at, metadata.irregular, source and source.event_id)
            streams[recorded.stream].append((recorded.version, recorded.type, *told))
    return dict(streams)


def a_week_later(store: Store) -> None:
    """All that the store keeps for a week is gone."""
    for kind in KEPT:
        store.events.prune(kind, store.events.head() + 1, 0, 1_000_000)


TICKETS = [("t1", "", do) for do in ("assign", "prioritise", "categorise", "tag", "untag", "size", "close")]
CUSTOMERS = [("", who, do) for who in ("ada", "bob") for do in ("size", "tag", "untag", "give", "withdraw")]
FACTS = st.tuples(st.integers(0, 2), st.sampled_from(TICKETS + CUSTOMERS), st.sampled_from(("low", "high")))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(FACTS, min_size=4, max_size=16).map(rows_of), st.sampled_from((DESK, WITH_EVENTS)), st.data())
def test_longer_and_other_exports_give_the_history_that_one_export_gives(rows: list[Row], mapping: str, data: Any) -> None:
    beginning = rows[: data.draw(st.integers(1, len(rows)))]
    others = data.draw(st.permutations(rows))[: data.draw(st.integers(1, len(rows)))]
    with TemporaryDirectory() as one, TemporaryDirectory() as many:
        at_once, in_parts = Store(Path(one)), Store(Path(many))
        try:
            assert at_once.load(mapping, text(rows)).refused == 0
            whole = history(at_once)
            in_parts.load(mapping, text(beginning))
            if data.draw(st.booleans()):
                a_week_later(in_parts)
            in_parts.load(mapping, text(rows))
            assert history(in_parts) == whole
            a_week_later(in_parts)
            again = in_parts.load(mapping, text(rows))
            assert (history(in_parts), again.accepted, again.repeated) == (whole, 0, len(rows))
            other = in_parts.load(mapping, text(others))
            assert (history(in_parts), other.accepted, other.repeated) == (whole, 0, len(others))
        finally:
            at_once.close()
            in_parts.close()


@needs_data
def test_a_longer_log_of_a_help_desk_changes_no_ticket_that_has_no_new_rows(store: Store) -> None:
    mapping, whole = (MAPPINGS / "helpdesk.toml").read_text(), (DATA / "helpdesk" / "Helpdesk.csv").read_text()
    header, *lines = whole.splitlines(keepends=True)
    of_ticket = [line for line in lines if ",Case1446," in line]
    assert (len(of_ticket), store.load(mapping, header + "".join(of_ticket)).accepted) == (10, 7), "three rows are no news"
    known = history(store)
    a_week_later(store)
    report = store.load(mapping, header + "".join(of_ticket) + lines[0])
    assert (report.accepted, report.repeated) == (1, len(of_ticket))
    [ticket] = known
    assert history(store)[ticket] == known[ticket]


def test_a_fact_that_the_row_before_gave_too_is_decided_with_it(store: Store) -> None:
    given = [Row(1, 1, "", "ada", "size", "low"), Row(2, 2, "", "ada", "size", "low"), Row(3, 3, "", "ada", "size", "high")]
    store.load(WITH_EVENTS, text(given))
    known = history(store)
    a_week_later(store)
    assert store.load(WITH_EVENTS, text(given[1:2])).repeated == 1, "the next export has lost the first row"
    assert history(store) == known


@pytest.mark.parametrize("then", ["merge", "unmerge"])
def test_a_fact_of_a_survivor_is_not_decided_again_after_another_merge(store: Store, then: str) -> None:
    """Ada got Bob's tag. Now Bob's customer is Carl, or Bob again."""
    first = [
        *(Row(minute, minute, "", who, "", "") for minute, who in enumerate(("ada", "bob", "carl"))),
        Row(3, 3, "", "bob", "merge", "ada"),
        Row(4, 4, "", "bob", "tag", "vip"),
    ]
    more = Row(5, 5, "", "ada", "merge", "carl") if then == "merge" else Row(5, 5, "", "bob", "unmerge", "")
    store.load(WITH_EVENTS, text(first))
    store.load(WITH_EVENTS, text([*first, more]))
    a_week_later(store)
    store.load(WITH_EVENTS, text([*first, more, Row(6, 6, "", "dora", "", "")]))
    assert len([event for event in store.log() if event.type == "crm.customer.tagged.v1"]) == 1


def test_an_import_that_was_interrupted_remembers_what_it_decided(store: Store) -> None:
    rows = [Row(1, number, "t1", "", "assign", "low") for number in range(1, 400)]
    rows += [Row(2, 500, "t1", "", "assign", "high")]

    def stop(done: int, of: int) -> None:
        if done >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.load(WITH_EVENTS, text(rows), progress=stop)
    for more in ([], [Row(3, 501, "t1", "", "tag", "low")]):
        a_week_later(store)
        store.load(WITH_EVENTS, text([*rows, *more]))
    assert [event.owner for event in store.recorded(Assigned)] == ["low", "high"]


def test_a_customer_who_is_registered_again_gets_no_external_id_back_that_was_unlinked(store: Store) -> None:
    mapping = WITH_EVENTS.replace("customer.create_or_change", "customer.register")
    rows = [Row(number, number, "", "ada", "", "") for number in (1, 2)]
    store.load(mapping, text(rows))
    [ada] = history(store)
    context = Context(now=datetime.now(UTC), actor=IMPORTER)
    facts = {"kind": Customer, "id": ada, "system": "desk", "external_id": "ada"}
    assert store.executor.submit(Command(annotating.unlink_external_id, facts, context)).result().changed
    a_week_later(store)
    store.load(mapping, text([rows[1], Row(3, 3, "", "ada", "", "")]))
    kinds = [kind.split(".")[2] for _, kind, *_ in history(store)[ada]]
    assert kinds == ["registered", "external_id_linked", "external_id_unlinked"]
