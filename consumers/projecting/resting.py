"""Why a lane rests, what the log says of it, and when the lane goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import structlog

from consumers.projecting.faults import frames_of, is_transient, name_of
from consumers.projecting.lane import Lane
from infra.read_models.positions import Outdated, Superseded

log = structlog.get_logger()

STOPPED_PAUSE, OUTDATED_PAUSE = 30.0, 5.0
SHORTEST_BACKOFF, LONGEST_BACKOFF = 0.05, 5.0


class Resting:
    """Lets lanes rest. The pauses are in seconds of the clock."""

    def __init__(self, clock: Callable[[], float], stopped_pause: float, outdated_pause: float) -> None:
        self._clock, self._stopped_pause, self._outdated_pause = clock, stopped_pause, outdated_pause

    @contextmanager
    def after_errors(self, lanes: Iterable[Lane]) -> Iterator[None]:
        """Lets these lanes rest if the block fails: why, the error says."""
        try:
            yield
        except Superseded as superseded:
            for lane in lanes:
                self.superseded(lane, superseded)
        except Outdated as outdated:
            for lane in lanes:
                self.outdated(lane, outdated)
        except Exception as error:
            for lane in lanes:
                self.retrying(lane, error)

    def retrying(self, lane: Lane, error: Exception) -> None:
        """After an error that may pass."""
        lane.failures += 1
        lane.rest("retrying", name_of(error), self._clock() + backoff(lane.failures))
        level = log.warning if is_transient(error) else log.error
        level("projector.retrying", **_where(lane), error=name_of(error))

    def superseded(self, lane: Lane, error: Superseded) -> None:
        """Another projector has moved the position: the lane goes on from there at once."""
        log.warning("projector.superseded", **_where(lane), reason=str(error))
        lane.rest("retrying", name_of(error), self._clock())

    def outdated(self, lane: Lane, outdated: Outdated) -> None:
        """Until a rebuild."""
        if lane.state != "outdated":
            log.error("projector.outdated", reason=str(outdated))
        lane.rest("outdated", str(outdated), self._clock() + self._outdated_pause)

    def stopped(self, lane: Lane, position: int, cause: Exception) -> None:
        """Before an event that all rows may depend on, and that cannot be folded."""
        log.error("projector.stopped", **_where(lane), position=position, error=name_of(cause), frames=frames_of(cause))
        self._stop(lane, f"{name_of(cause)} at position {position}")

    def before_ghost(self, lane: Lane, position: int) -> None:
        """Until a repair: the log does not have the event at this position, or one that the lane has folded."""
        log.error("projector.ahead_of_log", **_where(lane), position=position, held=lane.held.position)
        self._stop(lane, f"ahead of the log at position {position}")

    def _stop(self, lane: Lane, reason: str) -> None:
        lane.rest("stopped", reason, self._clock() + self._stopped_pause)


def backoff(failures: int) -> float:
    """The pause after so many failures in a row."""
    return min(LONGEST_BACKOFF, SHORTEST_BACKOFF * 2.0 ** min(failures - 1, 10))


def _where(lane: Lane) -> dict[str, object]:
    return {"projection": lane.projection.name, "partition": lane.partition}
