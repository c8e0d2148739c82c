"""The figures of many tickets in open time. They keep their names, so that the same measures can be computed from them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from projections.service.business_time import BusinessTime
from projections.service.service_calendars import Calendars
from projections.service.ticket_times import MOMENTS, SPENT, UNKNOWN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.grouped import Whole

NOW = "now"


class StatusTimes(NamedTuple):
    """Status intervals as columns: the number of the ticket, the figure that the interval adds to, its begin and its end."""

    ticket: Whole
    figure: NDArray[np.str_]
    began: Whole
    ended: Whole


def status_times(numbers: Mapping[Hashable, int], intervals: Sequence[Sequence[object]]) -> StatusTimes:
    """The columns. `intervals` have a ticket's id, a status and two moments; `numbers` maps a ticket's id to its number."""
    import numpy as np

    rows = [(numbers[id], SPENT[status], *edges) for id, status, *edges in intervals if status in SPENT]  # type: ignore[index]
    ticket, figure, began, ended = zip(*rows, strict=True) if rows else ((), (), (), ())
    whole = [np.array(column, dtype=np.int64) for column in (ticket, began, ended)]
    return StatusTimes(whole[0], np.array(figure, dtype=np.str_), whole[1], whole[2])


def in_business(
    figures: Mapping[str, Whole], teams: Sequence[str | None], status_times: StatusTimes, calendars: Calendars
) -> tuple[dict[str, Whole], NDArray[np.bool_]]:
    """The figures in open time of each ticket's calendar (that of its team), and which tickets have a calendar.

    Each moment is replaced by the open time until it, counted from the same start for all moments of a ticket.
    """
    import numpy as np

    changed = {name: values.copy() for name, values in figures.items()}
    codes = np.array([calendars.code(team) or "" for team in teams], dtype=np.str_)
    for code in filter(None, np.unique(codes).tolist()):
        clock = _clock(calendars, code, figures)
        of_code = codes == code
        for name in (*MOMENTS, NOW):
            moments = figures[name][of_code]
            changed[name][of_code] = np.where(moments == UNKNOWN, UNKNOWN, clock.until(moments))
        _spend(changed, status_times, of_code, clock)
    return changed, codes != ""


def _clock(calendars: Calendars, code: str, figures: Mapping[str, Whole]) -> BusinessTime:
    """The calendar's open time from the first moment of all tickets to the last one, or to now if that is later."""
    import numpy as np

    moments = np.concatenate([figures[name] for name in (*MOMENTS, NOW)])
    known = moments[moments != UNKNOWN]
    return BusinessTime(calendars.timetables[code], int(known.min()), int(known.max()))


def _spend(changed: dict[str, Whole], status_times: StatusTimes, of_code: NDArray[np.bool_], clock: BusinessTime) -> None:
    import numpy as np

    for figure in SPENT.values():
        changed[figure][of_code] = 0
        which = of_code[status_times.ticket] & (status_times.figure == figure)
        passed = clock.between(status_times.began[which], status_times.ended[which])
        np.add.at(changed[figure], status_times.ticket[which], passed)
