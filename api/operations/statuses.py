"""How the system is doing, as `/v1/status` says it. Without FastAPI, which `recount status` has no use for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec


class ProjectionStatus(msgspec.Struct, kw_only=True):
    """`lag` is the head of the log less the position that all rows are complete to; `broken` are partitions whose chain is."""

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


class Status(msgspec.Struct, kw_only=True):
    """`routed` is the position up to which everything was sent to Kafka, and `kafka` whether it answers; None if embedded."""

    deployment: Literal["embedded", "distributed"]
    head: int
    projections: Sequence[ProjectionStatus]
    routed: int | None = None
    kafka: bool | None = None

    @property
    def healthy(self) -> bool:
        return self.kafka is not False and all(projection.healthy for projection in self.projections)

    def shown(self) -> dict[str, Any]:
        return {**msgspec.to_builtins(self), "healthy": self.healthy}
