"""An API key: it identifies a caller and has roles. Only the digest of the secret is recorded, never the secret."""

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


class Issued(Event, frozen=True, tag="crm.api_key.issued.v1"):
    """`hash` is the SHA-256 of the secret, in hexadecimal."""

    roles: tuple[Role, ...]
    hash: str
    label: Personal[str] = None

    def apply(self, key: ApiKey, metadata: Metadata) -> None:
        key.issued = self
        key.roles = frozenset(self.roles)
        key.hash = self.hash


class Revoked(Event, frozen=True, tag="crm.api_key.revoked.v1"):
    def apply(self, key: ApiKey, metadata: Metadata) -> None:
        key.revoked = metadata.occurred_at


class ApiKey(Aggregate):
    name = "api_key"
    events = (Issued, Revoked)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.issued: Issued | None = None
        self.roles: frozenset[Role] = frozenset()
        self.hash = ""
        self.revoked: datetime | None = None

    @property
    def active(self) -> bool:
        return self.issued is not None and self.revoked is None

    @decision
    def issue(self, context: Context, *, label: str, roles: Collection[Role], hash: str) -> None:
        """Raises ImportMayNotTouchKeys, UnknownRole, ApiKeyAlreadyIssued or Malformed."""
        _refuse_import(context)
        if not roles or not set(roles) <= set(ROLES):
            raise UnknownRole(f"The roles must be one or more of {', '.join(ROLES)}.")
        held = tuple(role for role in ROLES if role in roles)
        issued = Issued(label=text(label, "label"), roles=held, hash=digest(hash, "hash"))
        if self.issued is None:
            self.record(context, issued)
        elif self.issued != issued:
            raise ApiKeyAlreadyIssued(id=self.id)

    @decision
    def revoke(self, context: Context) -> None:
        """Raises ImportMayNotTouchKeys, NotThere."""
        _refuse_import(context)
        self.require()
        if self.revoked is None:
            self.record(context, Revoked())
        elif context.names_another_time_than(self.revoked) and not self.repeats(context, Revoked()):
            self.record(context, Revoked(), REPEATED)


def _refuse_import(context: Context) -> None:
    if context.importing:
        raise ImportMayNotTouchKeys
