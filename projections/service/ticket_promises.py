"""The promise about each of many tickets: computed once for tickets with the same fields and the same policies in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.service.service_level import PolicyVersion, Promise, promised
from domain.service.sla_policy import TICKET_FIELDS, Metric
from projections.service.ticket_columns import Tickets
from projections.service.ticket_course import microseconds, moment
from projections.service.ticket_groups import ByField, Fields
from projections.shared.grouped import Pairs

if TYPE_CHECKING:
    from projections.service.ticket_columns import Flags
    from projections.shared.grouped import Whole


class Promises:
    """The promises by their numbers. `policies` are the codes of the policies that were found; None stands for no policy."""

    def __init__(self, versions: Sequence[PolicyVersion], fields: Fields) -> None:
        self.policies: list[str | None] = [None]
        self._versions = versions
        self._since = sorted({microseconds(version.since) for version in versions})
        self._kinds: dict[tuple[str | None, ...], int] = {}
        self._kind = ByField(fields, lambda values: self._number(tuple(values[name] for name in TICKET_FIELDS)))
        self._pairs = Pairs()
        self._found: list[Promise | None] = []

    def of(self, tickets: Tickets) -> Whole:
        """The number of the promise about each ticket."""
        import numpy as np

        in_force = np.searchsorted(np.array(self._since, dtype=np.int64), tickets["opened"], side="right")
        numbers = self._pairs.numbers(self._kind.of(tickets.fields), in_force)
        kinds = list(self._kinds)
        for kind, versions in list(self._pairs.known())[len(self._found) :]:
            self._found.append(self._promised(dict(zip(TICKET_FIELDS, kinds[kind], strict=True)), versions))
        return numbers

    def policy(self, numbers: Whole) -> Whole:
        """The place in `policies` of the policy of each promise."""
        import numpy as np

        places = {code: place for place, code in enumerate(self.policies)}
        found: Whole = np.array([places[promise and promise.code] for promise in self._found], dtype=np.int64)[numbers]
        return found

    def targets(self, metric: Metric, numbers: Whole) -> tuple[Whole, Flags]:
        """The seconds of the target for this metric, or 0 without a target; and whether they are business hours."""
        import numpy as np

        by_metric = [{target.metric: target for target in promise.targets} if promise else {} for promise in self._found]
        found = [of.get(metric) for of in by_metric]
        seconds = np.array([target.seconds if target else 0 for target in found], dtype=np.int64)
        business = np.array([target is not None and target.hours == "business" for target in found], dtype=bool)
        return seconds[numbers], business[numbers]

    def _number(self, kind: tuple[str | None, ...]) -> int:
        return self._kinds.setdefault(kind, len(self._kinds))

    def _promised(self, fields: dict[str, str | None], versions: int) -> Promise | None:
        """The promise about tickets with these fields that were opened when so many versions had come into force."""
        promise = promised(moment(self._since[versions - 1]), fields, self._versions) if versions else None  # type: ignore[arg-type]
        if promise and promise.code not in self.policies:
            self.policies.append(promise.code)
        return promise
