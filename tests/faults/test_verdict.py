"""The verdict finds what is lost, doubled and out of order: otherwise its zeros would say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from domain.shared.events import Actor, Metadata
from infra.event_store.mapper import Stored
from tests.faults.books import Books, Fact
from tests.faults.verdict import DAY_ENDED, KEY_ISSUED, Differences, check_stored

KEY, ADA, BOB, CALENDAR = (UUID(int=number) for number in range(1, 5))
REGISTERED = "crm.customer.registered.v2"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def stored(
    position: int, stream: UUID = ADA, version: int = 1, type: str = REGISTERED, at: datetime = NOON, **data: object
) -> Stored:
    metadata = Metadata(subject=stream, recorded_at=at, occurred_at=at, actor=Actor(type="system", id="test"))
    return Stored(position, stream, version, type, msgspec.json.encode({"metadata": metadata, "data": data}))


def noted(*facts: Stored) -> Books:
    books = Books()
    for fact in facts:
        books.note(Fact(fact.position, fact.stream, fact.version, fact.type))
    return books


ISSUED = stored(1, KEY, type=KEY_ISSUED)
FIRST, SECOND, OTHER = stored(2), stored(3, version=2), stored(4, BOB)


def found(log: Sequence[Stored], books: Books) -> tuple[int, int, int]:
    differences = Differences()
    check_stored(differences, log, books)
    assert bool(differences.details) == any((differences.lost, differences.doubled, differences.reordered))
    return differences.lost, differences.doubled, differences.reordered


def test_a_log_that_has_what_was_accepted_shows_no_difference() -> None:
    assert found([ISSUED, FIRST, SECOND, OTHER], noted(FIRST, SECOND, OTHER)) == (0, 0, 0)


def test_an_accepted_event_that_is_missing_is_lost() -> None:
    assert found([ISSUED, FIRST, SECOND], noted(FIRST, SECOND, OTHER)) == (1, 0, 0)


def test_an_event_that_nobody_sent_or_that_is_there_twice_is_doubled() -> None:
    assert found([ISSUED, FIRST, SECOND, OTHER], noted(FIRST, SECOND)) == (0, 1, 0)
    assert found([ISSUED, FIRST, OTHER, stored(5, BOB, 2)], noted(FIRST, OTHER)) == (0, 1, 0)


def test_versions_and_times_in_another_order_are_reordered() -> None:
    later, earlier = stored(2, version=2), stored(3, version=1)
    assert found([ISSUED, later, earlier], noted(later, earlier)) == (0, 0, 2)
    before = stored(4, BOB, at=NOON - timedelta(seconds=1))
    assert found([ISSUED, FIRST, SECOND, before], noted(FIRST, SECOND, before)) == (0, 0, 1)


def test_books_go_back_with_a_restored_log_but_no_position_is_given_again() -> None:
    books = noted(FIRST)
    kept = books.kept()
    books.note(Fact(OTHER.position, BOB, 1, REGISTERED))
    books.return_to(kept)
    assert found([ISSUED, FIRST], books) == (0, 0, 0)
    again = stored(OTHER.position, BOB)
    books.note(Fact(again.position, BOB, 1, REGISTERED))
    assert found([ISSUED, FIRST, again], books) == (0, 1, 0)


def test_a_day_that_has_not_ended_is_found() -> None:
    today = datetime.now(UTC).date()
    for day, good in ((today - timedelta(days=2), True), (today + timedelta(days=1), False)):
        log = [ISSUED, stored(2, CALENDAR, type=DAY_ENDED, day=day)]
        if good:
            assert found(log, Books()) == (0, 0, 0)
        else:
            with pytest.raises(AssertionError, match="have ended"):
                found(log, Books())
