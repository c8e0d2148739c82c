"""The rules that all aggregates share."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ANNOTATIONS, PlainTextsSet
from domain.shared.aggregate import FUTURE_TOLERANCE, Aggregate, decision
from domain.shared.annotations import Attachment
from domain.shared.attributes import split_attributes
from domain.shared.events import Context, Event, Metadata, Source
from domain.shared.ids import new_id
from domain.shared.personal import without_personal
from domain.shared.refusals import BY_RULE, InTheFuture, Malformed, NotThere, Refusal
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored

AttributesSet = ANNOTATIONS.attributes_set
ExternalIdUnlinked = ANNOTATIONS.external_id_unlinked
Tagged = ANNOTATIONS.tagged
Untagged = ANNOTATIONS.untagged


class LampWorn(Refusal):
    """The lamp is worn out."""


class Lit(Event, frozen=True, tag="test.lamp.lit.v1"):
    room: UUID | None = None

    def apply(self, lamp: Lamp, metadata: Metadata) -> None:
        lamp.times += 1

    def subject(self, stream: UUID) -> UUID:
        return self.room or stream

    def concerns(self) -> tuple[UUID, ...]:
        return (self.room,) if self.room else ()


class Lamp(Aggregate):
    name = "lamp"
    events = (Lit,)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.times = 0

    @decision
    def light(self, context: Context, room: UUID | None = None) -> None:
        flags = self.refuse(context, LampWorn()) if self.times >= 2 else ()
        if context.occurred_at is None or not self.repeats(context, Lit(room=room)):
            self.record(context, Lit(room=room), *flags)


def lamp() -> Lamp:
    return Lamp(new_id())


def test_a_distinct_fact_is_repeated_only_by_the_same_source_event() -> None:
    def context_of(event_id: str) -> Context:
        source = Source(system="help-desk", event_id=event_id)
        return msgspec.structs.replace(imported(YESTERDAY), source=source, command_id=new_id(), distinct=True)

    lit = lamp()
    for event_id in ("row-1", "row-2", "row-2", "row-1"):
        lit.light(context_of(event_id))
    assert lit.times == 2


def test_an_aggregate_without_events_does_not_exist() -> None:
    with pytest.raises(NotThere):
        lamp().require()


def test_the_same_fact_at_the_same_time_is_a_repeat() -> None:
    lit = lamp()
    lit.light(live(YESTERDAY))
    lit.light(live(YESTERDAY))
    lit.light(live(LAST_WEEK))
    assert lit.times == 2


def test_the_same_time_in_another_zone_is_the_same_time() -> None:
    lit = lamp()
    lit.light(live(YESTERDAY))
    lit.light(live(YESTERDAY.astimezone(ZoneInfo("Asia/Shanghai"))))
    assert lit.times == 1


def test_our_own_decision_is_refused_live_and_flagged_on_import() -> None:
    lit = lamp()
    lit.light(live())
    lit.light(live())
    with pytest.raises(LampWorn):
        lit.light(live())
    lit.light(imported())
    assert flags(lit) == ("lamp-worn",)


def test_a_fact_up_to_five_minutes_in_the_future_is_recorded() -> None:
    lit = lamp()
    lit.light(live(NOW + FUTURE_TOLERANCE))
    with pytest.raises(InTheFuture):
        lit.light(live(NOW + FUTURE_TOLERANCE + timedelta(seconds=1)))
    assert lit.times == 1


def test_an_imported_fact_in_the_future_is_refused_too() -> None:
    with pytest.raises(InTheFuture):
        lamp().light(imported(NOW + timedelta(days=1)))


def test_a_recorded_source_event_is_a_repeat_also_after_a_replay() -> None:
    lit = lamp()
    context = live(source=Source(system="home", event_id="e-1"), command_id=new_id())
    lit.light(context)
    again = stored(lit)
    again.light(live(source=context.source, command_id=new_id()))
    again.light(live(source=Source(system="home", event_id="e-2"), command_id=new_id()))
    assert again.times == 2


def test_the_first_fact_determines_the_subject_of_a_stream() -> None:
    room, other = new_id(), new_id()
    lit = lamp()
    lit.light(live(), room)
    lit.light(live(), other)
    assert [metadata.subject for _, metadata in lit.pending] == [room, room]
    assert [metadata.concerns for _, metadata in lit.pending] == [(), (other,)]


def test_a_replay_gives_the_same_aggregate() -> None:
    lit = lamp()
    lit.light(live(YESTERDAY), new_id())
    lit.light(live())
    assert state(stored(lit)) == state(lit)


def test_a_refusal_is_identified_by_its_rule() -> None:
    assert LampWorn.rule == "lamp-worn"
    assert BY_RULE["lamp-worn"] is LampWorn
    assert str(LampWorn()) == "The lamp is worn out."


def ada() -> Customer:
    customer = Customer(new_id())
    customer.register(live(), kind="person", name="Ada")
    return customer


def test_tags_record_only_what_changes() -> None:
    customer = ada()
    customer.tag(live(), ("b", "a"))
    customer.tag(live(), ("a", "c"))
    customer.untag(live(), ("a", "x"))
    assert facts(customer)[1:] == [Tagged(tags=("a", "b")), Tagged(tags=("c",)), Untagged(tags=("a",))]


def test_repeating_an_assignment_records_nothing() -> None:
    customer = ada()
    customer.assign(live(), "u-1", None)
    customer.assign(live(), "u-1", None)
    customer.assign(live(), None, None)
    assert customer.version == 3


def test_attributes_are_merged_and_removed() -> None:
    customer = ada()
    customer.set_attributes(live(), {"size": 3, "notes": "tea"})
    customer.set_attributes(live(), {"size": None, "notes": "coffee", "vip": True})
    customer.set_attributes(live(), {"size": None, "vip": True})
    assert customer.attributes == {"notes": "coffee", "vip": True}
    assert customer.version == 3


def test_attributes_are_split_into_numbers_plain_texts_and_personal_texts() -> None:
    given: dict[str, str | int | None] = {"a": 1, "b": "x", "c": None, "d": None, "e": "y", "f": None, "g": 5}
    known = {"c": "old", "d": 4, "f": "old", "g": "old"}
    assert split_attributes(given, known, known_plain={"f"}, plain={"e", "g"}) == (
        {"a": 1, "d": None, "g": 5},
        {"e": "y", "f": None},
        {"b": "x", "c": None},
    )


def test_plain_texts_are_recorded_in_a_separate_event() -> None:
    customer = ada()
    for _ in range(2):
        customer.set_attributes(live(), {"size": "large", "notes": "tea", "income": 5}, plain={"size"})
    assert facts(customer)[1:] == [
        PlainTextsSet(texts={"size": "large"}),
        AttributesSet(numbers={"income": 5}, texts={"notes": "tea"}),
    ]
    assert customer.attributes == {"size": "large", "notes": "tea", "income": 5}
    assert customer.plain_attributes == {"size": "large", "income": 5}


def test_the_same_text_is_recorded_again_if_it_became_plain_or_personal() -> None:
    customer = ada()
    customer.set_attributes(live(), {"size": "large"})
    customer.set_attributes(live(), {"size": "large"}, plain={"size"})
    assert (customer.personal_attributes, customer.plain_attributes) == ({}, {"size": "large"})
    customer.set_attributes(live(), {"size": "large"})
    assert (customer.personal_attributes, customer.plain_attributes) == ({"size": "large"}, {})


def test_a_plain_text_is_removed_or_replaced_by_a_number() -> None:
    customer = ada()
    customer.set_attributes(live(), {"size": "large", "rank": "first"}, plain={"size", "rank"})
    customer.set_attributes(live(), {"size": None, "rank": 1})
    assert facts(customer)[2:] == [PlainTextsSet(texts={"size": None}), AttributesSet(numbers={"rank": 1})]
    assert (customer.attributes, customer.plain_texts) == ({"rank": 1}, set())


def test_a_replaced_plain_value_does_not_come_back_after_erasure() -> None:
    customer = ada()
    customer.set_attributes(live(), {"size": "large", "rank": 1}, plain={"size"})
    customer.set_attributes(live(), {"size": "small", "rank": "first"})
    assert customer.attributes == {"size": "small", "rank": "first"}
    left = Customer(customer.id)
    for event, metadata in customer.pending:
        left.apply(without_personal(event), metadata)
    assert left.attributes == {}


@pytest.mark.parametrize("wrong", [{"": 1}, {"k" * 65: 1}, {"notes": "x" * 10_001}, {f"k{n}": n for n in range(201)}])
def test_invalid_attributes_are_refused(wrong: dict[str, str | int]) -> None:
    with pytest.raises(Malformed):
        ada().set_attributes(live(), wrong)


def test_an_external_id_is_linked_and_unlinked_once() -> None:
    customer = ada()
    for _ in range(2):
        customer.link_external_id(live(), "shop", "7")
    for _ in range(2):
        customer.unlink_external_id(live(), "shop", "7")
    assert facts(customer)[2:] == [ExternalIdUnlinked(system="shop", id="7")]


def test_a_file_is_attached_and_detached_once() -> None:
    customer = ada()
    file = Attachment(id=new_id(), media_type="text/plain", bytes=3, sha256="ab" * 32, name="note.txt")
    for _ in range(2):
        customer.attach(live(), file)
    assert customer.attachments == {file.id}
    for _ in range(2):
        customer.detach(live(), file.id)
    assert customer.version == 3
