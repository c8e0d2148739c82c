"""Values that another thread computes while the one before is used."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from projections.shared.ahead import ahead


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
