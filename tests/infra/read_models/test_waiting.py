"""Requests that wait for read models: one deadline for all that an answer needs, and one question for all that wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from infra.read_models import completeness as module
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels, sqlite_read_models
from infra.read_models.positions import begin, positions
from infra.read_models.tables import prepare

MANY: dict[str, UUID | None] = {f"view_{number}": None for number in range(7)}
TOPIC = "crm.events"
Needed = Mapping[str, UUID | None]


@pytest.fixture
def read_models(tmp_path: Path) -> Iterator[ReadModels]:
    opened = sqlite_read_models(tmp_path / "read-models.db")
    prepare(opened)
    with opened.writer.begin() as connection:
        for name in MANY:
            begin(connection, name, 1, 1, "topic")
    yield opened
    opened.close()


def advance(read_models: ReadModels, position: int, *names: str) -> None:
    with read_models.writer.begin() as connection:
        connection.execute(update(positions).where(positions.c.projection.in_(names)).values(position=position))


@pytest.mark.parametrize("topic", [None, TOPIC])
def test_several_read_models_have_one_deadline(read_models: ReadModels, topic: str | None) -> None:
    begun = time.monotonic()
    reached = asyncio.run(Completeness(read_models, 1, topic).wait(MANY, 5, timeout=0.3))
    assert 0.3 <= time.monotonic() - begun < 0.3 * len(MANY)
    assert reached == dict.fromkeys(MANY, 0)


@pytest.mark.parametrize("topic", [None, TOPIC])
def test_an_answer_waits_for_the_slowest_read_model_and_no_longer(read_models: ReadModels, topic: str | None) -> None:
    completeness = Completeness(read_models, 1, topic)

    async def scene() -> dict[str, int]:
        waiting = asyncio.create_task(completeness.wait(MANY, 5, timeout=60))
        first, *others = MANY
        await asyncio.to_thread(advance, read_models, 5, *others)
        await asyncio.sleep(2 * module.SELDOM)
        assert not waiting.done()
        await asyncio.to_thread(advance, read_models, 7, first)
        return await waiting

    assert min(asyncio.run(scene()).values()) == 5


def test_a_commit_in_this_process_wakes_the_waiting_requests(read_models: ReadModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SELDOM", 3600.0)
    completeness = Completeness(read_models)

    def commit() -> None:
        for name in MANY:
            advance(read_models, 5, name)
            completeness.wake(name)

    async def scene() -> list[dict[str, int]]:
        many = [asyncio.create_task(completeness.wait(MANY, 5, timeout=3600)) for _ in range(50)]
        await asyncio.sleep(0.05)
        await asyncio.to_thread(commit)
        return await asyncio.gather(*many)

    assert asyncio.run(asyncio.wait_for(scene(), 60)) == [dict.fromkeys(MANY, 5)] * 50


def test_a_commit_just_before_a_request_begins_to_wait_is_not_missed(
    read_models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SELDOM", 3600.0)
    completeness = Completeness(read_models)
    look = Completeness._reached

    async def look_then_commit(self: Completeness, needed: Needed) -> dict[str, int]:
        seen = await look(self, needed)
        advance(read_models, 5, *MANY)
        completeness.wake("view_0")
        return seen

    monkeypatch.setattr(Completeness, "_reached", look_then_commit)
    reached = asyncio.run(asyncio.wait_for(completeness.wait(MANY, 5, timeout=3600), 60))
    assert reached == dict.fromkeys(MANY, 5)


def test_all_waiting_requests_share_each_question(read_models: ReadModels, monkeypatch: pytest.MonkeyPatch) -> None:
    completeness, questions = Completeness(read_models, 1, TOPIC), []
    read = completeness._read

    def counted(connection: object) -> object:
        questions.append(connection)
        return read(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(completeness, "_read", counted)

    async def scene() -> None:
        await asyncio.gather(*(completeness.wait(MANY, 5, timeout=0.5) for _ in range(100)))

    asyncio.run(scene())
    assert 2 <= len(questions) <= 0.5 / module.FRESH + 3


def test_a_request_that_leaves_is_not_waited_for(read_models: ReadModels) -> None:
    completeness = Completeness(read_models)

    async def scene() -> dict[str, int]:
        waiting = asyncio.create_task(completeness.wait(MANY, 5, timeout=3600))
        await asyncio.sleep(0.02)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.to_thread(advance, read_models, 5, *MANY)
        return await completeness.wait(MANY, 5, timeout=60)

    assert asyncio.run(scene()) == dict.fromkeys(MANY, 5)
    assert completeness._waiters == []


def test_waiting_requests_get_the_error_of_the_database(read_models: ReadModels, monkeypatch: pytest.MonkeyPatch) -> None:
    completeness = Completeness(read_models)

    def fail(connection: object) -> None:
        raise SQLAlchemyError("the database is away")

    async def scene() -> list[object]:
        many = [asyncio.create_task(completeness.wait(MANY, 5, timeout=3600)) for _ in range(3)]
        await asyncio.sleep(0.02)
        monkeypatch.setattr(completeness, "_read", fail)
        return await asyncio.gather(*many, return_exceptions=True)

    ended = asyncio.run(asyncio.wait_for(scene(), 60))
    assert [type(one) for one in ended] == [SQLAlchemyError] * 3
