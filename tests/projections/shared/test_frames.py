"""Frames are bounded, belong to one version, and cannot be changed by those who get them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from projections.shared.frames import IDLE, RECENT, Columns, Frames, Version

FIRST, SECOND = Version("a", 1), Version("b", 2)
ROOM = 10_000


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def frames(clock: Clock) -> Frames:
    made = Frames(ROOM, clock)
    made.begin(FIRST)
    return made


def columns(rows: int = 100) -> Columns:
    """About 800 bytes of numbers."""
    return {"amounts": np.arange(rows)}


def found(frames: Frames, query: str, version: Version = FIRST) -> bool:
    return frames.find(version, query) is not None


def test_what_was_kept_is_found_as_it_was_in_each_form(frames: Frames) -> None:
    kept: Columns = {"ids": np.arange(4, dtype=np.uint64).reshape(2, 2), "channels": ["web", "", "亚洲"], "figures": b"\0\1"}
    frames.keep(FIRST, "q", kept)
    again = frames.find(FIRST, "q")
    assert again is not None
    assert again["ids"].tolist() == [[0, 1], [2, 3]]
    assert again["ids"].dtype == np.uint64
    assert (again["channels"], again["figures"]) == (["web", "", "亚洲"], b"\0\1")


def test_nobody_changes_what_others_get(frames: Frames) -> None:
    given = columns()
    frames.keep(FIRST, "q", given)
    given["amounts"][:] = 0
    for _ in range(2):
        got = frames.find(FIRST, "q")
        assert got is not None
        assert got["amounts"].sum() == 4950
        got["amounts"][:] = -1


def test_another_version_finds_nothing_and_ends_what_was_kept(frames: Frames) -> None:
    frames.keep(FIRST, "q", columns())
    assert not found(frames, "q", SECOND)
    frames.begin(SECOND)
    assert frames.size == 0
    assert not found(frames, "q", FIRST)


def test_a_report_that_began_earlier_keeps_nothing_and_ends_nothing(frames: Frames) -> None:
    frames.begin(SECOND)
    frames.keep(SECOND, "q", columns())
    frames.begin(FIRST)
    frames.keep(FIRST, "old", columns())
    assert found(frames, "q", SECOND)
    assert not found(frames, "old", FIRST)


def test_the_longest_unused_is_given_up_and_the_bound_holds(frames: Frames, clock: Clock) -> None:
    for number in range(40):
        frames.keep(FIRST, f"q{number}", columns())
        assert 0 < frames.size <= ROOM
        clock.now += RECENT
        assert found(frames, "q0"), "it is used all the time"
    assert found(frames, "q39")
    assert not found(frames, "q1")


def test_what_is_larger_than_the_room_pushes_out_nothing_of_itself(frames: Frames) -> None:
    """Portions of one query come one after another: the last ones would push out the first ones, and none would be found."""
    for number in range(40):
        frames.keep(FIRST, f"q{number}", columns())
    assert found(frames, "q0")
    assert not found(frames, "q39")
    frames.keep(FIRST, "large", columns(ROOM))
    assert not found(frames, "large")
    assert 0 < frames.size <= ROOM


def test_a_minute_without_a_question_ends_everything(frames: Frames, clock: Clock) -> None:
    frames.keep(FIRST, "q", columns())
    clock.now += IDLE - 1
    frames.expire()
    assert found(frames, "q"), "which is a question"
    clock.now += IDLE - 1
    frames.expire()
    assert frames.size > 0
    clock.now += 1
    frames.expire()
    assert frames.size == 0


def test_with_a_limit_of_0_nothing_is_kept() -> None:
    frames = Frames(0)
    frames.begin(FIRST)
    frames.keep(FIRST, "q", columns())
    assert frames.size == 0


def test_threads_get_the_rows_of_their_version_only(frames: Frames) -> None:
    """Each version has other rows; whatever the threads do, none sees rows of another one."""

    def ask(number: int) -> bool:
        version = Version(str(number % 7), number % 7)
        frames.begin(version)
        got = frames.find(version, f"q{number % 3}")
        if got is None:
            frames.keep(version, f"q{number % 3}", {"rows": np.full(10, number % 7)})
            return True
        return bool((got["rows"] == number % 7).all())

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(2000)))
    assert frames.size <= ROOM
