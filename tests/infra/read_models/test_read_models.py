"""How far an answer is complete, what a digest depends on, and positions that only their owner moves."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    create_engine,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from infra.read_models import checkpoints
from infra.read_models.advancing import advance
from infra.read_models.checkpoints import Checkpoint
from infra.read_models.completeness import Completeness, _Seen
from infra.read_models.database import ReadModels, postgres_read_models, sqlite_read_models
from infra.read_models.digest import digest, one_moment
from infra.read_models.positions import Superseded, begin, held, positions
from infra.read_models.tables import create_tables, prepare
from infra.routing import Held
from projections.shared.rows import Instant, Rows

TOPIC = "crm.events"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def read_models(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReadModels]:
    on_sqlite = request.param == "sqlite"
    opened = (
        sqlite_read_models(tmp_path / "read-models.db")
        if on_sqlite
        else postgres_read_models(request.getfixturevalue("database_url"))
    )
    prepare(opened)
    yield opened
    opened.close()


def hold(read_models: ReadModels, projection: str, *by_partition: int) -> None:
    with read_models.writer.begin() as connection:
        if not held(connection, projection):
            begin(connection, projection, 1, len(by_partition), "topic")
        for partition, position in enumerate(by_partition):
            here = (positions.c.projection == projection, positions.c.partition == partition)
            connection.execute(update(positions).where(*here).values(position=position))


def sent(read_models: ReadModels, routed: int, last: dict[int, int]) -> None:
    with read_models.writer.begin() as connection:
        checkpoints.begin(connection, TOPIC, Checkpoint("topic", len(last), routed, last))


def resend(read_models: ReadModels, before: int, routed: int, last: dict[int, int]) -> None:
    with read_models.writer.begin() as connection:
        old = Checkpoint("topic", len(last), before, {})
        checkpoints.advance(connection, TOPIC, old, Checkpoint("topic", len(last), routed, last))


def reached(completeness: Completeness, projection: str, subject: UUID | None = None) -> int:
    """The position up to which it is complete now, and not some milliseconds ago."""
    completeness._look(again=True)
    return completeness.up_to(projection, subject)


def test_without_a_topic_a_read_model_is_complete_up_to_its_position(read_models: ReadModels) -> None:
    hold(read_models, "view", 41)
    assert Completeness(read_models).up_to("view") == 41
    assert Completeness(read_models).up_to("view", UUID(int=5)) == 41
    assert Completeness(read_models).up_to("unheard") == 0


def test_an_idle_partition_is_complete_up_to_the_routed_position(read_models: ReadModels) -> None:
    hold(read_models, "view", 10, 0, 30)
    sent(read_models, 50, {0: 10, 2: 40})
    completeness = Completeness(read_models, 3, TOPIC)
    assert [completeness.up_to("view", UUID(int=subject)) for subject in range(3)] == [50, 50, 30]
    assert completeness.up_to("view") == 30


def test_messages_on_their_way_hold_back_no_answer_about_what_was_sent_before_them(read_models: ReadModels) -> None:
    # Given a look while events up to 50 are sent, and the read model lacks one of them
    hold(read_models, "view", 10, 20, 30)
    sent(read_models, 50, {0: 10, 1: 20, 2: 40})
    completeness = Completeness(read_models, 3, TOPIC)
    assert completeness.up_to("view") == 30
    # When it holds that one, and the next messages are on their way
    resend(read_models, 50, 80, {0: 60, 1: 70, 2: 80})
    hold(read_models, "view", 10, 20, 40)
    # Then it is complete up to 50, though it holds nothing after 10 on one partition
    assert reached(completeness, "view") == 50
    hold(read_models, "view", 60, 20, 40)
    assert reached(completeness, "view") == 50
    hold(read_models, "view", 60, 70, 80)
    assert reached(completeness, "view") == 80


def test_if_messages_are_sent_again_what_was_sent_before_counts_no_more(read_models: ReadModels) -> None:
    hold(read_models, "view", 10, 20)
    sent(read_models, 50, {0: 10, 1: 20})
    completeness = Completeness(read_models, 2, TOPIC)
    assert completeness.up_to("view") == 50
    resend(read_models, 50, 15, {0: 10, 1: 12})
    hold(read_models, "view", 10, 5)
    assert reached(completeness, "view", UUID(int=0)) == 15
    resend(read_models, 15, 20, {0: 18, 1: 20})
    assert reached(completeness, "view", UUID(int=0)) == 15


def test_a_read_model_that_goes_back_claims_no_more_than_it_has(read_models: ReadModels) -> None:
    """Also if the positions have the same sum, or the same lowest and highest, as before."""
    completeness = Completeness(read_models, 3)
    for places in ((7, 9, 8), (9, 7, 8), (8, 8, 8), (8, 9, 7), (1, 9, 7)):
        hold(read_models, "view", *places)
        with read_models.reader.connect() as connection:
            seen = [completeness.seen_by(connection, "view", UUID(int=subject)) for subject in range(3)]
            assert (*seen, completeness.seen_by(connection, "view")) == (*places, min(places))


def test_in_a_snapshot_a_read_model_is_complete_up_to_the_rows_seen_there(read_models: ReadModels) -> None:
    hold(read_models, "view", 41)
    completeness = Completeness(read_models)
    with one_moment(read_models) as connection:
        assert completeness.seen_by(connection, "view") == 41
        hold(read_models, "view", 42)
        assert completeness.seen_by(connection, "view", UUID(int=5)) == 41
    assert completeness.up_to("view") == 42


def test_a_reader_can_wait_for_its_own_write(read_models: ReadModels) -> None:
    hold(read_models, "view", 1)
    completeness = Completeness(read_models)

    async def wait() -> dict[str, int]:
        asyncio.get_running_loop().call_later(0.05, hold, read_models, "view", 7)
        return await completeness.wait({"view": None}, 7, 10)

    assert asyncio.run(wait()) == {"view": 7}


def test_a_wait_ends_after_its_timeout_and_returns_the_position_reached(read_models: ReadModels) -> None:
    hold(read_models, "view", 3)
    assert asyncio.run(Completeness(read_models).wait({"view": UUID(int=1)}, 9, 0.02)) == {"view": 3}


def test_many_waiting_requests_share_one_query(read_models: ReadModels, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(read_models, "view", 1)
    completeness = Completeness(read_models)
    queries = 0
    query = completeness._read

    def counted(connection: Connection) -> _Seen:
        nonlocal queries
        queries += 1
        return query(connection)

    monkeypatch.setattr(completeness, "_read", counted)

    async def wait() -> list[dict[str, int]]:
        return await asyncio.gather(*[completeness.wait({"view": None}, 2, 0.05) for _ in range(200)])

    assert asyncio.run(wait()) == [{"view": 1}] * 200
    assert queries <= 20


def test_a_position_is_moved_only_from_its_current_value(read_models: ReadModels) -> None:
    hold(read_models, "view", 5)
    with read_models.writer.begin() as connection:
        advance(connection, ["view"], {0: (Held(5, 0, "topic"), Held(6, 1, "topic"))})
    with pytest.raises(Superseded), read_models.writer.begin() as connection:
        advance(connection, ["view"], {0: (Held(5, 0, "topic"), Held(9, 9, "topic"))})
    with read_models.reader.connect() as connection:
        assert held(connection, "view") == {0: Held(6, 1, "topic")}


@pytest.mark.servers
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_and_the_last_instant_are_read_in_any_zone_of_the_server(database_url: str, zone: str) -> None:
    with create_engine(
        database_url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    ).connect() as server:
        server.exec_driver_sql(f"ALTER DATABASE {server.engine.url.database} SET timezone TO '{zone}'")
    read_models = postgres_read_models(database_url)
    table = Table("moments", MetaData(), Column("at", Instant, primary_key=True))
    edges = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    with read_models.writer.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"at": at} for at in edges])
    for engine in (read_models.writer, read_models.reader):
        with engine.connect() as connection:
            assert list(connection.execute(select(table).order_by(table.c.at)).scalars()) == edges
    read_models.close()


def test_tables_are_created_once_by_many_threads(read_models: ReadModels) -> None:
    table = Table("many", MetaData(), Column("id", Integer, primary_key=True))
    errors: list[BaseException] = []

    def make(engine: Engine) -> None:
        try:
            with engine.begin() as connection:
                create_tables(connection, [table])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=make, args=(read_models.writer,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def things() -> Table:
    return Table("things", MetaData(), Column("id", Uuid, primary_key=True), Column("name", Text))


def test_a_digest_depends_on_the_rows_and_not_on_their_order(read_models: ReadModels) -> None:
    table, rows = things(), [{"id": UUID(int=number), "name": f"n{number}"} for number in range(50)]
    digests = []
    for order in (rows, rows[::-1], [*rows[:-1], {"id": UUID(int=49), "name": "other"}]):
        with read_models.writer.begin() as connection:
            table.drop(connection, checkfirst=True)
            table.create(connection)
            connection.execute(insert(table), order)
        with one_moment(read_models) as connection:
            digests.append(digest(connection, [table]))
    assert digests[0] == digests[1] != digests[2]
    assert digests[0].startswith("things:50:")


def test_a_digest_can_be_taken_on_any_connection(read_models: ReadModels) -> None:
    table = things()
    with read_models.writer.begin() as connection:
        table.create(connection)
        Rows(connection).save(table, [{"id": UUID(int=1), "name": None}])
        inside = digest(connection, [table])
    with read_models.reader.connect() as connection:
        assert digest(connection, [table]) == inside
        assert len(connection.execute(select(table)).all()) == 1


def test_rows_are_loaded_by_keys_of_one_column_or_several(read_models: ReadModels) -> None:
    table = Table("pairs", MetaData(), Column("id", Uuid, primary_key=True), Column("day", Date, primary_key=True))
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(1200)]
    with read_models.writer.begin() as connection:
        table.create(connection)
        rows = Rows(connection)
        rows.save(table, [{"id": UUID(int=number % 7), "day": day} for number, day in enumerate(days)])
        keys = [(UUID(int=number % 7), day) for number, day in enumerate(days)][100:]
        assert rows.load(table, [*keys, (UUID(int=1), days[0])]).keys() == set(keys)
        assert rows.load(table, []) == {}
        assert len(rows.select(table, "day", days[:10])) == 10
        rows.delete(table, "day", days[10:])
        assert {row["day"] for row in rows.select(table, "id", [UUID(int=n) for n in range(7)])} == set(days[:10])


def test_the_text_of_an_error_has_no_value_of_its_statement(read_models: ReadModels) -> None:
    """Such texts go to logs."""
    for engine in (read_models.writer, read_models.reader):
        with engine.connect() as connection, pytest.raises(DBAPIError) as failed:
            connection.execute(text("SELECT * FROM absent WHERE name = :name"), {"name": "Ada Lovelace"})
        assert "Lovelace" not in str(failed.value)
