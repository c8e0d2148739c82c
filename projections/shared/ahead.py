"""Computes the next value in another thread while the caller uses the one before."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(values: Iterator[T]) -> Iterator[T]:
    """The values. One thread computes them, one after another; it ends with this iterator."""
    nothing = object()
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(next, values, nothing)
        while (value := coming.result()) is not nothing:
            coming = thread.submit(next, values, nothing)
            yield value  # type: ignore[misc]
