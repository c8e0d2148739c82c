"""Reads that wait at the same time are answered together, and each is answered as if it were alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import httpx
import pytest
from anyio import CapacityLimiter
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, create_engine, literal, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from api.shared.joint_reads import TOGETHER, JointReads
from projections.customers import customer_answer
from projections.customers.customer_answer import Asked
from projections.shared.rows import Row
from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered, seen
from tests.api.sales.given_orders import done, placed

LONG = 60.0


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=QueuePool, connect_args={"check_same_thread": False})
    yield engine
    engine.dispose()


class Doubling:
    """A query that gives twice the key, for keys above zero. It waits while it is `held`, and notes the keys of each turn."""

    def __init__(self, held: Collection[int] = ()) -> None:
        self.turns: list[set[int]] = []
        self.begun, self.released = threading.Event(), threading.Event()
        self._held = held

    def __call__(self, connection: Connection, keys: Collection[int]) -> Mapping[int, int]:
        self.turns.append(set(keys))
        if not set(self._held).isdisjoint(keys):
            self.begun.set()
            assert self.released.wait(LONG)
        if 13 in keys:
            raise ZeroDivisionError
        return {key: connection.scalars(select(literal(key) * 2)).one() for key in keys if key > 0}


def together(engine: Engine, scene: Callable[[JointReads], Any], threads: int = 4) -> Any:
    async def run() -> Any:
        return await asyncio.wait_for(scene(JointReads(engine, CapacityLimiter(threads))), LONG)

    return asyncio.run(run())


async def crowd(reads: JointReads, query: Doubling, keys: Collection[int]) -> list[Any]:
    return await asyncio.gather(*(reads.answer(query, key) for key in keys), return_exceptions=True)


def test_all_who_wait_are_answered_in_the_next_turn_each_with_their_own_answer(engine: Engine) -> None:
    query = Doubling(held=[1])

    async def scene(reads: JointReads) -> list[Any]:
        first = asyncio.create_task(crowd(reads, query, [1]))
        await asyncio.to_thread(query.begun.wait, LONG)
        others = asyncio.create_task(crowd(reads, query, [2, 3, 3, -4, 5]))
        await asyncio.sleep(0)
        query.released.set()
        return await first + await others

    assert together(engine, scene, threads=1) == [2, 4, 6, 6, None, 10]
    assert query.turns == [{1}, {2, 3, -4, 5}]


def test_a_turn_takes_no_more_than_its_bound(engine: Engine) -> None:
    query, keys = Doubling(), range(100, 100 + 3 * TOGETHER)

    async def scene(reads: JointReads) -> list[Any]:
        return await crowd(reads, query, keys)

    assert together(engine, scene) == [2 * key for key in keys]
    assert [len(turn) for turn in query.turns] == [TOGETHER, TOGETHER, TOGETHER]


def test_an_error_of_one_is_an_error_for_nobody_else(engine: Engine) -> None:
    query = Doubling()

    async def scene(reads: JointReads) -> list[Any]:
        return await crowd(reads, query, [1, 13, 2])

    found = together(engine, scene)
    assert (found[0], type(found[1]), found[2]) == (2, ZeroDivisionError, 4)


def test_an_error_of_the_database_is_one_for_all_and_the_next_turn_reads_again(engine: Engine) -> None:
    turns = 0

    def failing_once(connection: Connection, keys: Collection[int]) -> Mapping[int, int]:
        nonlocal turns
        turns += 1
        if turns == 1:
            connection.exec_driver_sql("SELECT * FROM nowhere")
        return dict.fromkeys(keys, 7)

    async def scene(reads: JointReads) -> list[Any]:
        first = await asyncio.gather(*(reads.answer(failing_once, key) for key in (1, 2)), return_exceptions=True)
        return [*map(type, first), turns, await reads.answer(failing_once, 3)]

    assert together(engine, scene) == [OperationalError, OperationalError, 1, 7]
    assert issubclass(OperationalError, SQLAlchemyError)


def test_a_turn_that_takes_long_does_not_hold_up_the_next(engine: Engine) -> None:
    query = Doubling(held=[1])

    async def scene(reads: JointReads) -> list[Any]:
        slow = asyncio.create_task(crowd(reads, query, [1]))
        await asyncio.to_thread(query.begun.wait, LONG)
        quick = await crowd(reads, query, [2, 3])
        assert not slow.done()
        query.released.set()
        return await slow + quick

    assert together(engine, scene) == [2, 4, 6]


def test_a_caller_who_goes_away_takes_no_answer_from_others(engine: Engine) -> None:
    query = Doubling(held=[1])

    async def scene(reads: JointReads) -> list[Any]:
        first = [asyncio.create_task(reads.answer(query, 1)) for _ in range(2)]
        await asyncio.to_thread(query.begun.wait, LONG)
        waiting = [asyncio.create_task(reads.answer(query, key)) for key in (2, 2, 3)]
        await asyncio.sleep(0)
        for gone in (first[0], waiting[0], waiting[2]):
            gone.cancel()
        query.released.set()
        return [await first[1], await waiting[1]]

    assert together(engine, scene) == [2, 4]
    assert query.turns == [{1}, {2}]


def test_each_event_loop_has_turns_of_its_own(engine: Engine) -> None:
    query = Doubling()
    reads = JointReads(engine, CapacityLimiter(1))
    for key in (1, 2):
        assert asyncio.run(asyncio.wait_for(reads.answer(query, key), LONG)) == 2 * key


# Through the API


@on_both_engines
def test_customers_who_are_read_by_many_at_once_are_answered_as_if_alone(
    client: Client, app: FastAPI, key_for: KeyFor, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = _customers(client)
    seen(client, paths[0])
    analyst = key_for("analyst")
    asked: list[tuple[str, str, dict[str, str]]] = []
    for path in paths:
        for query in ("", "?zone=Asia/Shanghai", "?fields=name,money,tickets.total", "?as_of=3"):
            asked += [("GET", path + query, headers) for headers in (admin, analyst)]
        etag = client.get(path).headers.get("ETag", '"1"')
        asked += [
            ("HEAD", path, admin),
            ("GET", path, admin | {"If-None-Match": etag}),
            ("GET", path, admin | {"If-Match": '"99"'}),
        ]
    alone = [_known(client.request(method, path, headers=headers)) for method, path, headers in asked]
    turns: list[int] = []
    answers = customer_answer.answers

    def noted(connection: Connection, keys: Collection[Asked]) -> dict[Asked, Row]:
        turns.append(len(keys))
        return answers(connection, keys)

    monkeypatch.setattr(customer_answer, "answers", noted)
    assert asyncio.run(_at_once(app, asked)) == alone
    assert {status for status, *_ in alone} == {200, 304, 403, 404, 412}
    assert max(turns) > 3


async def _at_once(app: FastAPI, asked: Collection[tuple[str, str, dict[str, str]]]) -> list[Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recount") as http:
        sent = (http.request(method, path, headers=headers) for method, path, headers in asked)
        return [_known(answer) for answer in await asyncio.gather(*sent)]


def _known(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in ("request-id", "x-request-id")}
    return answer.status_code, answer.content, headers


def _customers(client: Client) -> list[str]:
    """A customer with an order and a ticket, two who are merged, one who is erased, and one who is unknown."""
    plain, survivor, erased = registered(client), registered(client, name="Survivor"), registered(client, name="Gone")
    external = "/v1/customers/by/shop/17"
    merged = client.put(external, {"name": "Merged"}).headers["Location"]
    for customer in (plain, merged):
        id = customer.rpartition("/")[2]
        placed(client, customer_id=id)
        client.post("/v1/tickets", {"opened_by": "customer", "customer_id": id, "title": "Broken cup"})
    done(client, f"{merged}/merge", {"into": survivor.rpartition("/")[2]})
    client.post(f"{erased}/erasure", ERASURE)
    unknown = plain[:-4] + "0000"
    head(client)
    return [plain, survivor, merged, external, erased, unknown]
