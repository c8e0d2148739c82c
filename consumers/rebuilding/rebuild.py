"""Rebuilds read models from the log while the old ones still answer queries.

Events are routed as for the live read model, and each partition is folded exactly up to the live position. So the two can be
compared by digest, and the new one continues at the positions of the old one. The rows of the rebuild are stored with their
positions: a rebuild can be stopped at any moment and continued later.

Many read models are rebuilt with one reading of the log. Each still commits alone, and is compared and replaced alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar, get_args

import msgspec
import structlog
from sqlalchemy import Connection, delete, exc, func, insert, select, update

from consumers.projecting.faults import is_transient, name_of
from consumers.projecting.folding import Unfoldable
from consumers.projecting.set_aside import ForEveryone
from consumers.projecting.settling import Walks
from consumers.rebuilding.building import Building
from consumers.rebuilding.difference import Difference, first_difference
from consumers.rebuilding.page import Page, Place, read_page
from infra.event_store.store import EventStore
from infra.read_models import shadows
from infra.read_models.database import ReadModels
from infra.read_models.digest import digest, one_moment
from infra.read_models.positions import Superseded, dead_letters, held, positions, projections, registered, settle_at
from infra.read_models.tables import prepare, wait_for_others
from infra.routing import Held
from projections.shared.projection import Projection

T = TypeVar("T")
Progress = Callable[[int, int], None]

PAGE = {"sqlite": 2000, "postgresql": 4000}
TRIES, LONGEST_PAUSE = 8, 5.0
# Moments at which live rows may be at rest, so that they can be compared one by one.
RESTS = 20

log = structlog.get_logger()


class Disagrees(Exception):
    """No event at a partition's live position is routed to that partition: the live rows were built with another routing."""


NotRebuilt = ForEveryone | Superseded | Disagrees
NOT_REBUILT: tuple[type[NotRebuilt], ...] = get_args(NotRebuilt)
"""Why one read model cannot be rebuilt, while others can."""


class Rebuilt(msgspec.Struct, frozen=True):
    """The result of a rebuild: the position it reached, and the digests of live and rebuilt rows at the same positions.

    `seconds` have passed since it began or, of many that are rebuilt together, since all of them began. The digests are None if
    the live rows were built by another version of the code and cannot be compared. `dead_letters` counts the events that could
    not be folded or wait for such an event. `difference` is the first row that differs; None if the digests are the same, or if
    the live rows never rested long enough to compare them row by row.
    """

    projection: str
    position: int
    seconds: float
    live: str | None
    rebuilt: str | None
    dead_letters: int
    swapped: bool
    difference: Difference | None = None

    @property
    def same(self) -> bool | None:
        return None if self.live is None else self.live == self.rebuilt


def rebuild(
    projection: Projection,
    store: EventStore,
    read_models: ReadModels,
    partitions: int,
    check: bool = False,
    progress: Progress | None = None,
) -> Rebuilt:
    """Rebuilds the read model and replaces the live one; with `check`, it only compares the two.

    `progress` is called with the position reached and the target position. Raises ForEveryone if an event for everyone cannot
    be folded, Superseded if another process ended the same rebuild, Disagrees, and the errors of the databases.
    """
    _with_retries(partial(prepare, read_models))
    return _Rebuild(projection, store, read_models, partitions, progress or (lambda _, __: None)).run(check)


def rebuild_all(
    projections: Sequence[Projection],
    store: EventStore,
    read_models: ReadModels,
    partitions: int,
    check: bool = False,
    progress: Progress | None = None,
) -> Iterator[tuple[str, Rebuilt | NotRebuilt]]:
    """Rebuilds these read models, or only compares, and yields the name and the result of each once it is done.

    The log is read and decoded once for all. A read model that cannot be rebuilt does not hold back the others: its result is
    the error. Raises the errors of the databases, and what `progress` raises.
    """
    _with_retries(partial(prepare, read_models))
    note = progress or (lambda _, __: None)
    rebuilds = [_Rebuild(projection, store, read_models, partitions, note) for projection in projections]
    failed = _fold_all(rebuilds, note)
    for one in rebuilds:
        try:
            yield one.name, failed.get(one.name) or one.run(check)
        except NOT_REBUILT as error:
            yield one.name, error


def _fold_all(rebuilds: Sequence[_Rebuild], progress: Progress) -> dict[str, NotRebuilt]:
    """Folds each up to where its live rows are. Returns the errors of those that cannot be rebuilt, by their names."""
    failed: dict[str, NotRebuilt] = {}
    targets: dict[_Rebuild, Mapping[int, int]] = {}
    read_to: list[int] = []
    for one in rebuilds:
        try:
            to = one.begin()
            read_to.append(one.read_to(to))
            targets[one] = to
        except NOT_REBUILT as error:
            failed[one.name] = error
    if not targets:
        return failed
    after, upto = min(read_to), max(max(to.values()) for to in targets.values())
    for page in _pages(partial(rebuilds[0].read, upto=upto, wanted=[one.projection for one in targets]), after):
        for one in list(targets):
            try:
                one.take(page, targets[one])
            except NOT_REBUILT as error:
                failed[one.name] = error
                del targets[one]
        progress(page.last, upto)
    return failed


def _pages(read: Callable[[int], Page | None], after: int) -> Iterator[Page]:
    """The pages after a position. The next page is read while one is folded."""
    with ThreadPoolExecutor(1, "rebuild-reader") as reader:
        page = read(after)
        while page:
            ahead = reader.submit(read, page.last)
            yield page
            page = ahead.result()


class _Rebuild:
    def __init__(
        self, projection: Projection, store: EventStore, read_models: ReadModels, partitions: int, progress: Progress
    ) -> None:
        self.name, self.projection = projection.name, projection
        self._store, self._read_models = store, read_models
        self._partitions, self._progress = partitions, progress
        self._page = PAGE[read_models.writer.dialect.name]
        self._building = Building(projection, partitions, store.types_for_everyone)
        self._walks = Walks(read_models, partitions)
        self._begun = time.monotonic()

    def run(self, check: bool) -> Rebuilt:
        live = rebuilt = difference = None
        self._fold_to(self.begin())
        if self._is_current():
            live, rebuilt = self._compare()
            difference = None if live == rebuilt else self._first_difference()
        letters = self._dead_letters()
        if check:
            reached = _with_retries(self._drop)
        else:
            reached = self._swapped()
            shadows.drop_retired(self._read_models, self.projection.tables)
        seconds = time.monotonic() - self._begun
        return Rebuilt(self.name, reached, seconds, live, rebuilt, letters, not check, difference)

    # Building

    def begin(self) -> Mapping[int, int]:
        """Opens the rebuild, or continues it, and returns how far each partition is to be folded."""
        shadows.drop_retired(self._read_models, self.projection.tables)
        _with_retries(self._open)
        return _with_retries(self._targets)

    def read_to(self, targets: Mapping[int, int]) -> int:
        """Up to here, the log was read for all partitions. The rebuild starts again if a partition is further than its target.

        That happens if the live rows did not exist when the rebuild started, and a projector starts them meanwhile.
        """
        place = self._place()
        if place.is_further_than(targets):
            _with_retries(self._drop)
            _with_retries(self._open)
            place = self._place()
        return place.read

    def read(self, after: int, upto: int, wanted: Sequence[Projection]) -> Page | None:
        """The next page of the log, with what these read models want of it."""
        return _with_retries(lambda: read_page(self._store, wanted, self._partitions, after, self._page, upto))

    def take(self, page: Page, targets: Mapping[int, int]) -> int:
        """Folds what is due of the page, in one transaction. Returns up to where the log was read for all partitions."""
        return _with_retries(partial(_together_or_one_by_one, partial(self._fold, page, targets)))

    def _open(self) -> None:
        with self._read_models.writer.begin() as connection:
            wait_for_others(connection)
            self._building.open(connection)

    def _drop(self) -> int:
        with self._read_models.writer.begin() as connection:
            reached = self._building.place(connection).read
            self._building.drop(connection)
        return reached

    def _fold_to(self, targets: Mapping[int, int]) -> None:
        """Folds each partition exactly up to its target."""
        upto = max(targets.values())
        for page in _pages(partial(self.read, upto=upto, wanted=[self.projection]), self.read_to(targets)):
            self._progress(self.take(page, targets), upto)

    def _place(self) -> Place:
        with self._read_models.reader.connect() as connection:
            return self._building.place(connection)

    def _fold(self, page: Page, targets: Mapping[int, int], one_by_one: bool) -> int:
        with self._read_models.writer.begin() as connection:
            return self._building.fold(connection, page, targets, one_by_one=one_by_one).read

    # Comparing

    def _compare(self) -> tuple[str, str]:
        """The digests of live and rebuilt rows, both at the live positions of the same moment."""
        tables = self.projection.tables
        while True:
            self._settle()
            with one_moment(self._read_models) as connection:
                if self._is_settled(connection):
                    targets = self._live_positions(connection)
                    live = digest(connection, tables)
                    break
        self._fold_to(targets)
        with one_moment(self._read_models) as connection:
            self._require_exact(connection, targets)
            return live, digest(connection, tables, self._building.shadows)

    def _first_difference(self) -> Difference | None:
        """The first row that differs, seen at a moment at which both are at the same positions.

        Live rows move on meanwhile. None if they are never at rest, or if the database gives up the comparison.
        """
        for _ in range(RESTS):
            self._settle()
            targets = _with_retries(self._targets)
            self._fold_to(targets)
            with one_moment(self._read_models) as connection:
                at_rest = self._live_positions(connection) == self._building.place(connection).at
                if at_rest and self._is_settled(connection):
                    try:
                        return first_difference(connection, self.projection.tables, self._building.shadows)
                    except exc.OperationalError as error:
                        log.warning("rebuild.difference_not_found", projection=self.name, error=name_of(error))
                        return None
        return None

    def _settle(self) -> None:
        """Lets events for everyone reach all live rows, which rebuilt rows have from the start."""
        if self.projection.settling:
            for partition in range(self._partitions):
                while _with_retries(partial(self._walks.go_on, self.projection, partition)):
                    """The next portion."""

    def _is_settled(self, connection: Connection) -> bool:
        return self.projection.settling is None or self._walks.is_done(connection, self.projection)

    def _targets(self) -> Mapping[int, int]:
        with self._read_models.reader.connect() as connection:
            return self._targets_in(connection)

    def _targets_in(self, connection: Connection) -> Mapping[int, int]:
        """The live positions; the head of the log if the live rows are outdated and wait for this rebuild."""
        if self._is_current_in(connection):
            return self._live_positions(connection)
        return dict.fromkeys(range(self._partitions), self._store.head())

    def _live_positions(self, connection: Connection) -> Mapping[int, int]:
        return {partition: place.position for partition, place in held(connection, self.name).items()}

    def _require_exact(self, connection: Connection, targets: Mapping[int, int]) -> None:
        at = self._building.place(connection).at
        if wrong := [p for p, position in targets.items() if at[p] != position]:
            raise Disagrees(f"{self.name} holds positions that were never routed to partitions {wrong}")

    def _is_current(self) -> bool:
        with self._read_models.reader.connect() as connection:
            return self._is_current_in(connection)

    def _is_current_in(self, connection: Connection) -> bool:
        known = registered(connection, self.name)
        return known is not None and known[:2] == (self.projection.version, self._partitions)

    def _dead_letters(self) -> int:
        query = select(func.count()).select_from(dead_letters).where(dead_letters.c.projection == self._building.name)
        with self._read_models.reader.connect() as connection:
            return int(connection.execute(query).scalar_one())

    # Swapping

    def _swapped(self) -> int:
        """The position at which the rebuilt rows have become the live ones."""
        while True:
            self._fold_to(_with_retries(self._targets))
            reached = _with_retries(partial(_together_or_one_by_one, self._swap))
            if reached is not None:
                return reached

    def _swap(self, one_by_one: bool) -> int | None:
        """Locks the live positions, folds the events that are still missing, and swaps the tables.

        Returns the position reached; None, and swaps nothing, if a projector started the live rows meanwhile.
        """
        name = self.name
        with self._read_models.writer.begin() as connection:
            wait_for_others(connection)
            connection.execute(
                select(positions).where(positions.c.projection == name).order_by(positions.c.partition).with_for_update()
            )
            current = self._is_current_in(connection)
            targets = self._targets_in(connection)
            if self._building.place(connection).is_further_than(targets):
                return None
            self._fold_rest(connection, targets, one_by_one)
            if current:
                self._require_exact(connection, targets)
            reached = self._building.place(connection).read
            shadows.swap(connection, self._building.shadows)
            self._take_over(connection, current)
        return reached

    def _fold_rest(self, connection: Connection, targets: Mapping[int, int], one_by_one: bool) -> None:
        upto, after = max(targets.values()), self._building.place(connection).read
        while page := self.read(after, upto, [self.projection]):
            self._building.fold(connection, page, targets, one_by_one=one_by_one)
            after = page.last

    def _take_over(self, connection: Connection, current: bool) -> None:
        """Makes the dead letters and positions of the rebuild the live ones; known live offsets are kept."""
        name, at = self.name, self._building.place(connection).at
        waiting = (dead_letters.c.projection == name, dead_letters.c.discarded == 0)
        connection.execute(delete(dead_letters).where(*waiting))
        rebuilt = dead_letters.c.projection == self._building.name
        connection.execute(update(dead_letters).where(rebuilt).values(projection=name))
        self._building.forget(connection)
        if not current:
            self._register(connection, at)
        settle_at(connection, name, at)

    def _register(self, connection: Connection, at: Mapping[int, int]) -> None:
        name, known = self.name, registered(connection, self.name)
        offsets = held(connection, name) if known and known.partitions == self._partitions else {}
        connection.execute(delete(positions).where(positions.c.projection == name))
        connection.execute(delete(projections).where(projections.c.name == name))
        row = {"name": name, "version": self.projection.version, "partitions": self._partitions}
        connection.execute(insert(projections).values(row))
        connection.execute(insert(positions), [_position(name, p, at[p], offsets.get(p)) for p in at])


def _position(name: str, partition: int, position: int, before: Held | None) -> dict[str, object]:
    offset, topic_id = (before.next_offset, before.topic_id) if before else (0, "")
    return {
        "projection": name,
        "partition": partition,
        "position": position,
        "next_offset": offset,
        "topic_id": topic_id,
    }


def _together_or_one_by_one(work: Callable[[bool], T]) -> T:
    """Folds everything together or, if the projection raises, one event at a time."""
    with suppress(Unfoldable):
        return work(False)
    return work(True)


def _with_retries(work: Callable[[], T]) -> T:
    """Retries after transient errors, with growing pauses; raises any other error, and a transient one after TRIES tries."""
    for tries in range(1, TRIES):
        try:
            return work()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("rebuild.retrying", error=name_of(error), tries=tries)
            time.sleep(min(LONGEST_PAUSE, 0.05 * 2**tries))
    return work()
