"""A webhook: the events that somebody asks for, sent to their URL as they are recorded.

What is sent is signed with a secret of the webhook's own. No event holds it: it follows from the webhook's key and the secret's
id, so that a removal, which destroys the key, destroys it too.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from msgspec.structs import replace

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata, Value
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import code

URL_LENGTH = 2000
PART_LIMIT = 100
VISIBLE = re.compile(r"[\x21-\x7e]+")

Status = Literal["active", "paused", "removed"]


class WebhookRegisteredOtherwise(AlreadyThere):
    """A webhook with this id is already there, with other values."""


class WebhookRemoved(Refusal):
    """The webhook was removed."""


class Subscription(Value, frozen=True):
    """Where events are sent, and which: of these types, about these subjects, flagged with this rule; empty and None are any.

    A type is a whole name, or a beginning that ends in `.*`. `personal` says whether personal values are sent as well. The URL
    is plain and holds no credentials.
    """

    url: str
    types: tuple[str, ...] = ()
    subjects: tuple[UUID, ...] = ()
    irregular: str | None = None
    personal: bool = False


class Registered(Event, frozen=True, tag="crm.webhook.registered.v1"):
    """Events are sent from this one on."""

    subscription: Subscription
    secret_id: UUID

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.status, webhook.subscription, webhook.secret_id = "active", self.subscription, self.secret_id


class Revised(Event, frozen=True, tag="crm.webhook.revised.v1"):
    """All of it anew; the secret stays."""

    subscription: Subscription

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.subscription = self.subscription


class Paused(Event, frozen=True, tag="crm.webhook.paused.v1"):
    """Nothing is sent until it is resumed; then all that was recorded meanwhile."""

    reason: str | None = None

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.turn("paused", metadata)


class Resumed(Event, frozen=True, tag="crm.webhook.resumed.v1"):
    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.turn("active", metadata)


class Removed(Event, frozen=True, tag="crm.webhook.removed.v1"):
    """Final: with the key goes the secret."""

    def erases(self) -> bool:
        return True

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.turn("removed", metadata)


class Webhook(Aggregate):
    name = "webhook"
    events = (Registered, Revised, Paused, Resumed, Removed)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.subscription: Subscription | None = None
        self.secret_id: UUID | None = None
        self.status: Status | None = None
        self.turned_at: datetime | None = None

    def turn(self, status: Status, metadata: Metadata) -> None:
        self.status, self.turned_at = status, metadata.occurred_at

    @decision
    def register(self, context: Context, subscription: Subscription, secret_id: UUID) -> None:
        """Refused as WebhookRegisteredOtherwise or Malformed."""
        told = _checked(subscription)
        if not self.exists:
            self.record(context, Registered(subscription=told, secret_id=secret_id))
        elif (self.subscription, self.secret_id) != (told, secret_id):
            raise WebhookRegisteredOtherwise(id=self.id)

    @decision
    def revise(self, context: Context, subscription: Subscription) -> None:
        """The same values record nothing. Refused as NotThere, WebhookRemoved or Malformed."""
        self._require_kept()
        told = _checked(subscription)
        if self.subscription != told:
            self.record_once(context, Revised(subscription=told))

    @decision
    def pause(self, context: Context, reason: str | None = None) -> None:
        """Refused as NotThere, WebhookRemoved or Malformed."""
        self._require_kept()
        event = Paused(reason=reason and code(reason, "reason"))
        self.record_status(context, event, self.turned_at if self.status == "paused" else None)

    @decision
    def resume(self, context: Context) -> None:
        """One that was not paused goes on as it did. Refused as NotThere, WebhookRemoved."""
        self._require_kept()
        if self.turned_at is not None:
            self.record_status(context, Resumed(), self.turned_at if self.status == "active" else None)

    @decision
    def remove(self, context: Context) -> None:
        """Refused as NotThere."""
        self.require()
        self.record_status(context, Removed(), self.turned_at if self.status == "removed" else None)

    def _require_kept(self) -> None:
        """Without its key there is no way back, on import either."""
        self.require()
        if self.status == "removed":
            raise WebhookRemoved(id=self.id)


def _checked(subscription: Subscription) -> Subscription:
    """The subscription in the form in which it is recorded. Raises Malformed."""
    if max(len(subscription.types), len(subscription.subjects)) > PART_LIMIT:
        raise Malformed(f"A webhook asks for {PART_LIMIT} types and {PART_LIMIT} subjects at most.")
    return replace(
        subscription,
        url=_url(subscription.url),
        types=tuple(sorted({_type(type) for type in subscription.types})),
        subjects=tuple(sorted(set(subscription.subjects))),
        irregular=subscription.irregular and code(subscription.irregular, "rule"),
    )


def _type(type: str) -> str:
    beginning = type.removesuffix(".*")
    return code(beginning, "type") + type[len(beginning) :]


def _url(url: str) -> str:
    """Raises Malformed where it is no `http` or `https` URL of a host, or says who calls."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or len(url) > URL_LENGTH or not VISIBLE.fullmatch(url):
        raise Malformed(f"The URL begins with https:// or http:// and a host, and has {URL_LENGTH} characters at most.")
    if "@" in parts.netloc or "#" in url:
        raise Malformed("The URL has neither a name, a password nor a fragment in it.")
    return url
