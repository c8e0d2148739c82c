"""A session: a browser that signed in with an API key, and acts as that key until the session ends or expires.

Its stream belongs to the key: the key is the subject of both events. Only the digest of the secret is recorded. Whether a
session is in force depends on its first and its last event, and on its key.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.refusals import Malformed, Refusal
from domain.shared.text import digest

Means = Literal["key", "link"]


class SessionAlreadyOpened(Refusal):
    """A session with this id was opened before: a link signs in once."""


class ExpiryNotAhead(Malformed):
    """A session must expire after the present moment."""


class ImportMayNotSignIn(Refusal):
    """An import must not open or end sessions."""


class Opened(Event, frozen=True, tag="crm.session.opened.v1"):
    """`hash` is the SHA-256 of the secret, in hexadecimal. `means` is what the browser showed: the key itself, or a link."""

    key_id: UUID
    hash: str
    expires_at: datetime
    means: Means

    def subject(self, stream: UUID) -> UUID:
        return self.key_id

    def apply(self, session: Session, metadata: Metadata) -> None:
        session.opened = self


class Ended(Event, frozen=True, tag="crm.session.ended.v1"):
    """Somebody signed out."""

    def apply(self, session: Session, metadata: Metadata) -> None:
        session.ended = True


class Session(Aggregate):
    name = "session"
    events = (Opened, Ended)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.opened: Opened | None = None
        self.ended = False

    @decision
    def open(self, context: Context, *, key_id: UUID, hash: str, expires_at: datetime, means: Means) -> None:
        """Raises ImportMayNotSignIn, SessionAlreadyOpened, ExpiryNotAhead or Malformed."""
        _refuse_import(context)
        if self.opened is not None:
            raise SessionAlreadyOpened(id=self.id)
        if expires_at <= context.now:
            raise ExpiryNotAhead
        self.record(context, Opened(key_id=key_id, hash=digest(hash, "hash"), expires_at=expires_at, means=means))

    @decision
    def end(self, context: Context) -> None:
        """A session that has ended stays ended: a repeat records nothing. Raises ImportMayNotSignIn or NotThere."""
        _refuse_import(context)
        self.require()
        if not self.ended:
            self.record(context, Ended())


def _refuse_import(context: Context) -> None:
    if context.importing:
        raise ImportMayNotSignIn
