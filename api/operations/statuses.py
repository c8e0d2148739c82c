"""The system's status, as `/v1/status` reports it. Without FastAPI, because `recount status` imports it and must be quick."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from infra.read_models.relay_failures import RelayFailure
from infra.read_models.troubles import Trouble


class ProjectionStatus(msgspec.Struct, kw_only=True):
    """`lag` is the head of the log minus `complete_to`; `broken` are the partitions with a broken chain of messages."""

    name: str
    state: str
    reason: str = ""
    complete_to: int
    lag: int
    dead_letters: int
    broken: Sequence[int] = ()

    @property
    def healthy(self) -> bool:
        return self.state == "live" and not self.dead_letters and not self.broken


class FollowerStatus(msgspec.Struct, kw_only=True):
    """A follower has handled the log up to `position`; `lag` is the head of the log minus that."""

    name: str
    position: int
    lag: int


class RelayStatus(msgspec.Struct, kw_only=True):
    """`waiting` is the head of the log minus the position that everything was sent up to. `waiting_since` is when the first of
    the events that wait was recorded; None if none waits. `failure` is the last one, however long ago.
    """

    waiting: int
    waiting_since: datetime | None = None
    failure: RelayFailure | None = None


class Status(msgspec.Struct, kw_only=True):
    """All events up to `routed` were sent to `topic`; `relay` is what waits, and why. `kafka` is whether Kafka answers.
    `following` is whether a process runs the followers now. These are None if embedded, where the server runs them and sends
    nothing.

    `unreadable_events` counts the events that are damaged, have a value that does not open, or a type that is not known here.
    `first_unreadable` are the first of their positions. `troubles` need an operator.
    """

    deployment: Literal["embedded", "distributed"]
    head: int
    projections: Sequence[ProjectionStatus]
    routed: int | None = None
    topic: str | None = None
    relay: RelayStatus | None = None
    kafka: bool | None = None
    unreadable_events: int = 0
    first_unreadable: Sequence[int] = ()
    troubles: Sequence[Trouble] = ()
    following: bool | None = None
    followers: Sequence[FollowerStatus] = ()

    @property
    def healthy(self) -> bool:
        live = all(projection.healthy for projection in self.projections)
        answered = self.kafka is not False and self.following is not False
        return live and answered and not self.unreadable_events and not self.troubles

    def shown(self) -> dict[str, Any]:
        return {**msgspec.to_builtins(self), "healthy": self.healthy}
