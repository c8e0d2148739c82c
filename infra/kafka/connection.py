"""Shared by everything that talks to Kafka: where it is, short time-outs, retries, one exception for an uncertain outcome."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from kafka.errors import KafkaConfigurationError, KafkaError, KafkaTimeoutError

from infra.kafka.network import Network

C = TypeVar("C")

# A client's constructor spends all its time on one bootstrap server, even if that server hangs: stop early, then retry.
SHORT = {"request_timeout_ms": 5_000, "bootstrap_timeout_ms": 3_000, "reconnect_backoff_max_ms": 1_000}
PATIENCE = 15.0
PAUSE = 0.2


class Failures(logging.Handler):
    """Keeps why connections failed, such as a wrong password: the client only logs it.

    After a failed log-in, the client often sees nothing but the end of the connection: that does not replace a reason.
    """

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self._reason = ""
        logger.setLevel(logging.WARNING)
        logger.propagate = False
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        for error in record.args or ():
            if isinstance(error, Exception) and not isinstance(error, KafkaTimeoutError):
                self._reason = str(error) if not self._reason or "disconnected" not in str(error) else self._reason

    def forget(self) -> None:
        self._reason = ""

    def reason(self) -> str:
        return f" ({self._reason})" if self._reason else ""


failures = Failures(logging.getLogger("kafka.net.manager"))


class KafkaUnavailable(Exception):
    """Kafka did not answer as it should. It is unknown whether it carried out the request."""


@contextmanager
def unavailable_when_failing() -> Iterator[None]:
    """Raise KafkaUnavailable for every error of Kafka's client: the outcome is uncertain."""
    try:
        yield
    except KafkaError as error:
        raise KafkaUnavailable(str(error)) from error


class Brokers(NamedTuple):
    """A Kafka cluster: its bootstrap servers, separated by commas, and how clients protect their connections to it.

    `security` are settings of kafka-python's clients, as `infra.kafka.security` makes them; without any, connections are plain.
    `patience` is the number of seconds for which `connected` tries.
    """

    servers: str
    security: Mapping[str, Any] = MappingProxyType({})
    patience: float = PATIENCE

    def connected(self, client: Callable[..., C], **settings: Any) -> C:
        """A client of this class. Raises KafkaUnavailable if all tries fail. A try that fails leaves nothing open."""
        deadline = time.monotonic() + self.patience
        failures.forget()
        while True:
            network = Network()
            try:
                with network.closed_when_failing():
                    given = {**SHORT, **self.security, **settings}
                    return client(bootstrap_servers=self.servers, kafka_client=network, **given)
            except KafkaConfigurationError:
                raise
            except KafkaError as error:
                if time.monotonic() > deadline:
                    raise KafkaUnavailable(f"{error}{failures.reason()}") from error
                time.sleep(PAUSE)
