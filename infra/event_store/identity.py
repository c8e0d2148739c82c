"""Which log this is. A restored copy of a store has the same id; a repair after it gives it a new epoch.

The store's markers keep both. They were added to format 2: a store without them gets them when it is opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

STORE_MARKER, EPOCH_MARKER = "store id", "epoch"
STORE_ID_LENGTH = 16
FIRST_EPOCH = 1


class Identity(NamedTuple):
    """`store` is the random id of the store, as hexadecimal digits. `epoch` rises with each repair of the store."""

    store: str
    epoch: int


def fresh() -> dict[str, bytes]:
    """The markers of a new store."""
    return {STORE_MARKER: os.urandom(STORE_ID_LENGTH), EPOCH_MARKER: b"%d" % FIRST_EPOCH}


def read(markers: Mapping[str, bytes]) -> Identity:
    """The identity in these markers. A store that lost them has no name and epoch 0: it is not the store that was opened."""
    return Identity(markers.get(STORE_MARKER, b"").hex(), int(markers.get(EPOCH_MARKER, b"0")))
