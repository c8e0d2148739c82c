"""Vectors of ids, numbered and found without a Python object for each. An id is two unsigned numbers of 64 bits: its halves.

Ids are compared by one number first that is mixed from both halves. Two ids that have the same number are so rare that they are
only noticed, and then all ids are compared by their halves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, TypeGuard
from uuid import UUID

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids, Whole

NOT_FOUND = -1
# Odd, so each is a permutation of the numbers of 64 bits: 2⁶⁴ / φ, and the multiplier of MurmurHash3's finaliser.
_ODD = (0x9E3779B97F4A7C15, 0xFF51AFD7ED558CCD)


def ids_of(ids: Collection[UUID]) -> Ids:
    """The halves of these ids."""
    import numpy as np

    return np.frombuffer(b"".join(id.bytes for id in ids), dtype=">u8").astype(np.uint64).reshape(-1, 2)


def id_of(halves: Sequence[int]) -> UUID:
    high, low = halves
    return UUID(int=int(high) << 64 | int(low))


def is_ids(values: object) -> TypeGuard[Ids]:
    """Whether a column of values is an array of the halves of ids."""
    return getattr(values, "ndim", 0) == 2


def raw_ids(ids: Ids) -> list[bytes]:
    """The 16 bytes of each id: see `raw_ids.py`."""
    joined = ids.astype(">u8").tobytes()
    return [joined[start : start + 16] for start in range(0, len(joined), 16)]


def hexadecimal_ids(ids: Ids) -> list[str]:
    joined = ids.astype(">u8").tobytes().hex()
    return [joined[start : start + 32] for start in range(0, len(joined), 32)]


def numbered(ids: Ids) -> tuple[Whole, int]:
    """A number for each id, the same for the same id, and how many different numbers there are. They begin with 0."""
    import numpy as np

    mixed = _mixed(ids)
    order = np.argsort(mixed)
    new = changes(ids[order])
    if (new & ~changes(mixed[order, None])).any():
        order = np.lexsort((ids[:, 1], ids[:, 0]))
        new = changes(ids[order])
    numbers = np.empty(len(ids), np.int64)
    numbers[order] = np.cumsum(new) - 1
    return numbers, int(new.sum())


def in_order(ids: Ids) -> Whole:
    """The places of the ids in their order. Few of them begin with the same half, so it is sorted by that half alone first."""
    import numpy as np

    order: Whole = np.argsort(ids[:, 0])
    high = ids[order, 0]
    same = np.zeros(len(ids), np.bool_)
    same[1:] = high[1:] == high[:-1]
    same[:-1] |= same[1:]
    tied = order[same]
    order[same] = tied[np.lexsort((ids[tied, 1], ids[tied, 0]))]
    return order


class Places:
    """Finds ids among others, which are all different: their places, from 0."""

    def __init__(self, ids: Ids) -> None:
        import numpy as np

        mixed = _mixed(ids)
        self._ids, self._mixed, self._order = ids, mixed, np.argsort(mixed)
        self._sorted = mixed[self._order]
        self._same = bool((self._sorted[1:] == self._sorted[:-1]).any())

    def of(self, ids: Ids) -> Whole:
        """The place of each id, or NOT_FOUND."""
        import numpy as np

        if self._same:
            return self._found_by_halves(ids)
        if not len(self._ids):
            return np.full(len(ids), NOT_FOUND, np.int64)
        # In their order, they are found three times as fast: what is read for one is at hand for the next.
        asked = _mixed(ids)
        order = np.argsort(asked)
        places = np.empty(len(ids), np.int64)
        places[order] = np.searchsorted(self._sorted, asked[order])
        places = self._order[np.minimum(places, len(self._ids) - 1)]
        # The first half and the mixed number determine the second half, because the multipliers are odd.
        return np.where((self._mixed[places] == asked) & (self._ids[places, 0] == ids[:, 0]), places, NOT_FOUND)

    def _found_by_halves(self, ids: Ids) -> Whole:
        import numpy as np

        numbers, length = numbered(np.concatenate((self._ids, ids)))
        places = np.full(length, NOT_FOUND, np.int64)
        places[numbers[: len(self._ids)]] = np.arange(len(self._ids))
        return places[numbers[len(self._ids) :]]


def least(groups: Whole, length: int, values: Whole, ids: Ids) -> NDArray[np.bool_]:
    """Marks the first in each group: the one with the least value, and of several with that value the one with the least id."""
    import numpy as np

    first = np.full(length, np.iinfo(np.int64).max)
    np.minimum.at(first, groups, values)
    marked: NDArray[np.bool_] = values == first[groups]
    several = np.bincount(groups[marked], minlength=length) > 1
    if several.any():
        tied = np.flatnonzero(marked & several[groups])
        tied = tied[np.lexsort((ids[tied, 1], ids[tied, 0], groups[tied]))]
        marked[tied[~changes(groups[tied, None])]] = False
    return marked


def _mixed(ids: Ids) -> NDArray[np.uint64]:
    import numpy as np

    mixed: NDArray[np.uint64] = ids[:, 0] * np.uint64(_ODD[0]) ^ ids[:, 1] * np.uint64(_ODD[1])
    return mixed


def changes(rows: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Marks each row that differs from the row before it, and the first row."""
    import numpy as np

    changed = np.zeros(len(rows), np.bool_)
    changed[:1] = True
    for column in rows.T:
        changed[1:] |= column[1:] != column[:-1]
    return changed
