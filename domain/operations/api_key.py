"""An API key: it identifies a caller and has roles. Only the digest of the secret is recorded, never the secret.

Whether a key is in force depends only on its first and its last event (`ApiKey.in_force`), so checking one reads two events at
most: nothing but a revocation follows a revocation, and the first event has everything else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from domain.shared.aggregate import REPEATED, Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import digest, text

Role = Literal["agent", "marketer", "sales", "analyst", "auditor", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)


class UnknownRole(Malformed):
    """The role is unknown."""


class ApiKeyAlreadyIssued(AlreadyThere):
    """An API key with this id was already issued, with other values."""


class ImportMayNotTouchKeys(Refusal):
    """An import must not issue or revoke API keys."""


class ExpiryInThePast(Malformed):
    """A key must expire after the present moment. To end it now, revoke it."""


class ApiKeyRevoked(Refusal):
    """The API key is revoked: it stays so."""


class Issued(Event, frozen=True, tag="crm.api_key.issued.v1"):
    """`hash` is the SHA-256 of the secret, in hexadecimal. A key without `expires_at` never expires."""

    roles: tuple[Role, ...]
    hash: str
    label: Personal[str] = None
    expires_at: datetime | None = None

    def apply(self, key: ApiKey, metadata: Metadata) -> None:
        key.issued = self
        key.roles = frozenset(self.roles)
        key.hash = self.hash
        key.expires_at = self.expires_at


class ExpirySet(Event, frozen=True, tag="crm.api_key.expiry_set.v1"):
    """The key expires at another moment, or never (None)."""

    expires_at: datetime | None = None

    def apply(self, key: ApiKey, metadata: Metadata) -> None:
        key.expires_at = self.expires_at


class Revoked(Event, frozen=True, tag="crm.api_key.revoked.v1"):
    def apply(self, key: ApiKey, metadata: Metadata) -> None:
        key.revoked = metadata.occurred_at


class ApiKey(Aggregate):
    name = "api_key"
    events = (Issued, ExpirySet, Revoked)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.issued: Issued | None = None
        self.roles: frozenset[Role] = frozenset()
        self.hash = ""
        self.expires_at: datetime | None = None
        self.revoked: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it was issued and not revoked. It may have expired."""
        return self.issued is not None and self.revoked is None

    def in_force(self, now: datetime) -> bool:
        """Whether it is active and not expired. It expires at exactly `expires_at`."""
        return self.active and (self.expires_at is None or now < self.expires_at)

    @decision
    def issue(
        self,
        context: Context,
        *,
        label: str,
        roles: Collection[Role],
        hash: str,
        expires_at: datetime | None = None,
    ) -> None:
        """Raises ImportMayNotTouchKeys, UnknownRole, ApiKeyAlreadyIssued, ExpiryInThePast or Malformed."""
        _refuse_import(context)
        if not roles or not set(roles) <= set(ROLES):
            raise UnknownRole(f"The roles must be one or more of {', '.join(ROLES)}.")
        held = tuple(role for role in ROLES if role in roles)
        issued = Issued(label=text(label, "label"), roles=held, hash=digest(hash, "hash"), expires_at=expires_at)
        if self.issued is None:
            _refuse_past(context, expires_at)
            self.record(context, issued)
        elif self.issued != issued:
            raise ApiKeyAlreadyIssued(id=self.id)

    @decision
    def set_expiry(self, context: Context, *, expires_at: datetime | None) -> None:
        """The key expires at this moment, or never (None). An expired key is in force again if the moment is later than now.

        Raises ImportMayNotTouchKeys, NotThere, ApiKeyRevoked or ExpiryInThePast.
        """
        _refuse_import(context)
        self.require()
        if self.revoked is not None:
            raise ApiKeyRevoked(id=self.id)
        if self.expires_at != expires_at:
            _refuse_past(context, expires_at)
            self.record(context, ExpirySet(expires_at=expires_at))

    @decision
    def revoke(self, context: Context) -> None:
        """Raises ImportMayNotTouchKeys, NotThere."""
        _refuse_import(context)
        self.require()
        if self.revoked is None:
            self.record(context, Revoked())
        elif context.names_another_time_than(self.revoked) and not self.repeats(context, Revoked()):
            self.record(context, Revoked(), REPEATED)


def _refuse_past(context: Context, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= context.now:
        raise ExpiryInThePast


def _refuse_import(context: Context) -> None:
    if context.importing:
        raise ImportMayNotTouchKeys
