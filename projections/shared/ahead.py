"""Computes the next values in another thread while the caller uses the one before, or does something else first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

MOST = 20
"""So many values are computed before the first one is used: portions of a million rows."""


def ahead(values: Iterator[T]) -> Iterator[T]:
    """The values. One thread computes them, one after another; it ends with this iterator."""
    with early(values, most=1) as coming:
        yield from coming


@contextmanager
def early(values: Iterator[T], most: int = MOST) -> Iterator[Iterator[T]]:
    """The values, of which another thread computes the first `most` from now on, whatever the caller does meanwhile.

    What the values are read from belongs to that thread until all of them are used, or the context is left.
    """
    nothing = object()
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = deque(thread.submit(next, values, nothing) for _ in range(most))

        def following() -> Iterator[T]:
            while (value := coming.popleft().result()) is not nothing:
                coming.append(thread.submit(next, values, nothing))
                yield value  # type: ignore[misc]

        try:
            yield following()
        finally:
            for one in coming:
                one.cancel()
