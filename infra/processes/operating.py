"""Operations for operators: the state of the read models, rebuilds, dead letters."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from api.operations.jobs import Progress
from api.operations.statuses import FollowerStatus, ProjectionStatus, RelayStatus, Status
from consumers.projecting import dead_letters, health
from consumers.projecting.dead_letters import DeadLetter
from consumers.projecting.projector import Projector
from consumers.projecting.retries import Retried
from consumers.rebuilding.rebuild import NOT_REBUILT, NotRebuilt, Rebuilt, rebuild, rebuild_all
from infra.event_store.mapper import metadata_of
from infra.processes.unclean import Unclean
from infra.processes.verifying import verified
from infra.read_models import checkpoints, followed, lease, recounts, relay_failures, troubles
from infra.read_models.completeness import Completeness
from infra.read_models.recounts import Recount
from infra.read_models.troubles import Trouble
from infra.wiring import PROJECTIONS, Deployment, chosen
from projections.shared.projection import Projection

CONNECT_SECONDS = 1.0


class Operating:
    """`projector` is the projector of this process, if any. It knows more than the database stores."""

    def __init__(
        self,
        deployment: Deployment,
        completeness: Completeness,
        projector: Projector | None = None,
        unclean: Unclean | None = None,
    ) -> None:
        self._deployment, self._completeness, self._projector = deployment, completeness, projector
        self._unclean = unclean
        self._stores = deployment.store, deployment.read_models

    def status(self) -> Status:
        seen = self._projector.status() if self._projector else self._stored()
        settings = self._deployment.settings
        unreadable, first = dead_letters.unreadable(self._deployment.read_models)
        status = Status(
            deployment="distributed" if settings.distributed else "embedded",
            head=seen.head,
            projections=[_shown(each) for each in seen.projections],
            unreadable_events=unreadable,
            first_unreadable=first,
            troubles=self._troubles(),
            followers=self._followers(seen.head),
        )
        if settings.kafka is not None:
            status.topic = self._deployment.topic
            status.routed = self._routed(status.topic)
            status.relay = self._relay(status.topic, seen.head, status.routed)
            status.kafka = answers(settings.kafka)
            status.following = self._is_followed()
        return status

    def names(self) -> Sequence[str]:
        return [projection.name for projection in PROJECTIONS]

    def rebuild(self, projection: str, check: bool, progress: Progress) -> dict[str, object]:
        try:
            ended = rebuild(_one(projection), *self._stores, self._deployment.partitions, check, progress)
        except NOT_REBUILT as error:
            self._keep(projection, error)
            raise
        return self._keep(projection, ended)

    def rebuild_all(self, check: bool, progress: Progress) -> dict[str, object]:
        ended = rebuild_all(PROJECTIONS, *self._stores, self._deployment.partitions, check, progress)
        return {"projections": [self._keep(name, one) for name, one in ended]}

    def recounts(self) -> Sequence[Recount]:
        with self._deployment.read_models.reader.connect() as connection:
            return recounts.latest(connection)

    def rotate_master_key(self, progress: Progress) -> dict[str, object]:
        rotated: dict[str, object] = msgspec.to_builtins(self._deployment.store.rotate_master_key(progress))
        return rotated

    def verify(self, progress: Progress) -> dict[str, object]:
        result: dict[str, object] = msgspec.to_builtins(verified(self._deployment, progress))
        if self._unclean:
            self._unclean.verified = True
        return result

    def confirm_clock(self) -> datetime:
        return self._deployment.clock.confirm()

    def dead_letters(self, projection: str | None) -> Sequence[DeadLetter]:
        return dead_letters.listed(self._deployment.read_models, projection)

    def retry(self, projection: str, subject: UUID | None) -> Retried:
        return dead_letters.retry(_one(projection), *self._stores, self._deployment.partitions, subject)

    def discard(self, projection: str, position: int) -> Retried | None:
        return dead_letters.discard(_one(projection), *self._stores, self._deployment.partitions, position)

    def _keep(self, projection: str, ended: Rebuilt | NotRebuilt) -> dict[str, object]:
        """Stores the result in the place of the last one, and returns it as callers see it."""
        outcome = _not_rebuilt(projection, ended) if isinstance(ended, Exception) else _outcome(ended)
        known = {name: value for name, value in outcome.items() if name in Recount.__struct_fields__}
        recounts.keep(self._deployment.read_models, msgspec.convert(known | {"at": datetime.now(UTC)}, Recount))
        return outcome

    def _stored(self) -> health.Status:
        return health.status(PROJECTIONS, (), *self._stores, self._completeness, self._deployment.partitions)

    def _troubles(self) -> Sequence[Trouble]:
        of_the_clock = self._deployment.clock.trouble()
        with self._deployment.read_models.reader.connect() as connection:
            return [*([of_the_clock] if of_the_clock else ()), *troubles.standing(connection)]

    def _followers(self, head: int) -> list[FollowerStatus]:
        with self._deployment.read_models.reader.connect() as connection:
            reached = followed.all_positions(connection)
        return [FollowerStatus(name=name, position=at, lag=max(0, head - at)) for name, at in reached.items()]

    def _is_followed(self) -> bool:
        with self._deployment.read_models.reader.connect() as connection:
            return lease.is_held(connection, lease.FOLLOWERS)

    def _routed(self, topic: str) -> int:
        with self._deployment.read_models.reader.connect() as connection:
            checkpoint = checkpoints.load(connection, topic)
        return checkpoint.routed if checkpoint else 0

    def _relay(self, topic: str, head: int, routed: int) -> RelayStatus:
        with self._deployment.read_models.reader.connect() as connection:
            failure = relay_failures.last(connection, topic)
        since = self._recorded_first(routed, head)
        return RelayStatus(waiting=max(0, head - routed), waiting_since=since, failure=failure)

    def _recorded_first(self, after: int, upto: int) -> datetime | None:
        """When the first event after a position was recorded. None if there is none, or if it is damaged."""
        waiting = self._deployment.store.log(after, 1, upto) if after < upto else ()
        metadata = next(map(metadata_of, waiting), None)
        return None if metadata is None else metadata.recorded_at


def answers(bootstrap: str) -> bool:
    """Whether one of the bootstrap servers accepts connections."""
    for server in bootstrap.split(","):
        host, _, port = server.strip().rpartition(":")
        with suppress(OSError, ValueError), socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS):
            return True
    return False


def _one(name: str) -> Projection:
    [projection] = chosen(name)
    return projection


def _shown(seen: health.ProjectionStatus) -> ProjectionStatus:
    return ProjectionStatus(
        name=seen.name,
        state=seen.state,
        reason=seen.reason,
        complete_to=seen.complete_to,
        lag=seen.lag,
        dead_letters=seen.dead_letters,
        broken=seen.broken,
    )


def _outcome(ended: Rebuilt) -> dict[str, object]:
    return {**msgspec.to_builtins(ended), "same": ended.same, "error": None}


def _not_rebuilt(name: str, error: NotRebuilt) -> dict[str, object]:
    """As the outcome of a rebuild, with nothing but the reason why there is none."""
    return {**dict.fromkeys(Rebuilt.__struct_fields__), "projection": name, "swapped": False, "same": None, "error": str(error)}
