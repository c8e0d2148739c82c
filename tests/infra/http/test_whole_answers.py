"""The head of an answer leaves together with the first part of its body, and never later than anything that follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from infra.http.whole_answers import WholeAnswers

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"


class Wire:
    """Keeps each write, and what else happened to the transport."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.said.append(data)

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True

    def close(self) -> None:
        self.said.append("closed")
        self.closed = True

    def write_eof(self) -> None:
        self.said.append("eof")

    def get_write_buffer_size(self) -> int:
        return 7


def written(act: Callable[[WholeAnswers], None]) -> list[Any]:
    """What was written once the event loop had nothing else to do."""
    wire = Wire()

    async def run() -> None:
        act(WholeAnswers(wire, asyncio.get_running_loop()))  # type: ignore[arg-type]
        await asyncio.sleep(0)

    asyncio.run(run())
    return wire.said


def writing(*parts: bytes) -> Callable[[WholeAnswers], None]:
    def act(transport: WholeAnswers) -> None:
        for part in parts:
            transport.write(part)

    return act


def test_a_head_and_its_body_are_one_write_and_the_rest_of_the_body_follows() -> None:
    assert written(writing(HEAD, b"body")) == [HEAD + b"body"]
    assert written(writing(HEAD, b"bo", b"dy")) == [HEAD + b"bo", b"dy"]
    assert written(writing(HEAD, b"")) == [HEAD]


def test_a_head_whose_body_comes_later_is_sent_at_once() -> None:
    assert written(writing(HEAD)) == [HEAD]


def test_the_answers_of_one_connection_stay_in_order() -> None:
    assert written(writing(HEAD, b"body", HEAD, b"more")) == [HEAD + b"body", HEAD + b"more"]
    assert written(writing(HEAD, HEAD, b"body")) == [HEAD + HEAD, b"body"]


@pytest.mark.parametrize(("end", "name"), [(WholeAnswers.close, "closed"), (WholeAnswers.write_eof, "eof")])
def test_the_end_comes_after_a_head_that_waits(end: Callable[[WholeAnswers], None], name: str) -> None:
    def act(transport: WholeAnswers) -> None:
        transport.write(HEAD)
        end(transport)

    assert written(act) == [HEAD, name]


def test_nothing_is_written_to_a_connection_that_was_aborted() -> None:
    def act(transport: WholeAnswers) -> None:
        transport.write(HEAD)
        transport.abort()

    assert written(act) == []


def test_everything_else_is_asked_of_the_transport() -> None:
    def act(transport: WholeAnswers) -> None:
        assert transport.get_write_buffer_size() == 7
        assert not transport.is_closing()

    assert written(act) == []
