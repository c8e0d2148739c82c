"""The promise about each of many tickets: computed once for tickets with the same fields and the same policies in force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from domain.service.service_level import PolicyVersion, Promise, promised
from domain.service.sla_policy import TICKET_FIELDS, Metric
from projections.service.ticket_columns import Tickets
from projections.service.ticket_course import microseconds, moment
from projections.service.ticket_groups import Fields, Values
from projections.shared.grouped import Pairs

if TYPE_CHECKING:
    from projections.service.ticket_columns import Flags
    from projections.shared.vectors import Whole


class Promises:
    """The promises by their numbers; 0 stands for none. `policies` are the codes of their policies."""

    def __init__(self, versions: Sequence[PolicyVersion], fields: Fields) -> None:
        self.policies: list[str | None] = [None]
        self._versions = versions
        self._since = sorted({microseconds(version.since) for version in versions})
        self._fields, self._pairs = fields, Pairs()
        self._known: dict[Promise | None, int] = {None: 0}
        self._of_pair: list[int] = []

    def of(self, tickets: Tickets) -> Whole:
        """The number of the promise about each ticket."""
        import numpy as np

        in_force = np.searchsorted(np.array(self._since, dtype=np.int64), tickets["opened"], side="right")
        pairs = self._pairs.numbers(tickets.fields, in_force)
        for values, versions in islice(self._pairs.known(), len(self._of_pair), None):
            self._of_pair.append(self._number(self._fields.values[values], versions))
        numbers: Whole = np.array(self._of_pair, dtype=np.int64)[pairs]
        return numbers

    def policy(self, numbers: Whole) -> Whole:
        """The place in `policies` of the policy of each promise."""
        import numpy as np

        codes = (promise and promise.code for promise in self._known)
        found: Whole = np.array([self.policies.index(code) for code in codes], dtype=np.int64)[numbers]
        return found

    def targets(self, metric: Metric, numbers: Whole) -> tuple[Whole, Flags]:
        """The seconds of the target for this metric, or 0 without a target; and whether they are business hours."""
        import numpy as np

        by_metric = [{target.metric: target for target in promise.targets} if promise else {} for promise in self._known]
        found = [of.get(metric) for of in by_metric]
        seconds = np.array([target.seconds if target else 0 for target in found], dtype=np.int64)
        business = np.array([target is not None and target.hours == "business" for target in found], dtype=bool)
        return seconds[numbers], business[numbers]

    def _number(self, values: Values, versions: int) -> int:
        """The number of the promise about tickets with these values, opened when so many versions had come into force."""
        if not versions:
            return 0
        promise = promised(moment(self._since[versions - 1]), dict(zip(TICKET_FIELDS, values, strict=True)), self._versions)
        if promise and promise.code not in self.policies:
            self.policies.append(promise.code)
        return self._known.setdefault(promise, len(self._known))
