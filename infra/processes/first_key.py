"""The first key of an empty store; all other keys are created with it. Its id is derived, so there can be only one."""

from __future__ import annotations

from datetime import UTC, datetime

from api.shared.key_texts import new_key_text
from commands.operations import api_keys
from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.shared.events import Actor, Context
from domain.shared.ids import external_id
from infra.event_store.store import EventStore

SYSTEM = "recount"


def issue_first_key(store: EventStore, executor: Executor) -> str | None:
    """The text of an admin key, to be shown once; None if the store is not empty or another process was faster."""
    if store.head() > 0:
        return None
    id = external_id("api_key", SYSTEM, "first", store.secret)
    text, hash = new_key_text(id, store.secret)
    context = Context(now=datetime.min.replace(tzinfo=UTC), actor=Actor(type="system", id="command-line"))
    facts = {"key_id": id, "label": "first key", "roles": ["admin"], "hash": hash}
    outcome = executor.submit(Command(api_keys.issue, facts, context, target=id)).result()
    return text if outcome.refusal is None else None
