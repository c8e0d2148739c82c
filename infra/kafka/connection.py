"""Shared by everything that talks to Kafka: short time-outs, retries, and one exception for an uncertain outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kafka.errors import KafkaConfigurationError, KafkaError

C = TypeVar("C")

# A client's constructor spends all its time on one bootstrap server, even if that server hangs: stop early, then retry.
SHORT = {"request_timeout_ms": 5_000, "bootstrap_timeout_ms": 3_000, "reconnect_backoff_max_ms": 1_000}
PATIENCE = 15.0
PAUSE = 0.2


class KafkaUnavailable(Exception):
    """Kafka did not answer as it should. It is unknown whether it carried out the request."""


@contextmanager
def unavailable_when_failing() -> Iterator[None]:
    """Raise KafkaUnavailable for every error of Kafka's client: the outcome is uncertain."""
    try:
        yield
    except KafkaError as error:
        raise KafkaUnavailable(str(error)) from error


def connected(client: Callable[..., C], **settings: Any) -> C:
    """A client of this class. Raises KafkaUnavailable if several tries in 15 seconds fail."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return client(**{**SHORT, **settings})
        except KafkaConfigurationError:
            raise
        except KafkaError as error:
            if time.monotonic() > deadline:
                raise KafkaUnavailable(str(error)) from error
            time.sleep(PAUSE)
