"""Checks sessions: a session stands for its key, as long as both are in force.

A session is a stream of the log, so every worker knows it, and a restart changes nothing. A cookie that this store did not
issue costs no read. For all others, the store reads the first and the last event of the session and of its key, and the result
is remembered for one second, as for keys. So a session ends everywhere within a second after a sign-out or after its key is
revoked, and at the moment at which either expires.
"""

from __future__ import annotations

import base64
import hmac
from uuid import UUID

from api.shared.browsers import Session
from api.shared.key_texts import SESSION, Presented, opened
from api.shared.keys import UNKNOWN, Checks, Found, active_key, caller_with, expiry_of, understood
from domain.operations import session as domain
from domain.shared.ids import keyed_digest

CSRF_BYTES = 24


class Sessions(Checks):
    """Checks the texts in cookies."""

    def opened(self, text: str) -> Presented | None:
        return opened(text, self._store.secret, SESSION)

    def read(self, presented: Presented) -> Found:
        session = understood(self._store, domain.Session, presented.id)
        if session is None or session.opened is None or session.ended:
            return UNKNOWN
        if not hmac.compare_digest(session.opened.hash, presented.hash):
            return UNKNOWN
        key = active_key(self._store, session.opened.key_id)
        if key is None:
            return UNKNOWN
        expires_at = min(session.opened.expires_at.timestamp(), expiry_of(key))
        return Found(caller_with(key), key.id, expires_at, session=session_until(expires_at, session.id, self._store.secret))


def session_until(expires_at: float, id: UUID, store_secret: bytes) -> Session:
    """The session with its CSRF token, which nobody can compute without the store's secret."""
    digest = keyed_digest(store_secret, "csrf token", id.bytes)
    return Session(id, base64.urlsafe_b64encode(digest[:CSRF_BYTES]).decode(), expires_at)
