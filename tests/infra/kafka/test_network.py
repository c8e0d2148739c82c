"""While Kafka is away, clients are made again and again: each try ends in time and leaves nothing open."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, product
from threading import Thread

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from infra.kafka.connection import Brokers, KafkaUnavailable
from tests.waiting import wait_until

TURNS = 200
# Milliseconds in which a client gives up. A refused connection and a failed handshake take one.
GIVES_UP = {"bootstrap_timeout_ms": 10}
CLIENTS = (KafkaAdminClient, KafkaConsumer, KafkaProducer)


@contextmanager
def refusing() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    yield f"127.0.0.1:{port}"


@contextmanager
def silent() -> Iterator[str]:
    """A server that accepts connections and says nothing, as a frozen one does."""
    with socket.create_server(("127.0.0.1", 0), backlog=TURNS) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def hanging_up() -> Iterator[str]:
    """A server that ends each connection at once, as a starting one behind a forwarder does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=_hang_up, args=(listening,))
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _hang_up(listening: socket.socket) -> None:
    with suppress(OSError):
        while True:
            listening.accept()[0].close()


def in_use() -> tuple[int, int]:
    """The descriptors and the threads of this process."""
    return psutil.Process().num_fds(), threading.active_count()


@pytest.fixture
def tls() -> dict[str, object]:
    return {"security_protocol": "SSL", "ssl_context": ssl.create_default_context()}


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Processes collect garbage rarely: what only the collector closes counts as open."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
def test_two_hundred_turns_of_an_outage_leave_no_descriptor_and_no_thread(tls: dict[str, object]) -> None:
    before = in_use()
    with refusing() as one, silent() as two, hanging_up() as three:
        outages = [
            Brokers(one, patience=0.0),
            Brokers(one, tls, patience=0.0),
            Brokers(two, patience=0.0),
            Brokers(three, patience=0.0),
            Brokers(three, tls, patience=0.0),
        ]
        for _, (brokers, client) in zip(range(TURNS), cycle(product(outages, CLIENTS)), strict=False):
            with pytest.raises(KafkaUnavailable):
                brokers.connected(client, **GIVES_UP)
    assert in_use() == before


@pytest.mark.usefixtures("no_collection")
def test_a_server_that_never_answers_the_tls_handshake_holds_nobody(tls: dict[str, object]) -> None:
    before, ended = in_use(), list[str]()

    def connect(address: str) -> None:
        try:
            Brokers(address, tls, patience=0.0).connected(KafkaAdminClient, **GIVES_UP)
        except KafkaUnavailable as unavailable:
            ended.append(str(unavailable))

    with silent() as address:
        Thread(target=connect, args=(address,), daemon=True).start()
        wait_until(lambda: ended, "the client gives up")
    assert "the server does not answer" in ended[0]
    wait_until(lambda: in_use() == before, "nothing is left")
