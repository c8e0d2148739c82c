"""What can be asked of API keys."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.operations.api_key import ApiKey, Role


def issue(work: UnitOfWork, *, key_id: UUID, label: str, roles: Collection[Role], hash: str) -> ApiKey:
    """`hash` is the SHA-256 of the secret in hexadecimal; the secret itself stays with the caller."""
    key = work.load(ApiKey, key_id)
    key.issue(work.context, label=label, roles=roles, hash=hash)
    return key


def revoke(work: UnitOfWork, *, key_id: UUID) -> ApiKey:
    key = work.existing(ApiKey, key_id)
    key.revoke(work.context)
    return key
