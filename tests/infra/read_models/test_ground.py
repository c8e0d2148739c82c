"""Anchors: some events of the log by which it is known again."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.events import Metadata
from infra.event_store.mapper import Stored
from infra.read_models.ground import digest_of, in_the_log, with_anchor
from tests.infra.event_store.given_events import metadata

RECORDED = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


def stored(position: int, version: int = 1, found: Metadata | None = None) -> Stored:
    given = found or metadata(subject=UUID(int=7), recorded_at=RECORDED, command_id=UUID(int=9))
    state = msgspec.json.encode({"metadata": given, "data": {}})
    return Stored(position, UUID(int=7), version, "crm.test.v1", state)


def damaged(position: int) -> Stored:
    return Stored(position, UUID(int=7), 1, "crm.test.v1", b"{")


def test_the_digest_of_an_event_never_changes() -> None:
    assert digest_of(stored(5)) == "15799e3567f517d34521787216ce9b3f5a55d993c8916abc3dd92163f90cd089"


def test_another_event_at_the_same_position_has_another_digest_and_a_damaged_one_has_none() -> None:
    later = metadata(subject=UUID(int=7), recorded_at=RECORDED.replace(microsecond=1), command_id=UUID(int=9))
    assert len({digest_of(stored(5)), digest_of(stored(5, 2)), digest_of(stored(5, found=later))}) == 3
    assert digest_of(damaged(5)) is None


def test_an_anchor_is_in_the_log_unless_another_event_or_none_is_there() -> None:
    known = {position: str(digest_of(stored(position, position))) for position in (1, 2, 3, 4)}
    found = [stored(1, 1), stored(2, 9), damaged(3)]
    assert in_the_log(known, found) == {1: known[1], 3: known[3]}


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40))
def test_few_anchors_are_kept_and_at_every_distance_from_the_head_there_is_one(steps: list[int]) -> None:
    known: dict[int, str] = {}
    position, every = 0, []
    for step in steps:
        position += step
        every.append(position)
        known = with_anchor(known, stored(position))
    assert max(known) == position
    assert len(known) <= 64
    for cut in every:
        kept = max((at for at in known if at <= cut), default=0)
        seen = max(at for at in every if at <= cut)
        assert position - kept <= 4 * (position - seen) + 500
    assert with_anchor(known, damaged(position + 1)) == known
