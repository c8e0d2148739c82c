"""What talking to Kafka has in common: short time-outs, another try, and one name for doubt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kafka.errors import KafkaConfigurationError, KafkaError

C = TypeVar("C")

# A client's constructor gives all its time to one bootstrap server, which may be the one that hangs: short, and again.
SHORT = {"request_timeout_ms": 5_000, "bootstrap_timeout_ms": 3_000, "reconnect_backoff_max_ms": 1_000}
PATIENCE = 15.0
PAUSE = 0.2


class KafkaUnavailable(Exception):
    """Kafka did not answer as it should. Whether it did what was asked is not known."""


@contextmanager
def unavailable_when_failing() -> Iterator[None]:
    """Whatever error Kafka's client raises is doubt, and named so."""
    try:
        yield
    except KafkaError as error:
        raise KafkaUnavailable(str(error)) from error


def connected(client: Callable[..., C], **settings: Any) -> C:
    """A client of this class; KafkaUnavailable when there is none after several tries in 15 seconds."""
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
