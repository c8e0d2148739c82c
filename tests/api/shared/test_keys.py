"""Checking keys: what is made up costs no read, what is valid is never kept waiting by what is not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from starlette.concurrency import run_in_threadpool

from api.shared import keys as checking
from api.shared.key_texts import new_key_text, opened
from api.shared.keys import REMEMBERED_REFUSALS, Keys
from commands.shared.commit import StoreUnavailable
from domain.shared.events import Recorded
from domain.shared.ids import new_id
from tests.api.conftest import Headers, World

SECRET = b"s" * 32


@pytest.fixture
def reads(world: World, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The streams that are read during the test, in any way."""
    store, read = world.parts.deployment.store, list[UUID]()

    def spied(name: str) -> None:
        original = getattr(store, name)

        def spy(ids: Any, *more: Any) -> Any:
            read.extend([ids] if isinstance(ids, UUID) else ids)
            return original(ids, *more)

        monkeypatch.setattr(store, name, spy)

    for name in ("streams", "plain_streams", "part", "plain_ends"):
        spied(name)
    return read


@pytest.fixture
def lasting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked up is remembered for the whole test."""
    monkeypatch.setattr(checking, "REMEMBERED_SECONDS", 3600.0)


def issued_here(world: World, id: UUID | None = None) -> str:
    """A text with the seal of this store, of a key that was never recorded: like that of one that is not in force any more."""
    return new_key_text(id or new_id(), world.parts.deployment.store.secret)[0]


def bearer(text: str) -> Headers:
    return {"Authorization": f"Bearer {text}"}


def status(world: World, text: str) -> int:
    return world.client.get("/v1/status", headers=bearer(text)).status_code


def test_a_key_with_the_id_of_a_customer_reads_nothing(world: World, customer: str, reads: list[UUID]) -> None:
    id = UUID(customer.rsplit("/", 1)[-1])
    for secret in ("x", "A" * 43, "A" * 63):
        assert status(world, f"rk_{id.hex}_{secret}") in (401, 429)
    assert reads == []


def test_a_text_of_another_store_or_with_another_id_was_not_issued_here() -> None:
    id = new_id()
    text, hash = new_key_text(id, SECRET)
    assert opened(text, SECRET) == (id, hash)
    assert opened(text, b"t" * 32) is None
    assert opened(text.replace(id.hex, new_id().hex), SECRET) is None
    assert opened(new_key_text(id, SECRET)[0][:-20] + text[-20:], SECRET) is None
    assert opened(f"{text}\n", SECRET) is None


def test_a_text_with_our_seal_and_the_id_of_a_customer_is_no_key(world: World, customer: str) -> None:
    assert status(world, issued_here(world, UUID(customer.rsplit("/", 1)[-1]))) in (401, 429)


class Uses:
    def note(self, key_id: UUID) -> None: ...


def keys_of(world: World) -> Keys:
    return Keys(world.parts.deployment.store, Uses())  # type: ignore[arg-type]


def texts(world: World, count: int) -> list[str]:
    return [issued_here(world) for _ in range(count)]


def admin_text(world: World) -> str:
    return world.admin["Authorization"].removeprefix("Bearer ")


@pytest.mark.usefixtures("lasting")
@pytest.mark.parametrize("sealed", [False, True])
def test_no_number_of_bad_keys_makes_a_valid_key_be_looked_up_again(world: World, reads: list[UUID], sealed: bool) -> None:
    keys, count = keys_of(world), REMEMBERED_REFUSALS + 1 if sealed else 12_000
    bad = texts(world, count) if sealed else [f"rk_{new_id().hex}_{number:063}" for number in range(count)]

    async def everyone_asks() -> None:
        assert (await keys.found(admin_text(world))).caller is not None
        for text in bad:
            assert (await keys.found(text)).caller is None
        assert (await keys.found(admin_text(world))).caller is not None

    asyncio.run(everyone_asks())
    assert len(reads) == 1 + count * sealed


@pytest.mark.usefixtures("lasting")
def test_a_key_that_is_not_in_force_is_looked_up_once_in_a_second(world: World, reads: list[UUID]) -> None:
    keys, [text] = keys_of(world), texts(world, 1)

    async def asks_often() -> None:
        await asyncio.gather(*(keys.found(text) for _ in range(10)))
        assert (await keys.found(text)).caller is None

    asyncio.run(asks_often())
    assert len(reads) == 1


def test_a_known_key_and_everything_else_do_not_wait_behind_lookups_of_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "REMEMBERED_SECONDS", -1.0)
    keys, store, known = keys_of(world), world.parts.deployment.store, admin_text(world)
    go_on, original, waiting = threading.Event(), store.plain_ends, list[UUID]()
    known_id = UUID(hex=known.split("_")[1])

    def slow(id: UUID, types: Collection[str]) -> list[Recorded]:
        if id != known_id:
            waiting.append(id)
            assert go_on.wait(30)
        return original(id, types)

    async def a_crowd_asks() -> None:
        assert (await keys.found(known)).caller is not None
        crowd = [asyncio.create_task(keys.found(text)) for text in texts(world, 60)]
        try:
            while not waiting:
                await asyncio.sleep(0.001)
            async with asyncio.timeout(20):
                assert (await keys.found(known)).caller is not None
                assert await run_in_threadpool(lambda: "free") == "free"
            assert len(waiting) <= checking.READERS
        finally:
            go_on.set()
            await asyncio.gather(*crowd)

    monkeypatch.setattr(store, "plain_ends", slow)
    asyncio.run(a_crowd_asks())


def test_a_store_that_does_not_answer_is_asked_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> list[Recorded]:
        raise StoreUnavailable("away")

    key = world.key("agent")
    with monkeypatch.context() as patched:
        patched.setattr(world.parts.deployment.store, "plain_ends", away)
        assert world.client.get("/v1/customers", headers=key).status_code == 503
    assert world.client.get("/v1/customers", headers=key).status_code == 200
