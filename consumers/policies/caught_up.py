"""Read models that have caught up with the log, for policies that ask about more than one stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from uuid import UUID

from sqlalchemy import Connection

from commands.shared.commit import Unreadable
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from infra.read_models.digest import one_moment

LONGEST_WAIT, PAUSE = 5.0, 0.02


class CaughtUp:
    """The read models `names`. Policies that use them follow the log separately, so that the others need not wait."""

    def __init__(self, read_models: ReadModels, completeness: Completeness, names: Sequence[str]) -> None:
        self._read_models, self._completeness, self._names = read_models, completeness, names

    @contextmanager
    def reading(self, needed: Callable[[Connection], int], about: Collection[UUID] = ()) -> Iterator[Connection]:
        """The read models at one moment at which all have reached the position `needed`. Raises TimeoutError.

        Raises Unreadable if one of them has set aside a subject that the policy asks `about`: its rows lack something.
        """
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            with one_moment(self._read_models) as connection:
                position = needed(connection)
                if all(self._completeness.followed_by(connection, name) >= position for name in self._names):
                    self._require(connection, position, about)
                    yield connection
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{', '.join(self._names)} have not reached position {position}")
            time.sleep(PAUSE)

    def _require(self, connection: Connection, position: int, about: Collection[UUID]) -> None:
        for name, subject in product(self._names, about):
            if self._completeness.seen_by(connection, name, subject) < position:
                raise Unreadable(f"{name} has set aside events of {subject}.")
