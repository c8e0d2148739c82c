"""The part of the log that webhooks need now. It is read once for all of them, however many there are.

The log is cut into portions of equal length, which are read when the first webhook needs them, and of which the latest stay in
memory. A webhook holds only a position. So webhooks at the head of the log share each read, and one that is behind reads the
portions that it needs.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from domain.operations.webhook import Subscription
from domain.shared.events import Metadata
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.search import Criteria
from infra.event_store.showing import shown
from infra.event_store.store import EventStore

LENGTH = 100
"""Positions per portion."""
BYTES = 32 * 1024 * 1024
"""Bytes of events in memory, beyond which the portion that was not used for longest is dropped."""
OWN = "crm.webhook."


class Seen(NamedTuple):
    stored: Stored
    metadata: Metadata


class Wanted:
    """What a webhook subscribes to. Whether it wants a type is found out once per type."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self._criteria = Criteria(frozenset(subscription.types), irregular=subscription.irregular)
        self._types: dict[str, bool] = {}

    def wants_type(self, type: str) -> bool:
        if type not in self._types:
            self._types[type] = self._criteria.wants_type(type)
        return self._types[type]

    def wants(self, one: Seen) -> bool:
        """Whether the event is sent. Imported events are history and are never sent."""
        meta, subjects = one.metadata, self.subscription.subjects
        return (
            meta.origin != "import"
            and (not subjects or not {meta.subject, *meta.concerns}.isdisjoint(subjects))
            and self._criteria.wants(meta)
        )


class Portion:
    """The events at positions up to `upto`. `versions` are the last versions of the webhooks that changed here."""

    def __init__(self, upto: int, events: Sequence[Seen]) -> None:
        self.upto, self._events = upto, events
        self.size = sum(len(one.stored.state) for one in events)
        self.versions = {one.stored.stream: one.stored.version for one in events if one.stored.type.startswith(OWN)}
        self._by_type: dict[str, list[Seen]] = defaultdict(list)
        for one in events:
            self._by_type[one.stored.type].append(one)
        self._plain: dict[int, bytes] = {}

    def and_then(self, upto: int, more: Sequence[Seen]) -> Portion:
        longer = Portion(upto, [*self._events, *more])
        longer._plain = self._plain
        return longer

    def matching(self, wanted: Wanted, after: int) -> list[Stored]:
        """The events that the webhook wants, from behind position `after` on, in order."""
        typed = (one for type, events in self._by_type.items() if wanted.wants_type(type) for one in events)
        found = [one.stored for one in typed if one.stored.position > after and wanted.wants(one)]
        return sorted(found, key=lambda one: one.position)

    def body(self, store: EventStore, event: Stored, personal: bool) -> bytes:
        """The event as it can be read now: data that was erased meanwhile is not sent. Without personal data, all share it."""
        if personal:
            return _encoded(store, event, personal=True)
        if event.position not in self._plain:
            self._plain[event.position] = _encoded(store, event, personal=False)
        return self._plain[event.position]


class Window:
    """The portions in memory, up to the `head` of the log that was seen last."""

    def __init__(self, store: EventStore) -> None:
        self._store, self.head = store, 0
        self._portions: OrderedDict[int, Portion] = OrderedDict()
        self._reading: dict[int, asyncio.Task[Portion]] = {}

    async def portion(self, position: int) -> Portion:
        """The portion with this position, complete up to its end or to the head. Raises the errors of the store."""
        number = (position - 1) // LENGTH
        known = self._portions.get(number)
        if known is not None and known.upto >= self._end(number):
            self._portions.move_to_end(number)
            return known
        if number not in self._reading:
            self._reading[number] = asyncio.create_task(self._read(number, known))
        return await asyncio.shield(self._reading[number])

    async def _read(self, number: int, known: Portion | None) -> Portion:
        try:
            after, end = known.upto if known else number * LENGTH, self._end(number)
            upto, more = await asyncio.to_thread(self._seen, after, end, self.head)
            portion = known.and_then(upto, more) if known else Portion(upto, more)
            self._portions[number] = portion
            self._portions.move_to_end(number)
            self._drop()
            return portion
        finally:
            del self._reading[number]

    def _end(self, number: int) -> int:
        return min((number + 1) * LENGTH, self.head)

    def _seen(self, after: int, upto: int, head: int) -> tuple[int, list[Seen]]:
        """How far it has read, and the events whose metadata can be read: those of others are shown to nobody.

        That is beyond `upto` where positions have a gap: after a restore it has 100,000,000 positions, and a million portions.
        """
        events = self._store.log(after, upto - after, upto)
        if not events:
            following = self._store.log(upto, 1, head)
            upto = following[0].position - 1 if following else head
        known = ((stored, metadata_of(stored)) for stored in events)
        return upto, [Seen(stored, metadata) for stored, metadata in known if metadata is not None]

    def _drop(self) -> None:
        size = sum(portion.size for portion in self._portions.values())
        while size > BYTES and len(self._portions) > 1:
            size -= self._portions.popitem(last=False)[1].size


def _encoded(store: EventStore, event: Stored, *, personal: bool) -> bytes:
    [view] = shown(store, [event], personal)
    return msgspec.json.encode(view)
