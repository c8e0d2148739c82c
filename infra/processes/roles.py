"""The distributed deployment: which processes it has, and what each is told.

`recount up` runs them on one machine; docker-compose.yml describes the same in containers, and a test holds it to this.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Port = Literal["PORT", "METRICS_PORT"]


class Role(NamedTuple):
    """`copies` processes run `recount <command>`. Each lives if it answers at `health` on the port that `port` names."""

    name: str
    command: str
    copies: int
    port: Port
    health: str

    def names(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(1, self.copies + 1)]


class Server(NamedTuple):
    """What the deployment stands on: `image` in containers; `probe` is run in one and fails where it does not answer."""

    name: str
    image: str
    probe: tuple[str, ...]


# Run with the address to ask: it fails where that is not answered with success.
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
)


class Place(NamedTuple):
    """Where the servers are, and what opens the personal data."""

    database_url: str
    kafka: str
    master_key: str


def environment(role: Role, place: Place, host: str, port: int) -> dict[str, str]:
    """The settings that a process of this role needs."""
    return {
        "RECOUNT_DATABASE_URL": place.database_url,
        "RECOUNT_KAFKA": place.kafka,
        "RECOUNT_MASTER_KEY": place.master_key,
        "RECOUNT_HOST": host,
        f"RECOUNT_{role.port}": str(port),
    }
