"""Tickets as columns: their figures, statuses and waits for a reply as arrays, read portion by portion.

A ticket has its place in the arrays as its number. Moments that are not known are `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection

from domain.service.ticket.status import Status
from projections.service.ticket_course import microseconds
from projections.service.ticket_figures import MARK_BITS, REPLY_AWAITED, REPLY_ENDED, STATUSES, TYPES, UNKNOWN
from projections.service.ticket_filter import TicketFilter, within_moments
from projections.service.ticket_groups import Fields
from projections.service.ticket_times import measured_tickets
from projections.shared.day_vectors import as_number
from projections.shared.occurred import midnight
from projections.shared.vectors import NO_DAY, by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

    Flags = NDArray[np.bool_]


EARLIEST, LATEST = date(1900, 1, 1), date(9999, 1, 1)
"""The days that a request asks for if it names none."""


class Spans(NamedTuple):
    """Periods of time: the number of the ticket, a status (its place in `STATUSES`), and two moments; `UNKNOWN` if it runs."""

    ticket: Whole
    status: Whole
    began: Whole
    ended: Whole

    def of(self, which: Flags) -> Spans:
        return Spans(*(column[which] for column in self))

    def have(self, statuses: Collection[Status]) -> Flags:
        """Which of the periods have one of these statuses."""
        import numpy as np

        flags: Flags = np.array([status in statuses for status in STATUSES])[self.status]
        return flags


class Tickets:
    """Some tickets. `fields`, `agents` and `attributes` have the numbers that `Fields` gives, or are empty if nobody asks."""

    def __init__(self, figures: NDArray[np.void], marks: Whole, fields: Whole, agents: Whole, attributes: Whole) -> None:
        self._figures, self._marks, self.fields, self.agents = figures, marks, fields, agents
        self.attributes = attributes
        self._columns: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._figures)

    def __getitem__(self, figure: str) -> Whole:
        """A figure of all tickets."""
        import numpy as np

        if figure not in self._columns:
            self._columns[figure] = self._figures[figure].astype(np.int64)
        column: Whole = self._columns[figure]
        return column

    def of(self, which: Flags) -> Tickets:
        """The tickets with these flags, which have other numbers then."""
        if which.all():
            return self
        apart = (column[which] if len(column) else column for column in (self.agents, self.attributes))
        return Tickets(self._figures[which], self._marks[which[self._owners]], self.fields[which], *apart)

    @cached_property
    def kept(self) -> Tickets:
        """The tickets that are not discarded."""
        return self.of(self["discarded"] == 0)

    @cached_property
    def statuses(self) -> Spans:
        """The intervals of the tickets, in the order of the tickets and of time."""
        import numpy as np

        at = np.flatnonzero(self._what < REPLY_AWAITED)
        ticket, began = self._owners[at], self._at[at]
        ended = np.full(len(at), UNKNOWN, dtype=np.int64)
        goes_on = np.flatnonzero(ticket[1:] == ticket[:-1])
        ended[goes_on] = began[goes_on + 1]
        return Spans(ticket, self._what[at], began, ended)

    @cached_property
    def replies(self) -> Spans:
        """The waits for a reply."""
        import numpy as np

        at = np.flatnonzero(self._what == REPLY_AWAITED)
        following = np.minimum(at + 1, len(self._what) - 1)
        ended = np.where(self._what[following] == REPLY_ENDED, self._at[following], UNKNOWN)
        return Spans(self._owners[at], self._what[at], self._at[at], ended)

    @cached_property
    def _what(self) -> Whole:
        what: Whole = self._marks & ((1 << MARK_BITS) - 1)
        return what

    @cached_property
    def _at(self) -> Whole:
        at: Whole = self._marks >> MARK_BITS
        return at

    @cached_property
    def _owners(self) -> Whole:
        """The ticket of each mark: only its first mark is that of the status `new`, which is 0."""
        import numpy as np

        return np.cumsum(self._what == 0) - 1


def read(
    connection: Connection,
    question: TicketFilter,
    fields: Fields,
    where: Sequence[ColumnElement[bool]] = (),
) -> Iterator[Tickets]:
    """The tickets with the question's values that meet the conditions, in portions.

    The days of the question are not a condition: see `within`.
    """
    import numpy as np

    row = measured_tickets.c
    conditions = [*question.matches(row), *where]
    columns = {column.name: column for column in (row.figures, row.marks, row.fields)}
    columns |= {"agent": row.agent} if fields.has_agents else {}
    columns |= {"attributes": row.attributes} if fields.keys else {}
    nobody = np.zeros(0, dtype=np.int64)
    for of in portions(connection, columns, conditions, by_place(connection, measured_tickets, where)):
        figures, marks = np.frombuffer(of["figures"], dtype=list(TYPES.items())), np.frombuffer(of["marks"], dtype="<i8")
        agents = fields.agent_numbers(of["agent"]) if fields.has_agents else nobody
        attributes = fields.attribute_numbers(of["attributes"]) if fields.keys else nobody
        yield Tickets(figures, marks.astype(np.int64, copy=False), fields.numbers(of["fields"]), agents, attributes)


def opened_within(question: TicketFilter) -> list[ColumnElement[bool]]:
    """The condition for tickets opened on the days of the question, which an index serves; none if these are all days."""
    row = measured_tickets.c
    if question.from_ <= EARLIEST and question.to >= LATEST:
        return []
    return [within_moments(row.opened, row.opened_on, question.from_, question.to, question.zone)]


def within(at: Whole, own: Whole, from_: date | None, to: date, zone: tzinfo) -> Flags:
    """Whether each moment is on one of these days, as `occurred.within` says. `own` has days, or `NO_DAY`."""
    begun = own < as_number(to)
    before = at < microseconds(midnight(to, zone))
    if from_ is not None:
        begun &= own >= as_number(from_)
        before &= at >= microseconds(midnight(from_, zone))
    flags: Flags = (own != NO_DAY) & begun | (own == NO_DAY) & before & (at != UNKNOWN)
    return flags
