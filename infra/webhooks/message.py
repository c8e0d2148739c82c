"""A message to a webhook: an event as people read it, or a test, signed at the moment when it is sent."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from infra.webhooks.signing import signatures


class Message(NamedTuple):
    """The body, and headers that prove who sends it."""

    body: bytes
    headers: Mapping[str, str]


def message(secrets: Sequence[bytes], message_id: str, body: bytes) -> Message:
    """The message, signed with each of the secrets. Its time is that of this try."""
    at = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Recount",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signatures(secrets, message_id, at, body),
    }
    return Message(body, headers)


def message_id(webhook_id: UUID, position: int) -> str:
    """The same for every try and redelivery of the event to this webhook, and for no other event or webhook."""
    return f"msg_{webhook_id.hex}_{position}"


def test_id(webhook_id: UUID, id: UUID) -> str:
    return f"msg_{webhook_id.hex}_test_{id.hex}"
