"""The distributed deployment: its processes, and the settings of each.

`recount up` runs them on one machine. docker-compose.yml describes the same in containers; a test compares it with this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Port = Literal["PORT", "METRICS_PORT"]


class Role(NamedTuple):
    """`copies` processes run `recount <command>`. A process is alive if it answers at `health` on the port `port`."""

    name: str
    command: str
    copies: int
    port: Port
    health: str

    def names(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(1, self.copies + 1)]


class Server(NamedTuple):
    """A server that the deployment needs. In containers it runs `image`; `probe` runs in it and fails if it does not answer."""

    name: str
    image: str
    probe: tuple[str, ...]


# Run with a URL as argument: fails unless a GET of the URL succeeds.
PROBE = ("python", "-c", "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=2)")

SERVERS = (
    Server("postgres", "postgres:18", ("pg_isready", "--username=recount", "--dbname=recount")),
    Server(
        "kafka",
        "apache/kafka:4.3.1",
        ("/opt/kafka/bin/kafka-broker-api-versions.sh", "--bootstrap-server", "localhost:9092"),
    ),
)
ROLES = (
    Role("api", "serve", 2, "PORT", "/health/live"),
    Role("relay", "relay", 2, "METRICS_PORT", "/metrics"),
    Role("projector", "project", 2, "METRICS_PORT", "/metrics"),
    Role("follower", "follow", 2, "METRICS_PORT", "/metrics"),
)


class Place(NamedTuple):
    """The addresses of the servers, and the setting that gives the master key."""

    database_url: str
    kafka: str
    master_key: Mapping[str, str]


def environment(role: Role, place: Place, host: str, port: int) -> dict[str, str]:
    """The settings that a process of this role needs."""
    return {
        "RECOUNT_DATABASE_URL": place.database_url,
        "RECOUNT_KAFKA": place.kafka,
        **place.master_key,
        "RECOUNT_HOST": host,
        f"RECOUNT_{role.port}": str(port),
    }
