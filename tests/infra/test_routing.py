"""Every partition gets the events that concern it; the chain reveals skipped, repeated and reordered messages."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.shared.events import Actor, Metadata
from infra.event_store.mapper import Stored
from infra.routing import Message, link, partition_of, partitions_of, subjects_here

PARTITIONS = 4
NOW = datetime(2026, 3, 1, tzinfo=UTC)
NOBODY = UUID(int=0)

subjects = st.uuids()
metadatas = st.builds(
    Metadata,
    subject=subjects,
    recorded_at=st.just(NOW),
    occurred_at=st.just(NOW),
    actor=st.just(Actor(type="system", id="test")),
    concerns=st.lists(subjects, max_size=2).map(tuple),
    everyone=st.integers(0, 9).map(lambda digit: digit == 0),
)
logs = st.lists(metadatas, min_size=1, max_size=60)


def linked(log: list[Metadata]) -> list[list[Message]]:
    """The messages of each event of a log; positions from one."""
    last: dict[int, int] = {}
    return [link(Stored(at, NOBODY, 1, "t", b""), one, last, PARTITIONS) for at, one in enumerate(log, start=1)]


@given(subjects, st.integers(1, 100))
def test_a_subject_belongs_to_one_partition(subject: UUID, partitions: int) -> None:
    partition = partition_of(subject, partitions)
    assert 0 <= partition < partitions
    assert partition == partition_of(UUID(str(subject)), partitions)


@given(metadatas)
def test_an_event_goes_once_to_each_partition_of_its_subjects(metadata: Metadata) -> None:
    concerned = {metadata.subject, *metadata.concerns}
    reached = partitions_of(metadata, PARTITIONS)
    assert list(reached) == sorted(set(reached))
    assert set(reached) == (
        set(range(PARTITIONS)) if metadata.everyone else {partition_of(subject, PARTITIONS) for subject in concerned}
    )
    here = [subjects_here(metadata, partition, PARTITIONS) for partition in reached]
    assert frozenset().union(*here) == concerned
    assert sum(map(len, here)) == len(concerned)


@given(logs)
def test_each_message_names_the_one_before_it_on_its_partition(log: list[Metadata]) -> None:
    for partition in range(PARTITIONS):
        mine = [message for messages in linked(log) for message in messages if message.partition == partition]
        positions = [message.stored.position for message in mine]
        assert [message.previous for message in mine] == [0, *positions][: len(mine)]


@given(logs, st.data())
def test_the_chain_does_not_depend_on_where_a_relay_started(log: list[Metadata], data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(log)))
    last: dict[int, int] = {}
    events = [Stored(at, NOBODY, 1, "t", b"") for at in range(1, len(log) + 1)]
    for stored, metadata in zip(events[:begin], log[:begin], strict=True):
        link(stored, metadata, last, PARTITIONS)
    resumed = [link(stored, one, last, PARTITIONS) for stored, one in zip(events[begin:], log[begin:], strict=True)]
    assert resumed == linked(log)[begin:]


class Schedule:
    """A random schedule: overlapping relays that lose messages and die, and readers that go back."""

    def __init__(self, log: list[Metadata], dice: random.Random) -> None:
        self.messages, self.dice = linked(log), dice
        self.sent: list[list[Message]] = [[] for _ in range(PARTITIONS)]
        self.applied: list[list[int]] = [[0] for _ in range(PARTITIONS)]
        self.read = [0] * PARTITIONS
        self.checkpoint = 0
        self.relays = [0]

    def relay(self) -> None:
        """One of the relays sends the next window, and may lose messages. The checkpoint moves only if all arrived."""
        one = self.dice.randrange(len(self.relays))
        begin = self.relays[one]
        window = self.messages[begin : begin + self.dice.randrange(1, 8)]
        lost = self.dice.random() < 0.2
        for message in (message for messages in window for message in messages):
            if not (lost and self.dice.random() < 0.3):
                self.sent[message.partition].append(message)
        self.relays[one] = begin + len(window)
        if lost or self.dice.random() < 0.1:
            self.relays[one] = self.checkpoint
        else:
            self.checkpoint = max(self.checkpoint, self.relays[one])
        if self.dice.random() < 0.1:
            self.relays = [self.checkpoint, *self.relays[:2]]

    def follow(self, partition: int, upto: int) -> None:
        """A reader applies the messages that continue the chain, and sometimes reads old ones again."""
        for message in self.sent[partition][self.read[partition] : upto]:
            if message.previous == self.applied[partition][-1]:
                self.applied[partition].append(message.stored.position)
        self.read[partition] = max(0, upto - (self.dice.randrange(20) if self.dice.random() < 0.1 else 0))

    def run(self) -> None:
        while self.checkpoint < len(self.messages):
            self.relay()
            partition = self.dice.randrange(PARTITIONS)
            self.follow(partition, min(len(self.sent[partition]), self.read[partition] + self.dice.randrange(10)))
        for partition, sent in enumerate(self.sent):
            self.follow(partition, len(sent))


@settings(max_examples=300, deadline=None)
@given(logs, st.integers(0, 2**32).map(random.Random))
def test_overlapping_relays_lost_messages_and_repeated_reads_end_with_each_event_once_in_order(
    log: list[Metadata], dice: random.Random
) -> None:
    schedule = Schedule(log, dice)
    schedule.run()
    for partition in range(PARTITIONS):
        concerned = [at for at, one in enumerate(log, start=1) if partition in partitions_of(one, PARTITIONS)]
        assert schedule.applied[partition] == [0, *concerned]
