"""The thread and the sockets of one client of Kafka, so that each try that fails leaves nothing open.

kafka-python 3.0.12 leaves a thread and three descriptors behind when the constructor of a client fails, keeps the socket of a
refused connection until the garbage is collected, and waits for ever for a TLS handshake. While Kafka is away, the first two
happen every second.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import clear_frames
from typing import Any

from kafka.errors import KafkaConnectionError, KafkaTimeoutError
from kafka.future import Future
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector


class Connections(KafkaConnectionManager):  # type: ignore[misc]  # the client has no types
    """Makes connections. One that fails, or that is not ready in time, is closed at once."""

    async def _build_transport(self, node: Any, timeout_at: float) -> Any:
        building, built = super()._build_transport(node, timeout_at), Future()

        async def build() -> None:
            try:
                built.success(await building)
            except Exception as error:
                _release(error)
                built.failure(error)

        task = self._net.call_soon(build)
        try:
            return await self.wait_for(built, max(0.0, timeout_at - time.monotonic()) * 1000)
        except KafkaTimeoutError:
            raise KafkaConnectionError("the server does not answer") from None
        finally:
            self._net.cancel(task)
            building.close()


class Network:
    """Makes what a client has of threads and sockets: its setting `kafka_client`."""

    def __init__(self) -> None:
        self._made: list[KafkaNetClient] = []

    def __call__(self, **settings: Any) -> KafkaNetClient:
        selector = NetworkSelector(**settings)
        self._made.append(KafkaNetClient(selector, Connections(selector, **settings)))
        return self._made[-1]

    @contextmanager
    def closed_when_failing(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            for made in self._made:
                made.close()
            raise


def _release(error: BaseException | None) -> None:
    """Empty the frames of the error and of its causes. They refer to the socket and to the error: such a cycle stays open."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__
