"""Whether the promises about many tickets were kept, as `domain.service.service_level.judged` says about each one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from domain.service.service_level import WORST_FIRST, Verdict
from domain.service.sla_policy import Metric
from projections.service.ticket_business import NONE, Clocks
from projections.service.ticket_columns import Spans, Tickets
from projections.service.ticket_figures import UNKNOWN
from projections.service.ticket_measures import SECOND, SUMMED
from projections.service.ticket_promises import Promises

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.service.ticket_columns import Flags
    from projections.shared.vectors import Whole

    Ranks = NDArray[np.int8]

RANKS: tuple[Verdict | None, ...] = (None, *reversed(WORST_FIRST))
"""The verdicts as numbers, the worst last; first of all, that there is none."""
MET, UNDECIDED, BREACHED = (RANKS.index(verdict) for verdict in ("met", "undecided", "breached"))

ENDS = {"first_response": "answered", "first_resolution": "first_resolved", "full_resolution": "resolved"}
"""The metrics of one wait from the opening, and the figures that end the wait."""


class Waits(NamedTuple):
    """The waits of many tickets: the ticket of each and whether it is over, and the periods in which it counts time.

    In `spans`, the place of the wait stands for the ticket.
    """

    ticket: Whole
    over: Flags
    spans: Spans

    def of(self, which: Flags) -> Waits:
        """The waits with these flags, which have other places then."""
        import numpy as np

        spans = self.spans.of(which[self.spans.ticket])
        return Waits(self.ticket[which], self.over[which], spans._replace(ticket=(np.cumsum(which) - 1)[spans.ticket]))


def ranks(metric: Metric, tickets: Tickets, promises: Whole, known: Promises, clocks: Clocks) -> Ranks:
    """The verdict on each ticket as a number: the worst of its waits, and 0 without a target or a wait."""
    import numpy as np

    seconds, business = known.targets(metric, promises)
    found = np.zeros(len(tickets), dtype=np.int8)
    if not seconds.any():
        return found
    waits = _waits(metric, tickets)
    waits = waits.of(seconds[waits.ticket] > 0)
    places = np.where(business, clocks.of(tickets), NONE)
    passed = _passed(waits, business, places, clocks)
    of_waits = np.where(waits.over, MET, UNDECIDED)
    of_waits[passed > seconds[waits.ticket] * SECOND] = BREACHED
    of_waits[(business & (places == NONE))[waits.ticket]] = UNDECIDED
    np.maximum.at(found, waits.ticket, of_waits.astype(np.int8))
    return found


def _waits(metric: Metric, tickets: Tickets) -> Waits:
    """As in `ticket_waits`."""
    import numpy as np

    everyone = np.arange(len(tickets))
    if metric in ENDS:
        ended, opened = tickets[ENDS[metric]], tickets["opened"]
        over = ended != UNKNOWN
        return Waits(everyone, over, Spans(everyone, everyone, opened, np.where(over, np.maximum(opened, ended), UNKNOWN)))
    if metric == "next_reply":
        spans = tickets.replies
        return Waits(spans.ticket, spans.ended != UNKNOWN, spans._replace(ticket=np.arange(len(spans.ticket))))
    counted = tickets.statuses.have(SUMMED[metric])
    return Waits(everyone, tickets["finished"] > 0, tickets.statuses.of(counted))


def _passed(waits: Waits, business: Flags, places: Whole, clocks: Clocks) -> Whole:
    """The time that counts for each wait until now."""
    import numpy as np

    spans = waits.spans
    ended = np.maximum(spans.began, np.where(spans.ended == UNKNOWN, clocks.now, spans.ended))
    ticket = waits.ticket[spans.ticket]
    passed = np.where(business[ticket], clocks.passed(places[ticket], spans.began, ended), ended - spans.began)
    total = np.zeros(len(waits.ticket), dtype=np.int64)
    np.add.at(total, spans.ticket, passed)
    return total
