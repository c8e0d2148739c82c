"""TCP ports on the loopback address that stay with a folder."""

import secrets
import socket
from pathlib import Path

_LOOPBACK = "127.0.0.1"
# These ports are below the ranges that Linux and macOS use for outgoing connections. Otherwise a client could get the port of
# a server that is down for a moment, and the server could not start again.
_RANGE = range(20_000, 32_000)
# A server listens only seconds after its port was chosen, and not while it restarts. Until this process ends, a UDP socket on
# the same number keeps other processes that choose a port away from it.
_claims: dict[int, socket.socket] = {}


def kept_ports(file: Path, count: int) -> list[int]:
    """The same `count` ports as last time. A port that is not free any more is replaced by a new one."""
    ports = [int(port) for port in file.read_text().split()] if file.exists() else []
    ports = [port for port in ports if is_free(port) and (port in _claims or _claim(port))]
    while len(ports) < count:
        port = secrets.choice(_RANGE)
        if port not in _claims and is_free(port) and _claim(port):
            ports.append(port)
    file.write_text(" ".join(map(str, ports)))
    return ports[:count]


def is_free(port: int) -> bool:
    try:
        with socket.create_server((_LOOPBACK, port)):
            return True
    except OSError:
        return False


def _claim(port: int) -> bool:
    claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        claim.bind((_LOOPBACK, port))
    except OSError:
        claim.close()
        return False
    _claims[port] = claim
    return True
