"""A webhook that this process holds: its current state, how far it is, and what is sent to it next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consumers.webhooks.window import Portion, Wanted, Window
from domain.operations.webhook import Redelivery, Subscription, Webhook
from infra.event_store.mapper import Stored
from infra.read_models.deliveries import Delivery

AT_ONCE = 50
"""The largest number of events that a webhook is sent before it is the next one's turn."""


class Batch(NamedTuple):
    """Events to send, all of the same portion. If they are sent again, `redelivery` is the request for it."""

    portion: Portion
    events: Sequence[Stored]
    redelivery: Redelivery | None = None


class Subscriber:
    """`reached` is the position up to which everything was sent or is not wanted; `delivery` is what of this is stored.

    A `doubtful` webhook failed last time, or its receiver is slow: it waits with its like, and never before others.
    """

    def __init__(self, webhook: Webhook, delivery: Delivery) -> None:
        self.id, self.delivery, self.reached = delivery.webhook_id, delivery, delivery.position
        self.doubtful, self.tries = delivery.failures > 0, 0
        self.become(webhook)

    def become(self, webhook: Webhook) -> None:
        self.webhook, self.subscription = webhook, webhook.subscription or Subscription(url="")
        self.wanted = Wanted(self.subscription)

    @property
    def active(self) -> bool:
        return self.webhook.status == "active"

    @property
    def redeliveries(self) -> list[Redelivery]:
        """Those that are not finished."""
        return [one for one in self.webhook.redeliveries if one.number > self.delivery.redelivered]

    def is_behind(self, head: int) -> bool:
        return self.reached < head or bool(self.redeliveries)

    def is_outdated_by(self, portion: Portion) -> bool:
        """Whether the webhook has changed in this portion since its state was read."""
        return portion.versions.get(self.id, 0) > self.webhook.version

    def accepted(self, event: Stored, redelivery: Redelivery | None) -> None:
        """Notes that the receiver accepted the event, and that this is stored."""
        if redelivery:
            self.delivery = self.delivery.well()._replace(redelivered_to=event.position)
        else:
            self.reached = event.position
            self.delivery = self.delivery.well()._replace(position=event.position)

    def redelivered(self, redelivery: Redelivery) -> None:
        self.delivery = self.delivery._replace(redelivered=redelivery.number, redelivered_to=0)


async def next_new(one: Subscriber, window: Window) -> Batch | Portion | None:
    """The next events that were not sent yet, or a portion in which the webhook has changed. None if there are none now."""
    while one.active and one.reached < window.head:
        portion = await window.portion(one.reached + 1)
        if one.is_outdated_by(portion):
            return portion
        if events := portion.matching(one.wanted, one.reached):
            return Batch(portion, events[:AT_ONCE])
        one.reached = portion.upto
    return None


async def next_again(one: Subscriber, window: Window, redelivery: Redelivery) -> Batch | None:
    """The next events of the redelivery. None if it is finished. It never sends an event before its first delivery."""
    at, last = max(one.delivery.redelivered_to, redelivery.first - 1), min(redelivery.last, one.reached)
    while at < last:
        portion = await window.portion(at + 1)
        if events := [event for event in portion.matching(one.wanted, at) if event.position <= last]:
            return Batch(portion, events[:AT_ONCE], redelivery)
        at = portion.upto
    return None
