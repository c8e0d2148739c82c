"""A webhook: a subscription to events, which are sent to a URL as they are recorded.

Each webhook has its own secret, which signs what is sent. No event contains the secret: it is derived from the webhook's key
and the secret's id. Removing the webhook destroys the key, and the secret with it.
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
from domain.shared.text import code, web_url

PART_LIMIT = 100
VISIBLE = re.compile(r"[\x21-\x7e]+")

Status = Literal["active", "paused", "removed"]


class WebhookRegisteredOtherwise(AlreadyThere):
    """A webhook with this id already exists, with other values."""


class WebhookRemoved(Refusal):
    """The webhook was removed."""


class Subscription(Value, frozen=True):
    """The URL, and which events are sent to it: by type, subject and flag (`irregular`). Empty or None matches all events.

    A type is a full name, or a prefix that ends in `.*`. `personal` says whether personal values are sent too. The URL is not
    personal and contains no credentials.
    """

    url: str
    types: tuple[str, ...] = ()
    subjects: tuple[UUID, ...] = ()
    irregular: str | None = None
    personal: bool = False


class Registered(Event, frozen=True, tag="crm.webhook.registered.v1"):
    """The webhook gets all matching events from this one on."""

    subscription: Subscription
    secret_id: UUID

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.status, webhook.subscription, webhook.secret_id = "active", self.subscription, self.secret_id


class Revised(Event, frozen=True, tag="crm.webhook.revised.v1"):
    """Replaces the whole subscription. The secret does not change."""

    subscription: Subscription

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.subscription = self.subscription


class Paused(Event, frozen=True, tag="crm.webhook.paused.v1"):
    """Nothing is sent until the webhook is resumed. Then all events recorded meanwhile are sent."""

    reason: str | None = None

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.turn("paused", metadata)


class Resumed(Event, frozen=True, tag="crm.webhook.resumed.v1"):
    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.turn("active", metadata)


class Removed(Event, frozen=True, tag="crm.webhook.removed.v1"):
    """Permanent: the key is destroyed, and the secret with it."""

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
        """Raises WebhookRegisteredOtherwise or Malformed."""
        checked = _checked(subscription)
        if not self.exists:
            self.record(context, Registered(subscription=checked, secret_id=secret_id))
        elif (self.subscription, self.secret_id) != (checked, secret_id):
            raise WebhookRegisteredOtherwise(id=self.id)

    @decision
    def revise(self, context: Context, subscription: Subscription) -> None:
        """Records only changes. Raises NotThere, WebhookRemoved or Malformed."""
        self._require_not_removed()
        checked = _checked(subscription)
        if self.subscription != checked:
            self.record_once(context, Revised(subscription=checked))

    @decision
    def pause(self, context: Context, reason: str | None = None) -> None:
        """Raises NotThere, WebhookRemoved or Malformed."""
        self._require_not_removed()
        event = Paused(reason=reason and code(reason, "reason"))
        self.record_status(context, event, self.turned_at if self.status == "paused" else None)

    @decision
    def resume(self, context: Context) -> None:
        """Records nothing if the webhook was never paused. Raises NotThere, WebhookRemoved."""
        self._require_not_removed()
        if self.turned_at is not None:
            self.record_status(context, Resumed(), self.turned_at if self.status == "active" else None)

    @decision
    def remove(self, context: Context) -> None:
        """Raises NotThere."""
        self.require()
        self.record_status(context, Removed(), self.turned_at if self.status == "removed" else None)

    def _require_not_removed(self) -> None:
        """Raises NotThere or WebhookRemoved, also on import: without its key the webhook cannot work."""
        self.require()
        if self.status == "removed":
            raise WebhookRemoved(id=self.id)


def _checked(subscription: Subscription) -> Subscription:
    """The subscription in the form in which it is recorded. Raises Malformed."""
    if max(len(subscription.types), len(subscription.subjects)) > PART_LIMIT:
        raise Malformed(f"A webhook can have at most {PART_LIMIT} types and {PART_LIMIT} subjects.")
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
    """Raises Malformed if it is not an `http` or `https` URL with a host, or if it has credentials or a fragment."""
    if not VISIBLE.fullmatch(url):
        raise Malformed("The URL must be ASCII, without blanks.")
    if "@" in urlsplit(web_url(url)).netloc or "#" in url:
        raise Malformed("The URL must not contain a user name, a password or a fragment.")
    return url
