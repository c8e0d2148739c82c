"""What can be asked of webhooks."""

from __future__ import annotations

from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.operations.webhook import Subscription, Webhook


def register(work: UnitOfWork, *, webhook_id: UUID, subscription: Subscription, secret_id: UUID) -> Webhook:
    """The same values again are a repeat. Raises WebhookRegisteredOtherwise."""
    webhook = work.load(Webhook, webhook_id)
    webhook.register(work.context, subscription, secret_id)
    return webhook


def revise(work: UnitOfWork, *, webhook_id: UUID, subscription: Subscription) -> Webhook:
    """All of it anew."""
    webhook = work.existing(Webhook, webhook_id)
    webhook.revise(work.context, subscription)
    return webhook


def pause(work: UnitOfWork, *, webhook_id: UUID, reason: str | None = None) -> Webhook:
    webhook = work.existing(Webhook, webhook_id)
    webhook.pause(work.context, reason)
    return webhook


def resume(work: UnitOfWork, *, webhook_id: UUID) -> Webhook:
    webhook = work.existing(Webhook, webhook_id)
    webhook.resume(work.context)
    return webhook


def remove(work: UnitOfWork, *, webhook_id: UUID) -> Webhook:
    """Its secret is destroyed in the same commit."""
    webhook = work.existing(Webhook, webhook_id)
    webhook.remove(work.context)
    return webhook
