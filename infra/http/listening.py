"""The sockets on which a process listens."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from infra.command_line.terminal import Failed

BACKLOG = 4096


@contextmanager
def bound(host: str, port: int, setting: str) -> Iterator[socket.socket]:
    """A listening socket. It accepts connections from now on; they wait until a server runs. `setting` names the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Failed(f"RECOUNT_HOST {host}, {setting} {port}: {error.strerror}") from None
    with listening:
        yield listening
