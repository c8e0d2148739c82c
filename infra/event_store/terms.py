"""The index of the log: what a search can ask of an event, as numbers.

On SQLite the table `event_index` has a row (term, position) for each term of each event, written in the commit of the event.
For PostgreSQL see `postgres_terms`. A term is 64 bits of a hash, so the table is narrow and holds no text. Two things can have
the same term, though rarely: a search reads the events that the index names, and compares them again.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Literal, NamedTuple
from uuid import UUID

from domain.shared.events import Metadata

Kind = Literal["aggregate", "fact", "actor", "subject", "correlation", "causation", "irregular"]


BITS_OF_AGGREGATE, BITS_OF_FACT = 12, 16


class Term(NamedTuple):
    """`head` are 28 bits of the number; those of a fact begin with the twelve of its aggregate, and others follow."""

    number: int
    kind: Kind
    head: int


def terms_of(type: str, metadata: Metadata) -> list[Term]:
    """The terms of an event, each once: its type and groups of types, its subjects, who did it, and what it belongs to."""
    found = [*terms_of_type(type), text_term("actor", metadata.actor.id)]
    found += [id_term("subject", subject) for subject in {metadata.subject, *metadata.concerns}]
    if metadata.correlation_id is not None:
        found.append(id_term("correlation", metadata.correlation_id))
    if metadata.causation_id is not None:
        found.append(id_term("causation", metadata.causation_id))
    if metadata.irregular:
        found += [text_term("irregular", rule) for rule in set(metadata.irregular)]
    return found


@lru_cache(maxsize=4096)
def type_term(wanted: str) -> Term | None:
    """The term of a type such as `crm.order.placed.v1`, or of a group such as `crm.order.*`. None if nothing narrows it.

    All versions of a type have one term, because `crm.order.placed.*` asks for all of them.
    """
    name = wanted.removesuffix(".*").split(".")
    if len(name) < 2:
        return None
    aggregate = _hashed(f"type {'.'.join(name[:2])}".encode())
    head = aggregate >> 64 - BITS_OF_AGGREGATE << BITS_OF_FACT
    if len(name) == 2:
        return Term(aggregate, "aggregate", head)
    fact = _hashed(f"type {'.'.join(name[:3])}".encode())
    return Term(fact, "fact", head | fact >> 64 - BITS_OF_FACT & (1 << BITS_OF_FACT) - 1)


@lru_cache(maxsize=4096)
def text_term(kind: Kind, value: str) -> Term:
    return _term(_hashed(f"{kind} {value}".encode()), kind)


def id_term(kind: Kind, value: UUID) -> Term:
    return _term(_hashed(kind.encode() + value.bytes), kind)


@lru_cache(maxsize=4096)
def terms_of_type(type: str) -> tuple[Term, ...]:
    """The terms that an event has by its type, also if nothing else of it can be read."""
    aggregate, fact = type_term(".".join(type.split(".")[:2])), type_term(type)
    return tuple({term: None for term in (aggregate, fact) if term is not None})


def _term(number: int, kind: Kind) -> Term:
    return Term(number, kind, number >> 64 - BITS_OF_AGGREGATE - BITS_OF_FACT)


def _hashed(raw: bytes) -> int:
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True)
