"""Ids: time-ordered ids for aggregates that this store creates, and ids derived from another system's ids."""

from __future__ import annotations

import hashlib
import hmac
import json
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

from domain.shared.text import one_form

NAMESPACE = UUID("6f0c7f6e-3f0a-5d0e-9b6a-5e1f2c9a7d11")


def new_id() -> UUID:
    """A new UUIDv7: unique, and increasing with time."""
    return uuid7()


def external_id(aggregate: str, system: str, id: str, secret: bytes) -> UUID:
    """This store's id of the aggregate that `system` knows as `id`.

    It is the UUIDv5 of the canonical JSON `[aggregate, system, id]`, each text in its one form. If `id` is an e-mail address
    or a telephone number, it is first replaced by its HMAC with the store's secret. Otherwise a person could be found by
    hashing guesses.
    """
    name = one_form(id)
    if _is_personal(name):
        name = hmac.new(secret, name.encode(), hashlib.sha256).hexdigest()
    return derived_id(aggregate, system, name)


def derived_id(aggregate: str, *parts: str) -> UUID:
    """The id of an aggregate that `parts` identify: the UUIDv5 of the canonical JSON `[aggregate, *parts]`.

    Each part is taken in its one form.
    """
    canonical = [aggregate, *map(one_form, parts)]
    return uuid5(NAMESPACE, json.dumps(canonical, ensure_ascii=False, separators=(",", ":")))


def _is_personal(id: str) -> bool:
    return "@" in id or (id.startswith("+") and id[1:].replace(" ", "").replace("-", "").isdigit())
