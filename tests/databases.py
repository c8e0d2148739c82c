"""Databases on the run's PostgreSQL, each for one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from infra.event_store.identity import EPOCH_MARKER, STORE_MARKER
from infra.event_store.postgres import PostgresRecorder
from infra.read_models.database import postgres_read_models
from infra.read_models.tables import prepare
from infra.servers.postgres import PostgresAt

EMPTY = "template1"


class Databases:
    """Makes and drops databases over one connection: each new connection would cost as much as a small database."""

    def __init__(self, url: str, connection: psycopg.Connection) -> None:
        self._url, self._connection = url, connection

    @contextmanager
    def one(self, template: str = EMPTY) -> Iterator[str]:
        """URL of a copy of the template, dropped at the end. Files are copied: to log their pages takes twice as long."""
        name = unique_name()
        statement = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._connection.execute(statement.format(Identifier(name), Identifier(template)))
        try:
            yield urlsplit(self._url)._replace(path=f"/{name}").geturl()
        finally:
            self._connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def databases_on(server: PostgresAt) -> Iterator[Databases]:
    with closing(psycopg.connect(server.url, autocommit=True)) as connection:
        yield Databases(server.url, connection)


def make_recording(url: str) -> None:
    """Make the tables of an event store and those that every deployment needs. A copy takes an identity of its own."""
    with closing(PostgresRecorder(url)) as recorder, closing(postgres_read_models(url)) as read_models:
        recorder.create()
        prepare(read_models)
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM markers WHERE name = ANY(%s)", [[STORE_MARKER, EPOCH_MARKER]])


def name_in(url: str) -> str:
    """The name of the database in a URL."""
    return url.rpartition("/")[2]


def unique_name() -> str:
    return f"test_{uuid4().hex}"
