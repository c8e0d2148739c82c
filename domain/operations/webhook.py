"""A webhook: a subscription to events, which are sent to a URL as they are recorded.

Each webhook has its own secret, which signs what is sent. No event contains the secret: it is derived from the webhook's key
and the secret's id. Removing the webhook destroys the key, and the secret with it. While a secret is replaced, former secrets
sign too until their time ends.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from msgspec.structs import replace

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata, Value
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import code, web_url

PART_LIMIT = 100
# So many secrets can be valid at the same time: the current one and former ones.
SECRET_LIMIT = 4
LONGEST_OVERLAP = timedelta(days=30)
REDELIVERY_LIMIT = 10_000
"""The largest number of positions of one redelivery."""
VISIBLE = re.compile(r"[\x21-\x7e]+")

Status = Literal["active", "paused", "removed"]


class WebhookRegisteredOtherwise(AlreadyThere):
    """A webhook with this id already exists, with other values."""


class WebhookRemoved(Refusal):
    """The webhook was removed."""


class TooManySecrets(Refusal):
    """The webhook has too many former secrets that are still valid. End them first, or wait."""


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


class SecretRotated(Event, frozen=True, tag="crm.webhook.secret_rotated.v1"):
    """A new secret. The one before it signs too until `former_until`; if that is None, it has ended."""

    secret_id: UUID
    former_until: datetime | None = None

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        former = FormerSecret(webhook.secret_id, self.former_until) if webhook.secret_id and self.former_until else None
        still = [one for one in webhook.former_secrets if one.until > metadata.recorded_at]
        webhook.former_secrets = (*still, former) if former else ()
        webhook.secret_id = self.secret_id


class FormerSecretsEnded(Event, frozen=True, tag="crm.webhook.former_secrets_ended.v1"):
    """From now on only the current secret signs."""

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.former_secrets = ()


class RedeliveryRequested(Event, frozen=True, tag="crm.webhook.redelivery_requested.v1"):
    """The matching events from position `first` to position `last` are sent again, both included."""

    first: int
    last: int

    def apply(self, webhook: Webhook, metadata: Metadata) -> None:
        webhook.redeliveries = (*webhook.redeliveries, Redelivery(webhook.version, self.first, self.last))


class FormerSecret(NamedTuple):
    """A secret that signs until this time."""

    id: UUID
    until: datetime


class Redelivery(NamedTuple):
    """Positions that are sent again, both ends included. `number` is the version of the webhook that asks for it."""

    number: int
    first: int
    last: int


class Webhook(Aggregate):
    name = "webhook"
    events = (Registered, Revised, Paused, Resumed, Removed, SecretRotated, FormerSecretsEnded, RedeliveryRequested)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.subscription: Subscription | None = None
        self.secret_id: UUID | None = None
        self.former_secrets: tuple[FormerSecret, ...] = ()
        self.redeliveries: tuple[Redelivery, ...] = ()
        self.status: Status | None = None
        self.turned_at: datetime | None = None

    def secret_ids(self, now: datetime) -> list[UUID]:
        """The secrets that are valid, the current one first."""
        current = [] if self.secret_id is None else [self.secret_id]
        return current + [former.id for former in self.former_secrets if former.until > now]

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

    @decision
    def rotate_secret(self, context: Context, secret_id: UUID, overlap: timedelta) -> None:
        """Replaces the secret. The one before it stays valid for `overlap`; if that is zero, all former secrets end now.

        Raises NotThere, WebhookRemoved, TooManySecrets or Malformed.
        """
        self._require_not_removed()
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise Malformed(f"A former secret can stay valid for at most {LONGEST_OVERLAP.days} days.")
        if overlap and len(self.secret_ids(context.now)) >= SECRET_LIMIT:
            raise TooManySecrets(id=self.id)
        if self.secret_id != secret_id:
            until = context.now + overlap if overlap else None
            self.record(context, SecretRotated(secret_id=secret_id, former_until=until))

    @decision
    def end_former_secrets(self, context: Context) -> None:
        """Records nothing if no former secret is valid. Raises NotThere, WebhookRemoved."""
        self._require_not_removed()
        if len(self.secret_ids(context.now)) > 1:
            self.record(context, FormerSecretsEnded())

    @decision
    def request_redelivery(self, context: Context, first: int, last: int) -> None:
        """Raises NotThere, WebhookRemoved or Malformed."""
        self._require_not_removed()
        if not 1 <= first <= last < first + REDELIVERY_LIMIT:
            raise Malformed(f"A redelivery needs 1 to {REDELIVERY_LIMIT:,} positions, from the first to the last.")
        self.record_once(context, RedeliveryRequested(first=first, last=last))

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
