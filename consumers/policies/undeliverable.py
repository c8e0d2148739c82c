"""When the receiver of a webhook has accepted nothing for a week, pauses the webhook. A person can resume it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from commands.operations import webhooks as commands
from consumers.policies.deadline import Deadline, Due
from consumers.policies.policy import Reaction
from infra.read_models import deliveries
from projections.operations import webhooks
from projections.operations.webhooks import Active

PATIENCE = timedelta(days=7)


def _due(connection: Connection, now: datetime, limit: int, cursor: str | None) -> tuple[Sequence[Due], str | None]:
    known = deliveries.load(connection)
    failing = {one.webhook_id: one for one in known.values() if one.failing_since and one.failing_since <= now - PATIENCE}
    found = [webhook for webhook in webhooks.active(connection) if webhook.webhook_id in failing]
    given_up = [webhook for webhook in found if failing[webhook.webhook_id].version == webhook.version]
    return [_given_up(webhook) for webhook in given_up[:limit]], None


def _given_up(webhook: Active) -> Due:
    """The due item, one for each version of the webhook: a webhook that was resumed or changed gets another week."""
    reaction = Reaction(commands.pause, {"webhook_id": webhook.webhook_id, "reason": "undeliverable"})
    return Due(f"{webhook.webhook_id}#{webhook.version}", webhook.webhook_id, webhook.version, reaction)


undeliverable = Deadline("undeliverable-webhooks", _due)
