"""How often a command waits for PostgreSQL: each wait is a round trip through the network."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import msgspec
import pytest

from commands.shared.batch import Command
from domain.shared.ids import new_id
from tests.commands.customers.test_duplicates import asking, contact
from tests.commands.event_stores import accepted, one, opened, running, tagging

pytestmark = pytest.mark.servers


class Wire:
    """Forwards each connection to PostgreSQL, and counts how often a client speaks after the server has answered."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server, self._ears = server, socket.create_server(("127.0.0.1", 0))
        self.port, self.turns = self._ears.getsockname()[1], 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._ears.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with closing(client), closing(socket.create_connection(self._server)) as server, selectors.DefaultSelector() as both:
            for one, other in ((client, server), (server, client)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                both.register(one, selectors.EVENT_READ, other)
            last = server
            while True:
                for key, _ in both.select():
                    speaker = client if key.fileobj is client else server
                    if not (said := speaker.recv(65536)):
                        return
                    self.turns += speaker is client and last is server
                    last = speaker
                    key.data.sendall(said)

    def close(self) -> None:
        self._ears.close()


@pytest.fixture
def wire(recording_database_url: str) -> Iterator[Wire]:
    at = urlsplit(recording_database_url)
    with closing(Wire((at.hostname or "127.0.0.1", at.port or 5432))) as wire:
        yield wire


def test_a_registration_waits_twice_for_the_database_and_a_change_once_more_for_the_key(
    recording_database_url: str, wire: Wire
) -> None:
    at = urlsplit(recording_database_url)
    store = opened(recording_database_url.replace(f":{at.port}/", f":{wire.port}/"))
    with running(store) as executor:

        def turns_of(command: Command) -> int:
            before = wire.turns
            assert accepted(one(executor, command))
            return wire.turns - before

        id = new_id()
        assert accepted(one(executor, asking(contact("ada@example.com"))))
        registration = asking(contact("eve@example.com"), id=id)
        assert turns_of(msgspec.structs.replace(registration, target=id, fresh=True)) == 2
        # A statement is prepared at its first use, which takes a turn of its own.
        assert accepted(one(executor, tagging(id, "new")))
        assert turns_of(tagging(id, "vip")) == 3
    store.close()
