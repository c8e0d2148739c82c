"""The log on either engine: in order, sealed, and without the keys of erased subjects."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from commands.customers import customers
from commands.sales import orders
from commands.shared.batch import Command
from commands.shared.commit import StoreUnavailable
from commands.shared.executor import Executor
from domain.customers.customer.customer import Customer
from domain.operations.api_key import ApiKey
from domain.shared.events import type_name
from domain.shared.ids import new_id
from infra.event_store.mapper import Mapper
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault, WrongMasterKey
from tests.commands.event_stores import (
    EVENTS,
    accepted,
    command,
    done,
    erasing,
    one,
    opened,
    placing,
    recorder,
    registering,
    running,
    tagging,
    tags,
    together,
    types,
    worker,
)


def linking(order: UUID, customer: UUID) -> Command:
    return command(orders.set_customer, order_id=order, customer_id=customer)


def merging(customer: UUID, into: UUID) -> Command:
    return command(customers.merge, customer_id=customer, into=into)


def has_key(store: EventStore, subject: UUID) -> bool:
    return subject in store._recorder.keys([subject])


# The log


def test_the_log_is_read_in_portions_and_up_to_a_position(store: EventStore, executor: Executor) -> None:
    done(*together(executor, *(registering() for _ in range(10))))
    everything = store.log(0, 100)
    positions = [stored.position for stored in everything]
    assert positions == sorted(set(positions))
    assert store.log(0, 4) + store.log(positions[3], 100) == everything
    assert store.log(positions[1], 100, positions[5]) == everything[2:6]
    assert store.log(positions[-1], 100) == []
    assert store.head() == positions[-1]


def test_streams_are_read_in_one_call_and_those_without_events_are_left_out(store: EventStore, executor: Executor) -> None:
    ids = [new_id() for _ in range(1200)]
    done(*together(executor, *map(registering, ids)))
    one(executor, tagging(ids[0], "vip"))
    found = store.streams([*ids, new_id()])
    assert found.keys() == set(ids)
    assert [recorded.type for recorded in found[ids[0]]] == ["crm.customer.registered.v2", "crm.customer.tagged.v1"]


def test_an_empty_log_has_position_0_and_no_events(store: EventStore) -> None:
    assert (store.head(), store.log(0, 10), store.streams([new_id()])) == (0, [], {})


def test_a_store_that_is_opened_again_has_all_events(where: str) -> None:
    id = new_id()
    with worker(where) as executor:
        one(executor, registering(id))
    for _ in range(2):
        again = opened(where)
        assert types(again, id) == ["registered"]
        again.close()


def test_another_master_key_is_refused_when_the_store_is_opened(where: str, store: EventStore) -> None:
    with pytest.raises(WrongMasterKey):
        EventStore(recorder(where), Mapper(EVENTS), Vault(bytes(32)))


def test_reserved_numbers_skip_claimed_ones(store: EventStore, executor: Executor) -> None:
    done(*together(executor, *(placing(number=str(number)) for number in [*range(2, 300), 302])))
    first = list(store.reserve_numbers("order", 1))
    later = list(store.reserve_numbers("order", 1))
    assert first == [1]
    assert {300, 301, 303} >= set(later) - set(range(304, 2000))
    assert not set(later) & {*range(1, 300), 302}
    assert list(store.reserve_numbers("ticket", 2)) == [1, 2]


def execute(where: str, statement: str) -> None:
    if where.startswith("postgresql://"):
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())
    else:
        with closing(sqlite3.connect(where)) as file, file:
            file.execute(statement)


# Erasure


def test_an_erasure_keeps_the_events_and_removes_personal_data(store: EventStore, executor: Executor) -> None:
    id, order = new_id(), new_id()
    done(*together(executor, registering(id, "Ada Lovelace"), placing(order, id), erasing(id)))
    [registered, erased] = store.streams([id])[id]
    assert registered.event.name is None  # type: ignore[attr-defined]
    assert erased.event.erases()
    assert types(store, order) == ["placed"]
    assert not has_key(store, id)


def test_an_erasure_destroys_the_keys_of_linked_orders(store: EventStore, executor: Executor) -> None:
    customer, guest, stranger = new_id(), new_id(), new_id()
    done(*together(executor, registering(customer), placing(guest), placing(stranger), linking(guest, customer)))
    one(executor, erasing(customer))
    assert [has_key(store, subject) for subject in (customer, guest, stranger)] == [False, False, True]


def test_an_erasure_concerns_every_subject_that_is_erased_with_it(store: EventStore, executor: Executor) -> None:
    customer, before, together_with = new_id(), new_id(), new_id()
    done(*together(executor, registering(customer), placing(before), placing(together_with), linking(before, customer)))
    # The last order is linked in the same commit as the erasure.
    done(*together(executor, linking(together_with, customer), erasing(customer)))
    erased = store.streams([customer])[customer][-1]
    assert set(erased.metadata.concerns) == {before, together_with}
    assert not any(has_key(store, subject) for subject in (customer, before, together_with))


def test_erasing_the_second_customer_of_an_order_keeps_the_first_customers_key(store: EventStore, executor: Executor) -> None:
    first, second, order = new_id(), new_id(), new_id()
    done(*together(executor, registering(first), registering(second), placing(order, first), linking(order, second)))
    assert accepted(one(executor, erasing(second)))
    assert (has_key(store, first), has_key(store, second)) == (True, False)
    assert store.streams([first])[first][0].event.name == "Ada Lovelace"  # type: ignore[attr-defined]


def test_an_erasure_follows_links_of_links(store: EventStore, executor: Executor) -> None:
    order, merged, survivor = new_id(), new_id(), new_id()
    done(*together(executor, registering(merged), registering(survivor), placing(order), linking(order, merged)))
    assert accepted(one(executor, merging(merged, survivor)))
    assert accepted(one(executor, erasing(survivor)))
    assert not any(has_key(store, subject) for subject in (order, merged, survivor))


@pytest.mark.parametrize("one_commit", [True, False])
def test_an_unmerged_customer_is_not_erased_with_the_survivor(store: EventStore, executor: Executor, one_commit: bool) -> None:
    order, merged, survivor = new_id(), new_id(), new_id()
    done(*together(executor, registering(merged), registering(survivor), placing(order), linking(order, merged)))
    assert accepted(one(executor, merging(merged, survivor)))
    unmerging = command(customers.unmerge, customer_id=merged)
    if one_commit:
        done(*together(executor, unmerging, erasing(survivor)))
    else:
        assert accepted(one(executor, unmerging))
        assert accepted(one(executor, erasing(survivor)))
    assert [has_key(store, subject) for subject in (order, merged, survivor)] == [True, True, False]


def test_the_files_contain_no_personal_text_and_after_an_erasure_no_key(tmp_path: Path) -> None:
    path, id = tmp_path / "events.db", new_id()
    store = opened(str(path))
    with running(store) as executor:
        done(*together(executor, registering(id, "Ada Lovelace"), *(registering() for _ in range(50))))
        key = store._recorder.keys([id])[id]
        assert key in contents(tmp_path)
        assert b"Lovelace" not in contents(tmp_path)
        one(executor, erasing(id))
        assert key not in contents(tmp_path)
    store.close()


def test_a_destroyed_key_is_removed_from_the_files_once_no_reader_is_left(tmp_path: Path) -> None:
    path, id = tmp_path / "events.db", new_id()
    store = opened(str(path))
    with running(store) as executor:
        one(executor, registering(id))
        key = store._recorder.keys([id])[id]
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM subject_keys").fetchall()
        assert accepted(one(executor, erasing(id)))
        assert key in contents(tmp_path)
        reader.close()
        one(executor, registering())
        assert key not in contents(tmp_path)
    store.close()


def contents(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


# Engines


def test_a_file_that_could_not_be_opened_for_a_moment_can_be_written_afterwards(tmp_path: Path) -> None:
    engine = SqliteRecorder(tmp_path / "events.db", lock_timeout=1)
    store, pool = opened("", engine), engine._datastore.pool
    with running(store) as executor:
        one(executor, registering())
        pool.close()
        pool._closed, pool.db_name = False, str(tmp_path / "missing" / "events.db")
        away = executor.submit(registering())
        with pytest.raises(StoreUnavailable):
            store.head()
        pool.db_name = str(tmp_path / "events.db")
        assert accepted(done(away)[0])
    store.close()


def test_opening_a_store_without_a_server_raises_store_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        PostgresRecorder("postgresql://nobody@127.0.0.1:1/none", lock_timeout=0.3)


@pytest.mark.servers
def test_the_connection_parameters_of_the_url_are_used(database_url: str) -> None:
    engine = PostgresRecorder(f"{database_url}?application_name=counted&options=-c%20statement_timeout%3D12345")
    with engine._connection() as connection:
        assert connection.execute("SHOW application_name").fetchone() == {"application_name": "counted"}
        assert connection.execute("SHOW statement_timeout").fetchone() == {"statement_timeout": "12345ms"}
    engine.close()


@pytest.mark.servers
def test_commits_work_with_a_stricter_default_isolation_level(database_url: str) -> None:
    name = database_url.rpartition("/")[2]
    execute(database_url, f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    id = new_id()
    with worker(database_url) as executor, worker(database_url) as rival:
        one(executor, registering(id))
        asked = [who.submit(tagging(id, f"t-{n}", key=f"k-{n}")) for n in range(60) for who in (executor, rival)]
        assert all(map(accepted, done(*asked)))
    store = opened(database_url)
    assert sorted(tags(store, id)) == sorted(f"t-{n}" for n in range(60))
    types(store, id)
    store.close()


def test_the_ends_of_a_stream_are_two_events_of_the_wanted_types_however_long_it_is(
    where: str, store: EventStore, executor: Executor
) -> None:
    ada, grace = new_id(), new_id()
    done(*together(executor, registering(ada), registering(grace), *(tagging(ada, str(number)) for number in range(40))))
    types = [type_name(event) for event in Customer.events]
    with closing(recorder(where)) as engine:
        assert [one.version for one in engine.ends(ada, types)] == [1, 41]
        assert [one.version for one in engine.ends(grace, types)] == [1]
        assert engine.ends(new_id(), types) == []
        assert engine.ends(ada, [type_name(event) for event in ApiKey.events]) == []
    first, last = (recorded.event for recorded in store.plain_ends(ada, types))
    assert getattr(first, "name", "") is None, "personal data is not read"
    assert getattr(last, "tags", ()) == ("39",)
