"""A round of deliveries to a webhook: the next events that it asks for, each signed and in order.

The webhook is read from its own stream, so a round knows what it is now, however far behind the read models are.
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
from infra.event_store.mapper import Stored, read_metadata
from infra.event_store.search import Criteria, search, shown
from infra.event_store.store import EventStore
from infra.read_models.deliveries import Delivery
from infra.signing import secret_of, signature

# A webhook that is paused, changed or removed meanwhile is sent so many more at most.
AT_ONCE = 50

Save = Callable[[int], None]


class Round(msgspec.Struct, eq=False):
    """`events` are those to send, and the round reaches `upto`; `delivery` is how far it has come, and what failed before."""

    delivery: Delivery
    version: int
    subscription: Subscription
    secret: str
    events: Sequence[Stored]
    upto: int

    async def deliver(self, store: EventStore, private: bool, save: Save) -> None:
        """Send all of it, saving how far that is after each event. Raises Undelivered, and whatever `save` raises."""
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
        """How many of the events the receiver has."""
        return sum(event.position <= self.delivery.position for event in self.events)

    async def _reach(self, position: int, save: Save) -> None:
        await asyncio.to_thread(save, position)
        self.delivery = Delivery(self.delivery.webhook_id, position)

    def _body(self, store: EventStore, event: Stored) -> bytes:
        """As it can be read now: what was erased meanwhile is not sent any more."""
        [told] = shown(store, [event], self.subscription.personal)
        return msgspec.json.encode(told)

    def _headers(self, event: Stored, body: bytes) -> Mapping[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "Recount",
            "Webhook-Id": str(event.position),
            "Webhook-Signature": signature(self.secret, int(time.time()), body),
        }


def next_round(store: EventStore, held: Delivery) -> Round | None:
    """What comes after what was delivered; None at the head of the log, and where nothing is sent to the webhook now."""
    head, webhook = store.head(), _webhook(store, held.webhook_id)
    if held.position >= head or webhook.status != "active" or not webhook.subscription or not webhook.secret_id:
        return None
    secret = secret_of(store, webhook.id, webhook.secret_id)
    if secret is None:
        return None
    events, upto = _wanted(store, webhook.subscription, held.position, head)
    return Round(held, webhook.version, webhook.subscription, secret, events, upto)


def _webhook(store: EventStore, id: UUID) -> Webhook:
    return replayed(Webhook, id, store.streams([id]).get(id, ()))


def _wanted(store: EventStore, asked: Subscription, after: int, head: int) -> tuple[Sequence[Stored], int]:
    """The next events that are asked for, and how far that reaches."""
    criteria = Criteria(types=frozenset(asked.types), irregular=asked.irregular)
    upto, found = next(search(store, criteria, after, head))
    wanted = [one for one in found if _is_sent(asked, read_metadata(one.state))]
    return (wanted, upto) if len(wanted) <= AT_ONCE else (wanted[:AT_ONCE], wanted[AT_ONCE - 1].position)


def _is_sent(asked: Subscription, about: Metadata) -> bool:
    """What was imported is history, and sent to nobody."""
    return about.origin != "import" and (not asked.subjects or not {about.subject, *about.concerns}.isdisjoint(asked.subjects))
