"""Columns of many rows as vectors of whole numbers: the database joins the values of thousands of rows into one.

No Python object is made for a row, and other threads run while the database joins. A vector has a value for each row: an id is
two numbers, a moment is in microseconds and a day in days, both since 1970. Portions follow where rows are stored, so all of
them must be read at one moment: see `one_moment`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    Float,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    Text,
    UnaryExpression,
    Uuid,
    and_,
    cast,
    event,
    func,
    literal_column,
    select,
    text,
    true,
    type_coerce,
)
from sqlalchemy.sql.operators import custom_op

from projections.shared.ahead import ahead
from projections.shared.frames import Shelf, shelf_of
from projections.shared.rows import Instant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Ids = NDArray[np.uint64]

ROWS, PAGES = 50_000, 1_000
"""A portion has about so many rows, or on PostgreSQL the rows of so many pages."""
SOME, APART = 500_000, 4
NIL = UUID(int=0)
"""The id that is null: RFC 9562, section 5.9. Nothing has it."""
NO_DAY = 3_000_000
"""The number of a day that is null: later than any day."""

Where = Sequence[ColumnElement[bool]]


class Numbered(NamedTuple):
    """The rows to which SQLite gave a number from `first` to `last`."""

    first: int
    last: int


Part = ColumnElement[bool] | Numbered

_BINARY = 1
_SINCE_2000 = 946_684_800_000_000
_UNIX_EPOCH_AS_JULIAN_DAY = 2_440_587.5
_PLACE: ColumnElement[int] = literal_column("rowid", BigInteger)
_PLUS: custom_op[Any] = custom_op("+")
_NOTHING: ColumnElement[Any] = literal_column("''::bytea")
_NUL: ColumnElement[Any] = literal_column("'\\x00'::bytea")


def portions(
    connection: Connection,
    columns: Mapping[str, ColumnElement[Any]],
    where: Where,
    parts: Iterable[Part],
) -> Iterator[dict[str, Any]]:
    """The columns of the rows that meet the conditions, part by part; a part without a row is left out.

    A column of ids is an array of two unsigned numbers for each row; one of texts is a list, see `Codes`; one of bytes is all
    its bytes in one; others are arrays of whole numbers. A null is the id `NIL`, the text "" or the day `NO_DAY`; bytes,
    numbers and moments must not be null. The database joins the values of the next part meanwhile, so the caller must not use
    the connection between two portions. If the connection has a shelf, what is kept there is not read again (see `frames`): so
    the result must depend on nothing but the rows of read models.
    """
    dialect, shelf = connection.dialect, shelf_of(connection)
    query = select(func.count(), *(_joined(column, dialect) for column in columns.values()))
    queries = (query.where(*_conditions(where, part)) for part in parts)
    for asked, kept, row in ahead(_looked_up(connection, shelf, one) for one in queries):
        read = kept if row is None else _vectors(columns, row, dialect)
        if shelf and asked and row is not None:
            shelf.keep(asked, read)
        if read:
            yield dict(zip(columns, read.values(), strict=True))


def read(connection: Connection, columns: Mapping[str, ColumnElement[Any]], *where: ColumnElement[bool]) -> dict[str, Any]:
    """The columns of all rows that meet the conditions: as `portions`, but in one part, and never of what is kept."""
    query = select(func.count(), *(_joined(column, connection.dialect) for column in columns.values())).where(*where)
    return _vectors(columns, _fetched(connection, query), connection.dialect)


def _looked_up(connection: Connection, shelf: Shelf | None, query: Select[Any]) -> tuple[str | None, Any, Any]:
    """What is kept of the query; or the row that it gives, and the text to keep it by."""
    asked, kept = shelf.find(connection, query) if shelf else (None, None)
    return asked, kept, _fetched(connection, query) if kept is None else None


def _vectors(columns: Mapping[str, ColumnElement[Any]], row: Any, dialect: Dialect) -> dict[str, Any]:
    """The columns of a row that has their number and their joined values; empty if there are none."""
    rows, *joined = row
    if not rows:
        return {}
    return {name: _vector(of, value, dialect) for (name, of), value in zip(columns.items(), joined, strict=True)}


# How rows are divided into portions


def by_place(connection: Connection, table: Table, where: Where) -> Iterator[Part]:
    """Divides the rows that meet the conditions by where they are stored. A few rows far apart are one portion, by an index.

    SQLite stores the rows of a `narrow` table by their key, so they are divided by ranges of the key's first column.
    """
    if connection.dialect.name == "sqlite" and not table.dialect_options["sqlite"]["with_rowid"]:
        yield from by_key(connection, next(iter(table.primary_key)), where)
        return
    some = select(literal_column("1")).select_from(table).where(*where).limit(SOME + 1).subquery()
    rows = connection.execute(select(func.count()).select_from(some)).scalar_one()
    # An index finds the edges of some rows faster than all rows are read.
    within = where if rows <= SOME else ()
    if connection.dialect.name == "postgresql":
        yield from [true()] if rows <= ROWS else _pages(connection, table, within)
        return
    edges = (select(edge(_PLACE)).select_from(table).where(*within) for edge in (func.min, func.max))
    first, last = (connection.execute(edge).scalar() or 0 for edge in edges)
    if rows <= ROWS and last - first > APART * rows:
        yield true()
        return
    for begin in range(first, last + 1, ROWS):
        yield Numbered(begin, begin + ROWS - 1)


def _conditions(where: Where, part: Part) -> Where:
    """SQLite may prefer an index for a condition, and search all of it for each part, so none is offered: `+` hides them."""
    if not isinstance(part, Numbered):
        return [*where, part]
    hidden: Where = [UnaryExpression(and_(*where).self_group(), operator=_PLUS)] if where else []
    return [*hidden, _PLACE.between(part.first, part.last)]


def _pages(connection: Connection, table: Table, within: Where) -> Iterator[ColumnElement[bool]]:
    if within:
        edges = (cast(edge(literal_column("ctid")), Text) for edge in (func.min, func.max))
        places = connection.execute(select(*edges).select_from(table).where(*within)).one()
        first, last = (int(place[1:].partition(",")[0]) for place in places)
    else:
        first, last = 0, connection.execute(_PAGES, {"name": table.name}).scalar_one()
    for page in range(first, last + 1, PAGES):
        pages = {"first": f"({page},0)", "after": f"({page + PAGES},0)"}
        yield text("ctid >= CAST(:first AS tid) AND ctid < CAST(:after AS tid)").bindparams(**pages)  # type: ignore[misc]


_PAGES = text("SELECT pg_relation_size(CAST(:name AS regclass)) / CAST(current_setting('block_size') AS bigint)")


def by_key(
    connection: Connection, key: ColumnElement[Any], where: Where, *before: ColumnElement[Any]
) -> Iterator[ColumnElement[bool]]:
    """Divides the rows that meet the conditions by ranges of the key, which is not null in any of them.

    An index finds the edges: on the key, or on the columns `before` and the key if each of those has only one value.
    """
    query = select(key).where(*where).order_by(*before, key).limit(1).offset(ROWS)
    after: Where = ()
    while (edge := connection.execute(query.where(*after)).scalar()) is not None:
        yield and_(*after, key <= edge)
        after = (key > edge,)
    yield and_(true(), *after)


# How values are joined, and taken apart: on PostgreSQL as bytes of a fixed length, on SQLite as bytes or texts, as it has them.


def _joined(column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    kind = column.type
    if dialect.name == "postgresql":
        return func.string_agg(_in_bytes(column, dialect), _NUL if isinstance(kind, String) else _NOTHING)
    if isinstance(kind, LargeBinary):
        return cast(func.group_concat(column, ""), LargeBinary)
    if isinstance(kind, String):
        return func.group_concat(func.coalesce(column, ""), func.char(0))
    if isinstance(kind, Uuid):
        return cast(func.group_concat(func.coalesce(type_coerce(column, LargeBinary), func.zeroblob(16)), ""), LargeBinary)
    return func.group_concat(_days(column, dialect) if isinstance(kind, Date) else type_coerce(column, Integer), ",")


def _in_bytes(column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    kind = column.type
    if isinstance(kind, LargeBinary):
        return column
    if isinstance(kind, String):
        return func.convert_to(func.coalesce(column, ""), "UTF8")
    if isinstance(kind, Uuid):
        return func.uuid_send(func.coalesce(column, cast(literal_column(f"'{NIL}'"), Uuid)))
    if isinstance(kind, Instant):
        return func.timestamptz_send(column)
    if isinstance(kind, Date):
        column = _days(column, dialect)
    return func.int8send(cast(cast(column, Integer) if isinstance(kind, Boolean) else column, BigInteger))


def _days(day: ColumnElement[Any], dialect: Dialect) -> ColumnElement[int]:
    """The days from 1970 to this day, or NO_DAY."""
    days: ColumnElement[int]
    if dialect.name == "postgresql":
        days = day.op("-", return_type=Integer())(literal_column("DATE '1970-01-01'"))
    else:
        days = cast(func.julianday(day, type_=Float) - _UNIX_EPOCH_AS_JULIAN_DAY, Integer)
    return func.coalesce(days, NO_DAY)


def _vector(column: ColumnElement[Any], joined: Any, dialect: Dialect) -> Any:
    import numpy as np

    kind = column.type
    if isinstance(kind, LargeBinary):
        return joined
    if isinstance(kind, String):
        return (joined if isinstance(joined, str) else joined.decode()).split("\0")
    if isinstance(kind, Uuid):
        return np.frombuffer(joined, ">u8").astype(np.uint64).reshape(-1, 2)
    if dialect.name == "postgresql":
        numbers = np.frombuffer(joined, ">i8").astype(np.int64)
        return numbers + _SINCE_2000 if isinstance(kind, Instant) else numbers
    return np.fromstring(joined, np.int64, sep=",")


def _fetched(connection: Connection, query: Select[Any]) -> Any:
    """The only row of the query. PostgreSQL sends bytes as they are, instead of as text."""
    if connection.dialect.name != "postgresql":
        return connection.execute(query).one()

    def in_binary(_: Any, cursor: Any, *__: Any) -> None:
        cursor.format = _BINARY

    event.listen(connection, "before_cursor_execute", in_binary)
    try:
        return connection.execute(query).one()
    finally:
        event.remove(connection, "before_cursor_execute", in_binary)


# Texts and ids as numbers


class Codes:
    """Numbers the texts of a column, from 0 in the order in which they come. `texts` has the text of each number."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers = _Numbers(self.texts)

    def of(self, texts: Sequence[str]) -> Whole:
        import numpy as np

        return np.fromiter(map(self._numbers.__getitem__, texts), np.int64, len(texts))


class _Numbers(dict[str, int]):
    """A text that is new gets the next number."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self._texts)
        self._texts.append(text)
        return number
