"""A file of the read models with texts for ids and moments, as earlier versions wrote it, is one of this version afterwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import inspect, select

from commands.customers import customers
from commands.shared.batch import Command
from domain.shared.events import Actor, Context
from infra.processes.parts import opened
from infra.read_models import sqlite_form
from infra.read_models.database import sqlite_read_models
from infra.read_models.key_uses import key_uses
from infra.read_models.positions import all_held, all_registered, dead_letters, deliveries
from infra.read_models.tables import prepare
from infra.settings import Settings
from infra.wiring import PROJECTIONS
from projections.customers.customer_list import get
from tests.api.conftest import SETTINGS
from tests.waiting import wait_until

ID, OTHER = UUID("01a22aa6-63f5-7771-909e-aa6eadcc9fce"), UUID("fc2d1290-bbf6-8d91-8855-daff08ba58fb")
AT = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
TEXT = "2026-03-02 09:30:00.123456"
EARLIER = f"""
    CREATE TABLE projections (name TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, partitions INTEGER NOT NULL);
    CREATE TABLE positions (projection TEXT NOT NULL, "partition" INTEGER NOT NULL, position BIGINT NOT NULL,
        next_offset BIGINT NOT NULL, topic_id TEXT NOT NULL, PRIMARY KEY (projection, "partition"));
    CREATE TABLE dead_letters (projection TEXT NOT NULL, position BIGINT NOT NULL, "partition" INTEGER NOT NULL,
        subject CHAR(32) NOT NULL, type TEXT NOT NULL, error TEXT NOT NULL, traceback TEXT NOT NULL, tries INTEGER NOT NULL,
        since DATETIME NOT NULL, discarded INTEGER DEFAULT '0' NOT NULL,
        PRIMARY KEY (projection, position, "partition", subject));
    CREATE TABLE deliveries (webhook_id CHAR(32) NOT NULL PRIMARY KEY, position BIGINT NOT NULL, version INTEGER NOT NULL,
        failures INTEGER NOT NULL, failing_since DATETIME, due DATETIME, last_error TEXT, holder CHAR(32), held_until DATETIME,
        redelivered INTEGER NOT NULL, redelivered_to BIGINT NOT NULL);
    CREATE TABLE key_uses (key_id CHAR(32) NOT NULL PRIMARY KEY, last_used_at DATETIME NOT NULL);
    CREATE TABLE customers (customer_id CHAR(32) NOT NULL PRIMARY KEY, name TEXT);
    CREATE INDEX ix_customers_position ON customers (name);
    CREATE TABLE customers__rebuild (customer_id CHAR(32) NOT NULL PRIMARY KEY, name TEXT);
    INSERT INTO customers VALUES ('{ID.hex}', 'of before');
    INSERT INTO deliveries VALUES ('{ID.hex}', 7, 1, 2, '{TEXT}', NULL, NULL, '{OTHER.hex}', NULL, 0, 0);
    INSERT INTO key_uses VALUES ('{OTHER.hex}', '{TEXT}');
    INSERT INTO dead_letters VALUES ('customer_view', 3, 0, '{ID.hex}', 'crm.x.y.v1', '', '', 1, '{TEXT}', 1);
    INSERT INTO dead_letters VALUES ('customer_view', 4, 0, '{OTHER.hex}', 'crm.x.y.v1', '', '', 1, '{TEXT}', 0);
"""


def write_earlier(file: Path) -> None:
    """Every read model is registered, and believes that it is far."""
    with closing(sqlite3.connect(file)) as earlier, earlier:
        earlier.executescript(EARLIER)
        for projection in PROJECTIONS:
            earlier.execute("INSERT INTO projections VALUES (?, ?, 1)", [projection.name, projection.version])
            earlier.execute("INSERT INTO positions VALUES (?, 0, 99, 0, '')", [projection.name])


def test_what_no_rebuild_makes_again_is_kept_and_the_rest_begins_again(tmp_path: Path) -> None:
    file = tmp_path / "read-models.db"
    write_earlier(file)
    for _ in range(2):
        read_models = sqlite_read_models(file)
        prepare(read_models)
        with read_models.reader.connect() as connection:
            [delivery] = connection.execute(select(deliveries)).all()
            assert (delivery.webhook_id, delivery.holder, delivery.failing_since, delivery.due) == (ID, OTHER, AT, None)
            assert connection.execute(select(key_uses)).all() == [(OTHER, AT)]
            letters = connection.execute(select(dead_letters.c.subject, dead_letters.c.since)).all()
            assert letters == [(ID, AT)], "only what a person has discarded stays"
            assert connection.execute(select(key_uses).where(key_uses.c.key_id == OTHER)).one()
            assert (all_registered(connection), all_held(connection)) == ({}, {})
            assert not {"customers", "customers__rebuild"} & set(inspect(connection).get_table_names())
        read_models.close()


def test_a_new_file_has_the_form_and_loses_nothing_when_it_is_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        read_models = sqlite_read_models(tmp_path / "read-models.db")
        prepare(read_models)
        with read_models.writer.begin() as connection:
            assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == sqlite_form.FORM
            connection.execute(key_uses.insert().prefix_with("OR IGNORE").values(key_id=ID, last_used_at=AT))
            assert connection.execute(select(key_uses)).all() == [(ID, AT)]
        read_models.close()


def test_a_home_of_an_earlier_version_answers_again_by_itself(tmp_path: Path) -> None:
    settings = Settings.model_validate(SETTINGS | {"home": tmp_path / "home"})
    with opened(settings) as parts:
        context = Context(now=AT, actor=Actor(type="system", id="test"))
        command = Command(customers.register, {"customer_id": ID, "kind": "person", "name": "Ada"}, context)
        assert parts.executor.submit(command).result().refusal is None
    for file in settings.home.glob("read-models.db*"):
        file.unlink()
    write_earlier(settings.home / "read-models.db")
    with opened(settings) as parts:
        head = parts.deployment.store.head()

        def held() -> list[int]:
            with parts.deployment.read_models.reader.connect() as connection:
                return [places[0].position for places in all_held(connection).values()]

        wait_until(lambda: len(held()) == len(PROJECTIONS) and min(held()) == head, "all read models at the head", held)
        with parts.deployment.read_models.reader.connect() as connection:
            found = get(connection, ID) or {}
        assert found["name"] == "Ada"
