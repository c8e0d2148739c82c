"""Ids as vectors of numbers: they are ordered as the ids are."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from projections.shared.id_vectors import id_of, ids_of, in_order

HALVES = st.one_of(st.integers(0, 3), st.integers(2**64 - 3, 2**64 - 1), st.integers(0, 2**64 - 1))
IDS = st.builds(lambda high, low: UUID(int=high << 64 | low), HALVES, HALVES)


@given(ids=st.lists(IDS, unique=True, max_size=40))
def test_the_order_is_that_of_the_ids_also_if_many_begin_with_the_same_half(ids: Sequence[UUID]) -> None:
    vector = ids_of(ids)
    assert [id_of(halves) for halves in vector[in_order(vector)].tolist()] == sorted(ids)
