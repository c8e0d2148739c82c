"""Where and when something was measured: the code, the machine, the versions, and what a commit waits for."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import LiteralString

import msgspec
import psutil
import psycopg

from infra.kafka.producer import SETTINGS as PRODUCER
from tests.benchmarks.guard import Place
from tests.benchmarks.load import generator

TREE = Path(__file__).parents[2]
LIBRARIES = [
    *("fastapi", "uvicorn", "pydantic", "sqlalchemy", "psycopg", "kafka-python", "eventsourcing"),
    *("django", "djangorestframework", "gunicorn"),
]
JARS = TREE / "infra" / "servers" / "jars.lock"
DURABLE: tuple[LiteralString, ...] = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    processor: str
    memory_gb: int
    kernel: str
    versions: Mapping[str, str]
    durability: Mapping[str, str]


def place() -> Place:
    return Place(
        commit=_git("rev-parse", "HEAD"),
        changed=bool(_git("status", "--porcelain", "--", ".", ":!docs")),
        date=datetime.now(UTC).date().isoformat(),
        machine=platform.machine(),
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        load=generator(),
    )


def machine(database_url: str) -> Machine:
    with psycopg.connect(database_url) as connection:
        versions = {"PostgreSQL": _shown(connection, "server_version"), "Apache Kafka": _kafka()}
        durability = {f"PostgreSQL {name}": _shown(connection, name) for name in DURABLE}
    return Machine(
        processor=processor(),
        memory_gb=round(psutil.virtual_memory().total / 2**30),
        kernel=f"{platform.system()} {platform.release().partition('-')[0]}",
        versions=versions | {name: version(name) for name in LIBRARIES},
        durability=durability | {"Kafka acks": str(PRODUCER["acks"])},
    )


def _shown(connection: psycopg.Connection, setting: str) -> str:
    [(value,)] = connection.execute("SELECT current_setting(%s)", (setting,)).fetchall()
    return str(value)


def _kafka() -> str:
    """The version of the broker that the benchmarks start."""
    [found] = re.findall(r"^org\.apache\.kafka:kafka-clients:(\S+)", JARS.read_text(), re.MULTILINE)
    return str(found)


def processor() -> str:
    cpus = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*: (.*)$", cpus.read_text(), re.MULTILINE) if cpus.exists() else None
    return named[1] if named else platform.processor()


def _git(*arguments: str) -> str:
    """The output of git; empty if this is not a repository but an unpacked archive."""
    done = subprocess.run(["git", *arguments], cwd=TREE, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
