"""The groups of a report on tickets: numbers for them, and the key of each number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import msgspec

from domain.service.sla_policy import TICKET_FIELDS
from projections.service.ticket_figures import UNKNOWN
from projections.service.ticket_measures import SECOND
from projections.shared.day_vectors import as_date, days_of_quarters, first_days
from projections.shared.grouped import Pairs
from projections.shared.reports import QUARTER, Key, named, period_of
from projections.shared.vectors import NO_DAY, Codes

if TYPE_CHECKING:
    from projections.service.ticket_columns import Tickets
    from projections.shared.vectors import Whole

Values = tuple[str | None, ...]
"""The values of a ticket in the columns `TICKET_FIELDS`."""

AGENT = "agent"
ATTRIBUTE = "attribute:"
"""A grouping by an attribute begins with this, followed by the attribute's key."""

_decode = msgspec.json.Decoder(Values).decode
_attributes = msgspec.json.Decoder(dict[str, Any]).decode


class Fields:
    """Numbers for the different values that tickets have, and for their agents, if they are asked for.

    `values`, `agents` and `attributes` are in the order of their numbers. Teams, channels and so on are few together; agents
    and attributes are apart. `keys` are the attributes that are asked for.
    """

    def __init__(self, by: Sequence[str] = ()) -> None:
        self.has_agents = AGENT in by
        self.keys = [name.removeprefix(ATTRIBUTE) for name in by if name.startswith(ATTRIBUTE)]
        self.values: list[Values] = []
        self._texts, self._agents = Codes(), Codes()
        self._attributes: dict[tuple[str, ...], int] = {}

    @property
    def agents(self) -> list[str]:
        """The agents; "" stands for none."""
        return self._agents.texts

    def numbers(self, texts: Sequence[str]) -> Whole:
        """The numbers of tickets; `texts` are their values as JSON."""
        numbers = self._texts.of(texts)
        self.values += map(_decode, self._texts.texts[len(self.values) :])
        return numbers

    def agent_numbers(self, texts: Sequence[str]) -> Whole:
        """The numbers of the agents of tickets."""
        return self._agents.of(texts)

    def attribute_numbers(self, texts: Sequence[str]) -> Whole:
        """The numbers of the attributes of tickets; `texts` are all attributes of each as JSON.

        Only what is asked for is kept: every ticket may have an attribute that no other one has.
        """
        import numpy as np

        found = {text: self._attribute_number(_attributes(text)) for text in set(texts)}
        return np.fromiter(map(found.__getitem__, texts), np.int64, len(texts))

    @property
    def attributes(self) -> list[tuple[str, ...]]:
        """The values of `keys` as texts: `true` or `false` for a flag, "" for none."""
        return list(self._attributes)

    def _attribute_number(self, attributes: dict[str, Any]) -> int:
        values = tuple(_shown(attributes.get(key)) for key in self.keys)
        return self._attributes.setdefault(values, len(self._attributes))


class ByField:
    """Something about a ticket that follows from its values: computed once for all tickets with the same."""

    def __init__(self, fields: Fields, compute: Callable[[dict[str, str | None]], int]) -> None:
        self._fields, self._compute = fields, compute
        self._found: list[int] = []

    def of(self, numbers: Whole) -> Whole:
        """The result for each ticket, by its number in `Fields`."""
        import numpy as np

        for values in self._fields.values[len(self._found) :]:
            self._found.append(self._compute(dict(zip(TICKET_FIELDS, values, strict=True))))
        found: Whole = np.array(self._found, dtype=np.int64)[numbers]
        return found


class ByAttribute:
    """The values of one attribute, in the order of their numbers."""

    def __init__(self, fields: Fields, key: str) -> None:
        self.values: list[str] = []
        self._fields, self._place, self._codes = fields, fields.keys.index(key), Codes()
        self._found: list[int] = []

    def of(self, numbers: Whole) -> Whole:
        """The number of each ticket's value, by the number of its attributes in `Fields`."""
        import numpy as np

        texts = [values[self._place] for values in self._fields.attributes[len(self._found) :]]
        self._found += self._codes.of(texts).tolist()
        self.values += self._codes.texts[len(self.values) :]
        found: Whole = np.array(self._found, dtype=np.int64)[numbers]
        return found


def _shown(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()


class Groups:
    """Numbers for the groups of tickets. `others` are the values of groupings that are neither fields nor a period."""

    def __init__(self, by: Sequence[str], fields: Fields, zone: tzinfo, **others: Sequence[str | None]) -> None:
        self._by, self._zone = by, zone
        self._attributes = {
            name: ByAttribute(fields, name.removeprefix(ATTRIBUTE)) for name in by if name.startswith(ATTRIBUTE)
        }
        attributes = {name: of.values for name, of in self._attributes.items()}
        self._others: dict[str, Sequence[str | None]] = {AGENT: fields.agents, **attributes, **others}
        self._names = [name for name in by if name in TICKET_FIELDS]
        self._period = period_of(by)
        self._keys: dict[Values, int] = {}
        self._part = ByField(fields, self._number)
        self._dated, self._paired = Pairs(), {name: Pairs() for name in by if name in self._others}

    def numbers(self, tickets: Tickets, at: Whole, own: Whole, **others: Whole) -> Whole:
        """The group of each ticket. `at` and `own` date it, if there is a period; a ticket without a date has neither.

        `others` has the place of each ticket's value among the values of that grouping.
        """
        import numpy as np

        numbers = self._part.of(tickets.fields) if self._names else np.zeros(len(tickets), dtype=np.int64)
        if self._period:
            days = own.copy()
            by_moment = (own == NO_DAY) & (at != UNKNOWN)
            days[by_moment] = days_of_quarters(at[by_moment] // (QUARTER * SECOND), self._zone)
            periods = np.where(days == NO_DAY, NO_DAY, first_days(days, self._period))
            numbers = self._dated.numbers(numbers, periods)
        for name, pairs in self._paired.items():
            numbers = pairs.numbers(numbers, others[name] if name in others else self._places(name, tickets))
        return numbers

    def _places(self, name: str, tickets: Tickets) -> Whole:
        return tickets.agents if name == AGENT else self._attributes[name].of(tickets.attributes)

    def present(self, numbers: Whole) -> tuple[list[Key], Whole]:
        """The keys of the groups that tickets with these numbers are in, and each ticket's place among them."""
        import numpy as np

        keys = self.keys()
        there = np.flatnonzero(np.bincount(numbers, minlength=len(keys)))
        places = np.zeros(len(keys), dtype=np.int64)
        places[there] = np.arange(len(there))
        return [keys[number] for number in there.tolist()], places[numbers]

    def keys(self) -> list[Key]:
        """The keys of all numbers that were given, in their order."""
        found: list[dict[str, Any]] = [named(self._names, values) for values in self._keys] if self._names else [{}]
        if self._period:
            period = self._period
            found = [found[part] | {period: None if day == NO_DAY else as_date(day)} for part, day in self._dated.known()]
        for name, pairs in self._paired.items():
            found = [found[part] | {name: self._others[name][place] or None} for part, place in pairs.known()]
        return [tuple(key[name] for name in self._by) for key in found]

    def _number(self, values: dict[str, str | None]) -> int:
        return self._keys.setdefault(tuple(values[name] for name in self._names), len(self._keys))
