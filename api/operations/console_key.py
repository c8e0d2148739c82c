"""The key as which the operator's links sign in (`recount sign-in`, and the link that a server prints at its start).

Who can make such a link has the stores and the master key, and may do everything: the key is an admin's. It is issued when the
first link is used, has the label "console", and nobody has its text. It is listed, dated and revoked like every key: revoking
it ends all sessions that links have opened. The next link then issues the next console key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import Request

from api.shared.access import OPERATOR
from api.shared.commanding import NO_TIME_YET
from api.shared.key_texts import lost_hash
from api.shared.keys import understood
from commands.operations import api_keys
from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.operations.api_key import ApiKey
from domain.shared.events import Context
from domain.shared.ids import external_id, new_id
from infra.event_store.store import EventStore

SYSTEM, LABEL = "recount", "console"


async def console_key(request: Request) -> UUID:
    """The id of the console's key, which is issued if there is none in force. Raises StoreUnavailable."""
    id, there = await run_sync(_first_in_force_or_next, request.app.state.store)
    if not there:
        context = Context(now=NO_TIME_YET, actor=OPERATOR, command_id=new_id())
        facts = {"key_id": id, "label": LABEL, "roles": ["admin"], "hash": lost_hash()}
        executor: Executor = request.app.state.executor
        # If it is refused, another worker has issued it a moment ago, with another secret that nobody has either.
        await executor.run(Command(api_keys.issue, facts, context, target=id))
    return id


def _first_in_force_or_next(store: EventStore) -> tuple[UUID, bool]:
    """The first console key that is in force, or the first that was never issued; and whether it was issued.

    It reads one key for each console key that was revoked.
    """
    for number in count(1):
        id = external_id("api_key", SYSTEM, f"{LABEL} {number}", store.secret)
        key = understood(store, ApiKey, id)
        if key is not None and (key.issued is None or key.in_force(datetime.now(UTC))):
            return id, key.issued is not None
    raise AssertionError("there is always a next number")
