"""Events that could not be read are tried again by themselves once they can be: a newer version of the code knows their type,
or a damaged row was restored.

Each projector looks at the partitions that it reads now. So in a rolling upgrade, the newer process folds what an older one
has set aside, whenever it did so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import structlog
from sqlalchemy import Row, and_, func, or_, select

from consumers.projecting.arrivals import decode
from consumers.projecting.dead_letters import UNREADABLE
from consumers.projecting.retries import Retried, Retries
from domain.shared.events import Recorded
from infra.event_store.store import EventStore
from infra.read_models.database import ReadModels
from infra.read_models.positions import EVERYONE, Outdated, dead_letters
from projections.shared.projection import Projection

SUBJECTS_AT_ONCE = 100
"""Subjects that are folded before new messages have their turn."""

PORTION = 1000
PAUSE = 30.0

log = structlog.get_logger()


class Learning:
    """Folds the waiting events of each subject whose first waiting event can be read now."""

    def __init__(self, projections: Sequence[Projection], store: EventStore, read_models: ReadModels, partitions: int) -> None:
        self._projections = {projection.name: projection for projection in projections}
        self._store, self._read_models, self._partitions = store, read_models, partitions
        self._looks_at = 0.0

    def turn(self, assigned: Iterable[int], now: float) -> set[str]:
        """Looks every 30 seconds of the clock that says `now`, and at once again if something was folded. See `look`."""
        if now < self._looks_at:
            return set()
        moved = self.look(list(assigned))
        # There may be more, which have their turn after new messages.
        self._looks_at = now if moved else now + PAUSE
        return moved

    def soon(self) -> None:
        """Looks in the next turn, because a partition was assigned."""
        self._looks_at = 0.0

    def look(self, assigned: Collection[int]) -> set[str]:
        """The read models of which something was folded, of at most 100 subjects. Raises the errors of the databases."""
        moved, outdated = set[str](), set[str]()
        retries: dict[str, Retries] = {}
        tried, total = 0, Retried(0, 0)
        for letter in self._readable_now(assigned):
            name = letter.projection
            if name in outdated:
                continue
            if name not in retries:
                retries[name] = Retries(self._projections[name], self._store, self._read_models, self._partitions)
            try:
                done = retries[name].fold(letter.subject, letter.partition)
            except Outdated:
                outdated.add(name)
                continue
            moved |= {name} if done.folded else set()
            tried, total = tried + 1, total.plus(done)
            if tried == SUBJECTS_AT_ONCE:
                break
        if tried:
            log.info("projector.learned", projections=sorted(moved), folded=total.folded, waiting=total.waiting)
        return moved

    def _readable_now(self, assigned: Collection[int]) -> Iterator[Row[Any]]:
        """The letters are read in portions. While some are folded, others may be missed: the next look finds them."""
        seen = 0
        while letters := self._unreadable(assigned, seen):
            decoded = decode(self._store, self._store.at({letter.position for letter in letters}))
            yield from (letter for letter in letters if isinstance(decoded.get(letter.position), Recorded))
            seen += len(letters)

    def _unreadable(self, assigned: Collection[int], offset: int) -> Sequence[Row[Any]]:
        """The first waiting event of each subject, if that could not be read, in the order of the log."""
        letters = dead_letters.c
        mine = (
            letters.discarded == 0,
            letters.subject != EVERYONE,
            letters.partition.in_(assigned),
            letters.projection.in_(self._projections),
        )
        first = select(letters.projection, letters.subject, func.min(letters.position).label("position")).where(*mine)
        firsts = first.group_by(letters.projection, letters.subject).subquery()
        same = and_(*(firsts.c[name] == letters[name] for name in ("projection", "subject", "position")))
        damaged = or_(*(letters.error.startswith(kind.__name__) for kind in UNREADABLE))
        query = select(dead_letters).join(firsts, same).where(*mine, damaged)
        ordered = query.order_by(letters.position, letters.projection, letters.subject)
        with self._read_models.reader.connect() as connection:
            return connection.execute(ordered.offset(offset).limit(PORTION)).all()
