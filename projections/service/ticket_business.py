"""The figures of many tickets in open time. They keep their names, so that the same measures can be computed from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from projections.service.business_time import BusinessTime
from projections.service.service_calendars import Calendars
from projections.service.ticket_columns import Tickets
from projections.service.ticket_course import microseconds
from projections.service.ticket_figures import MOMENTS, SPENT, STATUSES, UNKNOWN
from projections.service.ticket_groups import ByField, Fields

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.service.ticket_columns import Flags
    from projections.shared.vectors import Whole

NONE = -1
"""The place of the calendar of a ticket that has none."""
MARGIN = 366 * 24 * 3600 * 10**6
EARLIEST = microseconds(datetime(1900, 1, 1, tzinfo=UTC))


class Clocks:
    """The calendars of tickets, which are those of their teams. The clock of each is made once for all portions of a report."""

    def __init__(self, calendars: Calendars, fields: Fields, now: int) -> None:
        self.now = now
        self._timetables = list(calendars.timetables.values())
        places = {code: place for place, code in enumerate(calendars.timetables)}
        self._of_field = ByField(fields, lambda values: places.get(calendars.code(values["team"]) or "", NONE))
        self._made: dict[int, tuple[int, int, BusinessTime]] = {}

    def of(self, tickets: Tickets) -> Whole:
        """The place of each ticket's calendar, or NONE."""
        return self._of_field.of(tickets.fields)

    def clock(self, place: int, first: int, last: int) -> BusinessTime:
        """The clock of the calendar at this place, for moments from `first` to `last` and until now."""
        from_, to, clock = self._made.get(place, (first, self.now, None))
        if clock is None or first < from_ or last > to:
            # Portions follow the time roughly. With a margin, few of them need another clock.
            from_, to = min(first, from_), max(last, to, self.now)
            from_ = min(from_, max(from_ - MARGIN, EARLIEST))
            clock = BusinessTime(self._timetables[place], from_, to)
            self._made[place] = (from_, to, clock)
        return clock

    def passed(self, places: Whole, began: Whole, ended: Whole) -> Whole:
        """The open time of each pair of moments by the calendar at its place; 0 without one."""
        import numpy as np

        found = np.zeros(len(began), dtype=np.int64)
        for place in _places(places):
            which = places == place
            first, last = began[which], ended[which]
            edges = int(min(first.min(), last.min())), int(max(first.max(), last.max()))
            found[which] = self.clock(place, *edges).between(first, last)
        return found


class BusinessFigures:
    """The figures of tickets in open time, and which of the tickets have a calendar; no figure means anything without one.

    Each moment is replaced by the open time until it, counted from the same start for all moments of a ticket.
    """

    def __init__(self, tickets: Tickets, clocks: Clocks) -> None:
        import numpy as np

        places = clocks.of(tickets)
        self.clocked: Flags = places != NONE
        self.age = clocks.passed(places, tickets["opened"], np.full(len(tickets), clocks.now, dtype=np.int64))
        self._figures = {name: tickets[name].copy() for name in MOMENTS}
        for place in _places(places):
            self._replace(clocks, place, places == place)
        self._spend(tickets, clocks, places)

    def __getitem__(self, figure: str) -> Whole:
        return self._figures[figure]

    def _replace(self, clocks: Clocks, place: int, which: Flags) -> None:
        import numpy as np

        moments = np.concatenate([moments[which] for moments in self._figures.values()])
        known = moments[moments != UNKNOWN]
        clock = clocks.clock(place, int(known.min()), int(known.max()))
        for all_moments in self._figures.values():
            some = all_moments[which]
            all_moments[which] = np.where(some == UNKNOWN, UNKNOWN, clock.until(some))

    def _spend(self, tickets: Tickets, clocks: Clocks, places: Whole) -> None:
        import numpy as np

        ended = tickets.statuses.of(tickets.statuses.ended != UNKNOWN)
        passed = clocks.passed(places[ended.ticket], ended.began, ended.ended)
        for status, name in SPENT.items():
            which = ended.status == STATUSES.index(status)
            self._figures[name] = np.zeros(len(tickets), dtype=np.int64)
            np.add.at(self._figures[name], ended.ticket[which], passed[which])


def _places(places: NDArray[np.int64]) -> list[int]:
    """The places of the calendars that tickets have."""
    import numpy as np

    found: list[int] = np.unique(places[places != NONE]).tolist()
    return found
