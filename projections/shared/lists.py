"""Lists: the rows of a read model that match a filter, in an order, each as it is shown; and one row by its id."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Generic, TypedDict, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Select, Table, select

from projections.shared.occurred import within
from projections.shared.pages import Order, Page, page
from projections.shared.rows import Row

Wanted = TypeVar("Wanted", bound=msgspec.Struct)
Sort = TypeVar("Sort", bound=str)

Rule = Callable[[Any], ColumnElement[bool]]
"""Makes the condition from the value of a filter's field; the value is never None."""
Show = Callable[[Row], Row]

BOUNDS: Mapping[str, Callable[[Any, Any], Any]] = {"from": operator.ge, "to": operator.lt}


class Anything(msgspec.Struct, frozen=True):
    """A filter without fields, for a list that always has every row."""


class Criteria(Generic[Wanted]):
    """The conditions that the fields of a filter set; a field that is None sets no condition.

    A field compares with the column of the same name. `x_from` and `x_to` are a half-open range: days of `x_at` and `x_on` in
    the filter's `zone` if the table has both, else values of `x` or `x_at`. A flag `x` without a column tests whether `x_at` is
    set. Every other field needs a rule, or is listed in `without_rule`: the read model handles that field itself.
    """

    def __init__(
        self, table: Table, wanted: type[Wanted], rules: Mapping[str, Rule], without_rule: Collection[str] = ()
    ) -> None:
        fields = wanted.__struct_fields__
        dated = [name.removesuffix("_from") for name in fields if name.endswith("_from")]
        self._days = [name for name in dated if f"{name}_on" in table.c]
        skipped = {"zone", *without_rule, *(f"{name}_{bound}" for name in self._days for bound in BOUNDS)}
        self._rules = {name: rules.get(name) or _rule(table, name) for name in fields if name not in skipped}
        self._columns = table.c

    def of(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        """The conditions that the rows must meet."""
        values = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
        found = [rule(values[name]) for name, rule in self._rules.items() if name in values]
        for name in self._days:
            from_, to = (values.get(f"{name}_{bound}") for bound in BOUNDS)
            if from_ is not None or to is not None:
                found.append(within(self._columns[f"{name}_at"], self._columns[f"{name}_on"], from_, to, values["zone"]))
        return found


def _rule(table: Table, name: str) -> Rule:
    """The rule that follows from a field's name. Raises KeyError if the name matches no column."""
    if name in table.c:
        return equal(table.c[name])
    if f"{name}_at" in table.c:
        return flag(table.c[f"{name}_at"].is_not(None))
    of, _, bound = name.rpartition("_")
    column, compare = table.c[of if of in table.c else f"{of}_at"], BOUNDS[bound]
    return lambda value: compare(column, value)


def equal(column: ColumnElement[Any]) -> Rule:
    return lambda value: column == value


def flag(condition: ColumnElement[bool]) -> Rule:
    """True selects the rows that meet the condition, False those that do not."""
    return lambda wanted: condition if wanted else ~condition


def among(several: Table, key: Column[Any]) -> Rule:
    """The filter's value is one of the values that the row has in the table `several`."""
    owner, value = several.c
    return lambda wanted: key.in_(select(owner).where(value == wanted))


class Asked(TypedDict, Generic[Sort], total=False):
    """Sorting and paging of a list, for a read model that wraps `Listing.listing`."""

    sort: Sort | None
    descending: bool | None
    limit: int
    cursor: str | None


class Listing(Generic[Wanted, Sort]):
    """A list of the rows of one table, or of a `query` on it; it also gives single rows.

    It is sorted by one of the columns that `Sort` names. `personal` maps such a name to a column with personal data to sort by
    instead; cursors never contain a value of that column.
    """

    def __init__(
        self,
        table: Table,
        wanted: type[Wanted],
        sort: Sort,
        *,
        descending: bool = False,
        query: Select[Any] | None = None,
        show: Show = dict,
        rules: Mapping[str, Rule] = {},
        without_rule: Collection[str] = (),
        personal: Mapping[str, Column[Any]] = {},
    ) -> None:
        self.table, self.sort, self.descending, self.show = table, sort, descending, show
        self.query: Select[Any] = select(table) if query is None else query
        self.key: Column[Any] = table.c[next(iter(table.primary_key)).name]
        self._criteria, self._personal = Criteria(table, wanted, rules, without_rule), personal

    def get(self, connection: Connection, id: UUID) -> Row | None:
        """The row with this id, as lists show it; None if there is none."""
        return self.first(connection, self.key == id)

    def first(self, connection: Connection, condition: ColumnElement[bool], show: Show | None = None) -> Row | None:
        row = connection.execute(self.query.where(condition)).mappings().first()
        return None if row is None else (show or self.show)(dict(row))

    def listing(
        self,
        connection: Connection,
        wanted: Wanted | None = None,
        *also: ColumnElement[bool],
        sort: Sort | None = None,
        descending: bool | None = None,
        limit: int = 50,
        cursor: str | None = None,
        show: Show | None = None,
    ) -> Page:
        """A page of the rows that match the filter `wanted` and the conditions `also`. Raises MalformedCursor."""
        sort, descending = sort or self.sort, self.descending if descending is None else descending
        column = self._personal[sort] if sort in self._personal else self.table.c[sort]
        order = Order(column, self.key, descending, personal=sort in self._personal)
        conditions: Iterable[ColumnElement[bool]] = (*(self._criteria.of(wanted) if wanted else ()), *also)
        found = page(connection, self.query.where(*conditions), order, limit, cursor)
        return found._replace(rows=self.shown(connection, found.rows, show or self.show))

    def shown(self, connection: Connection, rows: list[Row], show: Show) -> list[Row]:
        """The rows of a page, as the list shows them."""
        return [show(row) for row in rows]
