"""The rows of a read model inside one transaction: loaded, folded in Python, and written once per batch.

The same projection writes the live tables or, during a rebuild, their shadows; `Rows` knows which.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    TypeDecorator,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from projections.shared.array_text import ArrayText
from projections.shared.id_vectors import NOT_FOUND, Places, hexadecimal_ids, id_of, ids_of, is_ids, raw_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids, Whole

    Flags = NDArray[np.bool_]

Row = dict[str, Any]
Columns = tuple[Column[Any], ...]

AT_ONCE, PORTION = 500, 5000
ROWS_TOGETHER, MOST_PARAMETERS = (500, 100), 32_766
"""The rows of a statement on SQLite while there are so many, and its limit of parameters."""
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: timestamptz on PostgreSQL, microseconds since 1970 on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return BigInteger() if dialect.name == "sqlite" else self.impl_instance

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _microseconds if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _moment if dialect.name == "sqlite" else _in_utc


def _microseconds(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // MICROSECOND


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(0, 0, microseconds)


def _in_utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)


class Few(NamedTuple):
    """A column of few different values: the value of each row is at a place among them."""

    values: Sequence[Any]
    places: Whole


class Residents:
    """The subjects that belong to a partition: all of them, if there is only one."""

    def __call__(self, subject: UUID) -> bool:
        return True

    def among(self, subjects: Ids) -> Flags:
        """Which of these subjects belong to it: the same for many, without an object for each."""
        import numpy as np

        return np.ones(len(subjects), np.bool_)


EVERYBODY = Residents()


class _Without(Residents):
    def __init__(self, residents: Residents, away: Collection[UUID]) -> None:
        self._residents, self._away = residents, away

    def __call__(self, subject: UUID) -> bool:
        return subject not in self._away and self._residents(subject)

    def among(self, subjects: Ids) -> Flags:
        found = self._residents.among(subjects)
        if self._away:
            found &= Places(ids_of(self._away)).of(subjects) == NOT_FOUND
        return found


class _Only(Residents):
    def __init__(self, subject: UUID) -> None:
        self._subject = subject

    def __call__(self, subject: UUID) -> bool:
        return subject == self._subject

    def among(self, subjects: Ids) -> Flags:
        found: Flags = Places(ids_of([self._subject])).of(subjects) != NOT_FOUND
        return found


class Rows:
    """Reads and writes rows through one connection; `shadows` maps a live table to the table to use in its place.

    `lives_here` returns whether a subject belongs to this partition; an event for everyone changes only the rows of such
    subjects. If `alone` is given, events for everyone change only the rows of that subject. Every event for everyone up to the
    position `settled` has reached all rows here: see `Settling`.
    """

    def __init__(
        self,
        connection: Connection,
        shadows: Mapping[Table, Table] | None = None,
        lives_here: Residents = EVERYBODY,
        alone: UUID | None = None,
        settled: int = 0,
    ) -> None:
        self.connection = connection
        self.lives_here = lives_here
        self.settled = settled
        self._shadows = shadows or {}
        self._alone = alone

    @property
    def is_alone(self) -> bool:
        """Whether events for everyone change the rows of one subject only."""
        return self._alone is not None

    def without(self, away: Collection[UUID]) -> Rows:
        """The same rows, but events for everyone do not change these subjects. The collection may grow while it is in use."""
        return Rows(self.connection, self._shadows, _Without(self.lives_here, away), settled=self.settled)

    def only(self, subject: UUID) -> Rows:
        """The same rows, but events for everyone change this subject only."""
        return Rows(self.connection, self._shadows, _Only(subject), subject)

    def table(self, live: Table) -> Table:
        return self._shadows.get(live, live)

    def load(self, live: Table, keys: Collection[Any]) -> dict[Any, Row]:
        """Rows by primary key (a tuple if it has several columns); keys without a row are left out."""
        columns = tuple(self.table(live).primary_key)
        return {_key(row, columns): row for row in self._where(live, columns, list(keys))}

    def select(self, live: Table, column: str, values: Collection[Any]) -> list[Row]:
        """All rows in which `column` has one of the values."""
        return self._where(live, (self.table(live).c[column],), list(values))

    def each(self, live: Table, subject: str | None = None) -> Iterator[list[Row]]:
        """All rows of this partition, in portions. `subject` names the column with a row's subject; the default is the key."""
        [key] = self.table(live).primary_key
        owner = key if subject is None else self.table(live).c[subject]
        if self._alone is not None:
            yield self.select(live, owner.name, [self._alone])
            return
        query = select(key, owner.label("owner")).order_by(key).limit(PORTION)
        portion = self.connection.execute(query).all()
        while portion:
            yield list(self.load(live, [id for id, owner_id in portion if self.lives_here(owner_id)]).values())
            portion = self.connection.execute(query.where(key > portion[-1][0])).all()

    def save(self, live: Table, rows: Collection[Row]) -> None:
        """Insert the rows, or replace those with the same primary key. Each row must have every column."""
        if rows:
            self._write(live, list(rows), replace=True)

    def insert(self, live: Table, rows: Collection[Row]) -> None:
        """Insert rows that do not exist yet."""
        if rows:
            self._write(live, list(rows), replace=False)

    def save_columns(self, live: Table, columns: Mapping[str, Any], keeping: Collection[str] = ()) -> None:
        """Like `save`, but of a list of values for each column. Ids may be an array, as `vectors` reads them; or see `Few`.

        In rows that exist, the columns of `keeping` have these values already: so SQLite need not touch their indexes.
        """
        self._write_columns(live, columns, replace=True, keeping=frozenset(keeping))

    def is_among(self, column: ColumnElement[UUID], ids: Ids) -> ColumnElement[bool]:
        """The condition that the column has one of these ids."""
        if self._has_arrays:
            return column == func.any(bindparam(None, hexadecimal_ids(ids), type_=ArrayText(column.type)))
        return column.in_(list(map(id_of, ids.tolist())))

    def copy(self, live: Table, to: Table, where: Iterable[ColumnElement[bool]], **given: int) -> None:
        """Copy the rows that meet the conditions to a table which has some of their columns, and those that are `given`."""
        of, into = self.table(live), self.table(to)
        names = [column.name for column in into.c]
        values = (literal(given[name], into.c[name].type).label(name) if name in given else of.c[name] for name in names)
        self.connection.execute(insert(into).from_select(names, select(*values).where(*where)))

    def replace(self, live: Table, column: str, values: Collection[Any], rows: Collection[Row]) -> None:
        """Replace all rows in which `column` has one of the values by these rows."""
        self.delete(live, column, values)
        self.insert(live, rows)

    def delete(self, live: Table, column: str, values: Collection[Any]) -> None:
        """Delete all rows in which `column` has one of the values."""
        table = self.table(live)
        self._delete(table, (table.c[column],), list(values))

    def remove(self, live: Table, keys: Collection[Any]) -> None:
        """Delete rows by primary key, as in `load`."""
        table = self.table(live)
        self._delete(table, tuple(table.primary_key), list(keys))

    def _delete(self, table: Table, columns: Columns, values: list[Any]) -> None:
        for among in self._among(columns, values):
            self.connection.execute(_deleting(table, columns, self._has_arrays), among)

    def _where(self, live: Table, columns: Columns, values: list[Any]) -> list[Row]:
        found: list[Row] = []
        selecting = _selecting(self.table(live), columns, self._has_arrays)
        for among in self._among(columns, values):
            rows = self.connection.execute(selecting, among)
            names = tuple(rows.keys())
            found += [dict(zip(names, row, strict=True)) for row in rows]
        return found

    @property
    def _has_arrays(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    def _among(self, columns: Columns, values: list[Any]) -> Iterable[dict[str, list[Any]]]:
        """The parameters of `_is_among`: once on PostgreSQL, where an array has no size limit, in several parts on SQLite."""
        if not self._has_arrays:
            return ({"values": some} for some in _portions(values))
        if len(columns) == 1:
            return [{"values_0": values}] if values else []
        return [{f"values_{index}": list(each) for index, each in enumerate(zip(*values, strict=True))}] if values else []

    def _write(self, live: Table, rows: list[Row], *, replace: bool) -> None:
        """Column by column: SQLAlchemy looks up each parameter of each row, which took a quarter of the time of a rebuild."""
        columns = {column.name: [row[column.name] for row in rows] for column in live.c}
        self._write_columns(live, columns, replace=replace)

    def _write_columns(
        self, live: Table, columns: Mapping[str, Any], *, replace: bool, keeping: frozenset[str] = frozenset()
    ) -> None:
        table = self.table(live)
        if self._has_arrays:
            same = frozenset(name for name, of in columns.items() if isinstance(of, Few) and len(of.values) == 1)
            values = {name: of.values[0] if name in same else _array(of) for name, of in columns.items()}
            self.connection.execute(_unnested_insert(table, replace, same), values)
            return
        dialect = self.connection.dialect
        single = _writing(table, replace, keeping, dialect, 1)
        parameters, width = single.parameters(columns), len(single.columns)
        start = 0
        for most in ROWS_TOGETHER:
            together = min(most, MOST_PARAMETERS // width)
            while start + together * width <= len(parameters):
                some = tuple(parameters[start : start + together * width])
                self.connection.exec_driver_sql(_writing(table, replace, keeping, dialect, together).statement, some)
                start += together * width
        if start < len(parameters):
            rest = [tuple(parameters[begin : begin + width]) for begin in range(start, len(parameters), width)]
            self.connection.exec_driver_sql(single.statement, rest)


# Statements that are made once: making one takes longer than running it.


@lru_cache(maxsize=1024)
def _selecting(table: Table, columns: Columns, arrays: bool) -> Select[Any]:
    return select(table).where(_is_among(columns, arrays))


@lru_cache(maxsize=1024)
def _deleting(table: Table, columns: Columns, arrays: bool) -> Delete:
    return delete(table).where(_is_among(columns, arrays))


def _is_among(columns: Columns, arrays: bool) -> ColumnElement[bool]:
    """The columns have one of the given values: of those in an array for each column, or in one list."""
    if arrays:
        given = [bindparam(f"values_{index}", type_=ArrayText(column.type)) for index, column in enumerate(columns)]
        if len(columns) == 1:
            return columns[0] == func.any(given[0])
        return tuple_(*columns).in_(select(*(func.unnest(array) for array in given)))
    listed: BindParameter[Any] = bindparam("values", expanding=True)
    return columns[0].in_(listed) if len(columns) == 1 else tuple_(*columns).in_(listed)


def _key(row: Row, columns: Columns) -> Any:
    return row[columns[0].name] if len(columns) == 1 else tuple(row[column.name] for column in columns)


def _portions(values: list[Any]) -> Iterable[list[Any]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))


@lru_cache(maxsize=1024)
def _unnested_insert(table: Table, replace: bool, same: frozenset[str] = frozenset()) -> Insert:
    """One statement for any number of rows, with one array per column, or one value for those that are the `same` in all."""
    values = [
        bindparam(column.name, type_=column.type)
        if column.name in same
        else func.unnest(bindparam(column.name, type_=ArrayText(column.type)))
        for column in table.c
    ]
    statement = postgresql.insert(table).from_select([column.name for column in table.c], select(*values))
    return _replacing(statement, table) if replace else statement


class _Writing(NamedTuple):
    """An insert as the driver runs it. `columns` are in the order of its parameters, each with what makes a value of it."""

    statement: str
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def parameters(self, columns: Mapping[str, Any]) -> list[Any]:
        """The values of all rows in one list, row by row. Raises ValueError if the columns differ in length."""
        made = [self._made(columns[name], make) for name, make in self.columns]
        found: list[Any] = [None] * (len(made) * len(made[0]))
        for place, values in enumerate(made):
            found[place :: len(made)] = values
        return found

    @classmethod
    def _made(cls, values: Any, make: Callable[[Any], Any] | None) -> list[Any]:
        if is_ids(values):
            return raw_ids(values)
        if isinstance(values, Few):
            return _listed(Few(cls._made(values.values, make), values.places))
        return [make(value) for value in values] if make else list(values)


def _array(values: Any) -> list[Any]:
    return hexadecimal_ids(values) if is_ids(values) else _listed(values)


def _listed(values: Few | list[Any]) -> list[Any]:
    if not isinstance(values, Few):
        return values
    import numpy as np

    objects = np.empty(len(values.values), object)
    objects[:] = values.values
    listed: list[Any] = objects[values.places].tolist()
    return listed


@lru_cache(maxsize=1024)
def _writing(table: Table, replace: bool, keeping: frozenset[str], dialect: Dialect, rows: int) -> _Writing:
    """So many rows in one statement: SQLite takes them in one step, in which other threads run without a pause between rows."""
    statement = sqlite.insert(table)
    compiled = (_replacing(statement, table, keeping) if replace else statement).compile(dialect=dialect)
    makers = {column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.c}
    head, values, tail = str(compiled).partition(f"VALUES ({', '.join('?' * len(table.c))})")
    several = ", ".join([values.removeprefix("VALUES ")] * rows)
    return _Writing(f"{head}VALUES {several}{tail}", tuple((name, makers[name]) for name in compiled.positiontup or ()))


def _replacing(statement: Any, table: Table, keeping: Collection[str] = ()) -> Any:
    others = {
        column.name: statement.excluded[column.name]
        for column in table.c
        if not column.primary_key and column.name not in keeping
    }
    keys = list(table.primary_key)
    if not others:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=others)
