"""A turn says what an event changes, from the stream up to that event alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import pytest

from consumers.policies import turns as module
from consumers.policies.turns import Turns
from domain.operations.user import AvailabilityChanged, Deactivated, Registered, User
from domain.shared.events import Actor, Event, Metadata, Recorded
from domain.shared.ids import external_id
from tests.domain.given import NOW

ANN, BOB = (external_id("user", "test", name, b"") for name in ("ann", "bob"))
WORK: Sequence[Event] = (
    Registered(code="a"),
    AvailabilityChanged(available=False),
    AvailabilityChanged(available=False),
    AvailabilityChanged(available=True),
    Deactivated(),
    Registered(code="a"),
)


class Log:
    """Streams in memory that count how often they are read."""

    def __init__(self, *streams: UUID) -> None:
        self.reads = 0
        self.events: dict[UUID, list[Recorded]] = {stream: [] for stream in streams}
        for position, (stream, event) in enumerate(((one, event) for event in WORK for one in streams), start=1):
            metadata = Metadata(subject=stream, recorded_at=NOW, occurred_at=NOW, actor=Actor(type="user", id="u"))
            known = self.events[stream]
            known.append(Recorded(position, stream, len(known) + 1, event, metadata))

    def plain_streams(self, ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Recorded]]:
        self.reads += 1
        return {id: self.events[id] for id in ids}


def is_there(user: User, before: bool, recorded: Recorded) -> bool:
    return user.available and user.deactivated_since is None


def changes(turns: Turns[User, bool], events: Iterable[Recorded]) -> list[tuple[bool, bool] | None]:
    return [(turn.before, turn.after) if (turn := turns.turn(event)) else None for event in events]


ALL = [(False, True), (True, False), None, (False, True), (True, False), (False, True)]


def test_an_event_is_a_turn_if_it_changes_the_answer() -> None:
    log = Log(ANN)
    assert changes(Turns(User, log, False, is_there), log.events[ANN]) == ALL
    assert log.reads == 0, "a stream that is followed from its beginning is not read"


@pytest.mark.parametrize("version", range(1, len(WORK) + 1))
def test_the_answer_is_the_same_when_a_process_starts_in_the_middle(version: int) -> None:
    """The stream has later events already, which do not count."""
    log = Log(ANN)
    assert changes(Turns(User, log, False, is_there), log.events[ANN][version - 1 :]) == ALL[version - 1 :]
    assert log.reads == (version > 1)


def test_the_answer_is_the_same_when_events_are_read_again_or_skipped() -> None:
    log = Log(ANN)
    events, turns = log.events[ANN], Turns(User, log, False, is_there)
    for order in ([0, 1, 2], [1, 2, 3], [5], [0], [3], [4, 4]):
        assert changes(turns, [events[number] for number in order]) == [ALL[number] for number in order]


def test_streams_that_are_no_longer_in_memory_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 1)
    log = Log(ANN, BOB)
    turns = Turns(User, log, False, is_there)
    mixed = [event for pair in zip(log.events[ANN], log.events[BOB], strict=True) for event in pair]
    assert changes(turns, mixed) == [change for change in ALL for _ in range(2)]


def test_an_aggregate_that_nobody_asks_about_has_no_turns() -> None:
    log = Log(ANN)
    turns = Turns(User, log, False, is_there, lambda user: user.registered is not None and user.registered.code != "a")
    assert changes(turns, log.events[ANN]) == [None] * len(WORK)
    assert changes(Turns(User, log, False, is_there, lambda user: False), log.events[ANN][3:]) == [None] * 3
    assert log.reads == 1


def test_the_answer_at_a_position_leaves_out_what_happened_later() -> None:
    log = Log(ANN)
    turns = Turns(User, log, False, is_there)
    answers = [turn.after if (turn := turns.at(ANN, position)) else None for position in range(7)]
    assert answers == [None, True, False, False, True, False, True]
