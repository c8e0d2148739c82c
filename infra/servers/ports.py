"""TCP ports on the loopback address that stay with a folder."""

import random
import socket
from pathlib import Path

# These ports are below the ranges that Linux and macOS use for outgoing connections. Otherwise a client could get the port of
# a server that is down for a moment, and the server could not start again.
_RANGE = range(20_000, 32_000)


def kept_ports(file: Path, count: int) -> list[int]:
    """The same `count` ports as last time. A port that is not free any more is replaced by a new one."""
    ports = [int(port) for port in file.read_text().split()] if file.exists() else []
    ports = [port for port in ports if is_free(port)]
    while len(ports) < count:
        port = random.choice(_RANGE)  # noqa: S311 (a port is no secret)
        if port not in ports and is_free(port):
            ports.append(port)
    file.write_text(" ".join(map(str, ports)))
    return ports[:count]


def is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
