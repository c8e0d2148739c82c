"""Secrets and signatures of webhooks, as the Standard Webhooks specification 1.0 defines them (standardwebhooks.com).

A signature is the HMAC-SHA256 (RFC 2104) of the message's id, its time and its body. So none of them can be changed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

from infra.event_store.store import EventStore

PREFIX = "whsec_"


def secret_of(store: EventStore, webhook_id: UUID, secret_id: UUID) -> str | None:
    """The secret's text; None if the webhook was removed, because its key was destroyed with it."""
    found = secrets_of(store, webhook_id, [secret_id])
    return None if found is None else PREFIX + base64.b64encode(found[0]).decode()


def secrets_of(store: EventStore, webhook_id: UUID, secret_ids: Sequence[UUID]) -> Sequence[bytes] | None:
    """The secrets, of 32 bytes each; None if the webhook was removed."""
    return store.derived(webhook_id, [f"webhook secret {id.hex}" for id in secret_ids])


def signatures(secrets: Sequence[bytes], message_id: str, at: int, body: bytes) -> str:
    """`v1,<base64>` for each secret, with a space between them. `at` is in seconds since 1970."""
    content = b"%b.%d.%b" % (message_id.encode(), at, body)
    return " ".join(f"v1,{base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()}" for secret in secrets)
