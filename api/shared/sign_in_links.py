"""The token of a link that signs a browser in: `rl_<link id>_<expiry>_<key id>_<seal>`.

Nothing is recorded when a link is made: the seal, an HMAC under the store's secret, shows that this store made it. The session
that it opens has the link's id, and a stream begins once: so it is used once, also if two workers get it at the same moment.
A link without a key id is the operator's (`api/operations/console_key.py`).
"""

from __future__ import annotations

import base64
import hmac
import re
import time
from typing import NamedTuple
from uuid import UUID

from domain.shared.ids import keyed_digest, new_id

LASTS = 15 * 60
"""Seconds in which a link can be used."""
NO_KEY = UUID(int=0)
_FORM = re.compile(r"rl_([0-9a-f]{32})_([0-9a-f]{8,12})_([0-9a-f]{32})_([\w-]{43})", re.ASCII)


class Link(NamedTuple):
    """`id` is the id of the session that it opens, `key_id` the key as which it signs in. `expires_at` is in s since 1970."""

    id: UUID
    expires_at: int
    key_id: UUID | None

    @property
    def expired(self) -> bool:
        return self.expires_at <= time.time()


def new_link(key_id: UUID | None, store_secret: bytes) -> tuple[str, Link]:
    """The token of a new link, and what it says. Without `key_id` it signs the operator in."""
    link = Link(new_id(), int(time.time()) + LASTS, key_id)
    parts = f"{link.id.hex}_{link.expires_at:08x}_{(key_id or NO_KEY).hex}"
    return f"rl_{parts}_{_seal(parts, store_secret)}", link


def opened_link(token: str, store_secret: bytes) -> Link | None:
    """What the token says. None if this store did not make it. It may have expired, and may have been used."""
    found = _FORM.fullmatch(token)
    if found is None or not hmac.compare_digest(found[4], _seal("_".join(found.groups()[:3]), store_secret)):
        return None
    key_id = UUID(hex=found[3])
    return Link(UUID(hex=found[1]), int(found[2], 16), None if key_id == NO_KEY else key_id)


def _seal(parts: str, store_secret: bytes) -> str:
    return base64.urlsafe_b64encode(keyed_digest(store_secret, "sign-in link", parts.encode())).decode().rstrip("=")
