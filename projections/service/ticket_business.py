"""The figures of many tickets in open time. The names stay the same, so the same measures are computed from them."""

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


class Spells(NamedTuple):
    """Times spent in a status, as columns: the number of the ticket, the figure that they add to, their begin and their end."""

    ticket: Whole
    figure: NDArray[np.str_]
    began: Whole
    ended: Whole


def spells(numbers: Mapping[Hashable, int], intervals: Sequence[Sequence[object]]) -> Spells:
    """`intervals` have a ticket's id, a status and two moments; `numbers` maps a ticket's id to its number."""
    import numpy as np

    rows = [(numbers[id], SPENT[status], *edges) for id, status, *edges in intervals if status in SPENT]  # type: ignore[index]
    ticket, figure, began, ended = zip(*rows, strict=True) if rows else ((), (), (), ())
    whole = [np.array(column, dtype=np.int64) for column in (ticket, began, ended)]
    return Spells(whole[0], np.array(figure, dtype=np.str_), whole[1], whole[2])


def in_business(
    figures: Mapping[str, Whole], teams: Sequence[str | None], spells: Spells, calendars: Calendars
) -> tuple[dict[str, Whole], NDArray[np.bool_]]:
    """The figures in open time of the calendars of the tickets' teams, and which tickets have a calendar.

    A moment becomes the open time until it, counted from the same start for all moments of a ticket.
    """
    import numpy as np

    changed = {name: values.copy() for name, values in figures.items()}
    codes = np.array([calendars.code(team) or "" for team in teams], dtype=np.str_)
    for code in filter(None, np.unique(codes).tolist()):
        clock = _clock(calendars, code, figures)
        theirs = codes == code
        for name in (*MOMENTS, NOW):
            moments = figures[name][theirs]
            changed[name][theirs] = np.where(moments == UNKNOWN, UNKNOWN, clock.until(moments))
        _spend(changed, spells, theirs, clock)
    return changed, codes != ""


def _clock(calendars: Calendars, code: str, figures: Mapping[str, Whole]) -> BusinessTime:
    """The calendar's open time from the first moment of all tickets to the last one or to now."""
    import numpy as np

    moments = np.concatenate([figures[name] for name in (*MOMENTS, NOW)])
    known = moments[moments != UNKNOWN]
    return BusinessTime(calendars.timetables[code], int(known.min()), int(known.max()))


def _spend(changed: dict[str, Whole], spells: Spells, theirs: NDArray[np.bool_], clock: BusinessTime) -> None:
    import numpy as np

    for figure in SPENT.values():
        changed[figure][theirs] = 0
        which = theirs[spells.ticket] & (spells.figure == figure)
        passed = clock.between(spells.began[which], spells.ended[which])
        np.add.at(changed[figure], spells.ticket[which], passed)
