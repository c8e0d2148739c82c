"""Signatures of webhooks: HMAC-SHA256 (RFC 2104) over the time and the body, with a secret of each webhook."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from infra.event_store.store import EventStore

PREFIX = "whsec_"


def secret_of(store: EventStore, webhook_id: UUID, secret_id: UUID) -> str | None:
    """The secret's text; None if the webhook was removed, because its key was destroyed with it."""
    secret = store.derived(webhook_id, f"webhook secret {secret_id.hex}")
    return None if secret is None else PREFIX + base64.urlsafe_b64encode(secret).decode().rstrip("=")


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=<at>,v1=<hex>`: `at` is in seconds since 1970, and the signed text is `<at>.<body>`."""
    signed = hmac.new(secret.encode(), b"%d.%b" % (at, body), hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
