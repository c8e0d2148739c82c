"""A round of deliveries to a webhook: the next events that it subscribes to, in order, each of them signed.

The webhook is read from its own stream, so a round uses its current state even if the read models are behind.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import msgspec

from consumers.webhooks.receiver import reached
from domain.operations.webhook import Subscription, Webhook
from domain.shared.aggregate import replayed
from domain.shared.events import Metadata
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.search import Criteria, search
from infra.event_store.showing import shown
from infra.event_store.store import EventStore
from infra.read_models.deliveries import Delivery
from infra.signing import secret_of, signature

# Events per round. If a webhook is paused, changed or removed during a round, it still gets at most this many events.
AT_ONCE = 50

Save = Callable[[int], None]


class Round(msgspec.Struct, eq=False):
    """A round. `events` are the events to send; `upto` is the position that the round reaches.

    `delivery` holds the position reached so far, and earlier failures.
    """

    delivery: Delivery
    version: int
    subscription: Subscription
    secret: str
    events: Sequence[Stored]
    upto: int

    async def deliver(self, store: EventStore, private: bool, save: Save) -> None:
        """Sends all events and saves the position after each one. Raises Undelivered, and the errors of `save`."""
        if self.events:
            async with reached(self.subscription.url, private) as receiver:
                for event in self.events:
                    body = await asyncio.to_thread(self._body, store, event)
                    await receiver.post(body, self._headers(event, body))
                    await self._reach(event.position, save)
        if self.upto > self.delivery.position:
            await self._reach(self.upto, save)

    @property
    def taken(self) -> int:
        """The number of events that the receiver has accepted."""
        return sum(event.position <= self.delivery.position for event in self.events)

    async def _reach(self, position: int, save: Save) -> None:
        await asyncio.to_thread(save, position)
        self.delivery = Delivery(self.delivery.webhook_id, position)

    def _body(self, store: EventStore, event: Stored) -> bytes:
        """The event as it can be read now: data that was erased meanwhile is not sent."""
        [view] = shown(store, [event], self.subscription.personal)
        return msgspec.json.encode(view)

    def _headers(self, event: Stored, body: bytes) -> Mapping[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "Recount",
            "Webhook-Id": str(event.position),
            "Webhook-Signature": signature(self.secret, int(time.time()), body),
        }


def next_round(store: EventStore, held: Delivery) -> Round | None:
    """The round after the delivered position; None at the head of the log, or if the webhook currently gets no events."""
    head, webhook = store.head(), _webhook(store, held.webhook_id)
    if held.position >= head or webhook.status != "active" or not webhook.subscription or not webhook.secret_id:
        return None
    secret = secret_of(store, webhook.id, webhook.secret_id)
    if secret is None:
        return None
    events, upto = _next_events(store, webhook.subscription, held.position, head)
    return Round(held, webhook.version, webhook.subscription, secret, events, upto)


def _webhook(store: EventStore, id: UUID) -> Webhook:
    return replayed(Webhook, id, store.streams([id]).get(id, ()))


def _next_events(store: EventStore, wanted: Subscription, after: int, head: int) -> tuple[Sequence[Stored], int]:
    """The next events that the webhook subscribes to, and the position that they reach."""
    criteria = Criteria(types=frozenset(wanted.types), irregular=wanted.irregular)
    upto, found = next(search(store, criteria, after, head))
    sent = [one for one in found if _is_sent(wanted, metadata_of(one))]
    return (sent, upto) if len(sent) <= AT_ONCE else (sent[:AT_ONCE], sent[AT_ONCE - 1].position)


def _is_sent(wanted: Subscription, meta: Metadata | None) -> bool:
    """Whether the event is sent. Imported events are history and are never sent, nor events whose metadata cannot be read."""
    return (
        meta is not None
        and meta.origin != "import"
        and (not wanted.subjects or not {meta.subject, *meta.concerns}.isdisjoint(wanted.subjects))
    )
