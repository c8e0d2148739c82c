"""Values that another thread computes while the one before is used."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from projections.shared.ahead import MOST, ahead, early


def test_values_come_in_order_from_another_thread() -> None:
    by: set[int] = set()

    def values() -> Iterator[int]:
        for value in range(5):
            by.add(threading.get_ident())
            yield value

    assert list(ahead(values())) == [0, 1, 2, 3, 4]
    assert by.isdisjoint({threading.get_ident()})
    assert len(by) == 1


def test_an_error_comes_in_its_place() -> None:
    def values() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    coming = ahead(values())
    assert next(coming) == 1
    with pytest.raises(LookupError):
        next(coming)


def test_no_thread_is_left_when_nobody_wants_the_rest() -> None:
    before = threading.active_count()
    coming = ahead(iter(range(1000)))
    assert next(coming) == 0
    coming.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_values_are_computed_early_while_the_caller_does_something_else() -> None:
    computed = threading.Event()

    def values() -> Iterator[int]:
        yield from range(3)
        computed.set()

    with early(values()) as coming:
        assert computed.wait(10)
        assert list(coming) == [0, 1, 2]


def test_only_some_values_are_computed_before_one_is_used() -> None:
    made: list[int] = []
    with early(made.append(value) or value for value in range(10 * MOST)) as coming:  # type: ignore[func-returns-value]
        for value in coming:
            assert len(made) <= value + 1 + MOST
    assert made == list(range(10 * MOST))


def test_an_early_error_comes_in_its_place() -> None:
    def values() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    with early(values()) as coming:
        assert next(coming) == 1
        with pytest.raises(LookupError):
            next(coming)


def test_no_thread_is_left_when_the_caller_fails_before_the_first_value() -> None:
    before = threading.active_count()
    with pytest.raises(LookupError), early(iter(range(1000))):
        raise LookupError("before the first value")
    assert threading.active_count() == before
