"""The index of the log: what a search can ask of an event, as numbers.

The table `event_index` has a row (term, position) for each term of each event, written in the commit of the event. A term is 64
bits of a hash, so the table is narrow and holds no text. Two things can have the same term, though rarely: a search reads the
events that the index names, and compares them again.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Literal
from uuid import UUID

from domain.shared.events import Metadata

Kind = Literal["type", "subject", "actor", "correlation", "causation", "irregular"]


def terms_of(type: str, metadata: Metadata) -> list[int]:
    """The terms of an event, each once: its type and groups of types, its subjects, who did it, and what it belongs to."""
    found = [*terms_of_type(type), _term("actor", metadata.actor.id)]
    found += [id_term("subject", subject) for subject in {metadata.subject, *metadata.concerns}]
    if metadata.correlation_id is not None:
        found.append(id_term("correlation", metadata.correlation_id))
    if metadata.causation_id is not None:
        found.append(id_term("causation", metadata.causation_id))
    if metadata.irregular:
        found += [_term("irregular", rule) for rule in set(metadata.irregular)]
    return found


def type_term(wanted: str) -> int | None:
    """The term of a type such as `crm.order.placed.v1`, or of a group such as `crm.order.*`. None if nothing narrows it.

    All versions of a type have one term, because `crm.order.placed.*` asks for all of them.
    """
    name = wanted.removesuffix(".*").split(".")
    if len(name) < 2:
        return None
    return _term("type", ".".join(name[:3] if len(name) > 2 else name))


def text_term(kind: Kind, value: str) -> int:
    return _term(kind, value)


def id_term(kind: Kind, value: UUID) -> int:
    return _hashed(kind.encode() + value.bytes)


@lru_cache(maxsize=4096)
def terms_of_type(type: str) -> tuple[int, ...]:
    """The terms that an event has by its type, also if nothing else of it can be read."""
    aggregate, fact = type_term(".".join(type.split(".")[:2])), type_term(type)
    return tuple({term: None for term in (aggregate, fact) if term is not None})


@lru_cache(maxsize=4096)
def _term(kind: Kind, value: str) -> int:
    return _hashed(f"{kind} {value}".encode())


def _hashed(raw: bytes) -> int:
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True)
