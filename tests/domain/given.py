"""Helpers of the domain tests: contexts of commands, and a stream as the log returns it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, Union

import msgspec

from domain.shared.aggregate import Aggregate, replayed
from domain.shared.events import Actor, Context, Event, Metadata, Recorded

A = TypeVar("A", bound=Aggregate)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
LAST_WEEK = NOW - timedelta(days=7)


def live(at: datetime | None = None, **circumstances: Any) -> Context:
    return Context(now=NOW, actor=Actor(type="user", id="u-1"), occurred_at=at, **circumstances)


def imported(at: datetime = YESTERDAY, **circumstances: Any) -> Context:
    return live(at, origin="import", **circumstances)


def facts(aggregate: Aggregate) -> list[Event]:
    return [event for event, _ in aggregate.pending]


def flags(aggregate: Aggregate) -> tuple[str, ...]:
    """The flags of the last fact."""
    return aggregate.pending[-1][1].irregular


def stored(aggregate: A) -> A:
    """The aggregate after a replay of its events from JSON."""
    payload = msgspec.json.Decoder(Union[tuple(aggregate.events)])  # noqa: UP007
    metadata = msgspec.json.Decoder(Metadata)
    log = [
        Recorded(
            position=version,
            stream=aggregate.id,
            version=version,
            event=payload.decode(msgspec.json.encode(event)),
            metadata=metadata.decode(msgspec.json.encode(about)),
        )
        for version, (event, about) in enumerate(aggregate.pending, start=1)
    ]
    return replayed(type(aggregate), aggregate.id, log)


def state(aggregate: Aggregate) -> dict[str, Any]:
    """The state that decisions read."""
    return {field: value for field, value in vars(aggregate).items() if field != "pending"}
