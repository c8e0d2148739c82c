"""A list of commands in one request. Each item succeeds or fails on its own.

All go to the executor together, so that they share its commits. The answer contains the result of each item, in the order
of the request. With an Idempotency-Key, item 7 has the key `<key>#7`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from fastapi import Request, Response

from api.shared.commanding import answer, context, receipt_key
from api.shared.conditional import refuse_conditions
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED
from api.shared.problems import refused, unreadable, unsettled
from commands.shared.batch import Command
from commands.shared.commit import ReceiptKey, Unreadable, source_fact
from commands.shared.executor import Executor, OutcomeUnknown, Overloaded
from domain.shared.aggregate import Aggregate
from domain.shared.refusals import Refusal

LIMIT = 1000
"""How many items a request may have."""

ANSWERS: dict[str, Any] = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["item", "status", "body"],
                "properties": {
                    "item": {"type": "integer", "minimum": 1},
                    "status": {"type": "integer", "examples": [200]},
                    "body": {
                        "type": "object",
                        "description": "The answer to this command in a request of its own.",
                    },
                },
            },
        }
    },
}
EACH: dict[int | str, dict[str, Any]] = {
    **ACCEPTED,
    200: {
        "description": "The result of each item, in the order of the request; `item` counts from 1",
        "content": {"application/json": {"schema": ANSWERS}},
        "headers": {"Position": ACCEPTED[200]["headers"]["Position"]},
    },
}


class Item(NamedTuple):
    """One command of the list, and the stream that it acts on."""

    function: Callable[..., Aggregate]
    body: CommandBody
    target: UUID
    facts: dict[str, Any]


class Answer(msgspec.Struct):
    """The result of one item: the status and body that it would get in a request of its own."""

    item: int
    status: int
    body: msgspec.Raw


async def carry_out_each(request: Request, items: Sequence[Item]) -> Response:
    """Run the commands and answer with the result of each. Raises Problem if the request has a condition."""
    refuse_conditions(request, "A list of commands")
    receipt = await receipt_key(request)
    settled = await asyncio.gather(*(_carry_out(request, number, item, receipt) for number, item in enumerate(items, start=1)))
    answers = [
        Answer(number, response.status_code, msgspec.Raw(bytes(response.body)))
        for number, response in enumerate(settled, start=1)
    ]
    position = max((int(response.headers.get("Position", 0)) for response in settled), default=0)
    return Response(msgspec.json.encode({"items": answers}), 200, {"Position": str(position)}, "application/json")


async def _carry_out(request: Request, number: int, item: Item, receipt: ReceiptKey | None) -> Response:
    executor: Executor = request.app.state.executor
    try:
        begun = context(request, item.body)
        command = Command(
            item.function,
            item.facts,
            begun,
            target=item.target,
            decides=source_fact(begun.source, item.target),
            receipt=receipt and receipt._replace(key=f"{receipt.key}#{number}"),
        )
        return answer(await executor.run(command, of_many=True))
    except Refusal as refusal:
        return refused(refusal)
    except (Overloaded, OutcomeUnknown) as error:
        return unsettled(error)
    except Unreadable as error:
        return unreadable(error)
