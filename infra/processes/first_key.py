"""The first key of an empty store; all other keys are created with it. Its id is derived, so there can be only one.

It is shown once on a terminal. Other outputs are often collected and kept: there the key goes to a file in HOME that only its
owner can read. The file is complete before the key is recorded, so no crash leaves a recorded key that nobody knows.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple
from uuid import UUID

from api.shared.key_texts import new_key_text, opened
from commands.operations import api_keys
from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.shared.events import Actor, Context
from domain.shared.ids import external_id
from infra.event_store.store import EventStore

SYSTEM = "recount"
FILE = "first-admin-key"


class FirstKey(NamedTuple):
    """`file` contains the text if it must not be shown."""

    text: str
    file: Path | None


def issue_first_key(store: EventStore, executor: Executor, home: Path, *, show: bool) -> FirstKey | None:
    """A new admin key, to be shown once or in a file; None if the store is not empty or another process was faster.

    Raises OSError if the file cannot be written. Then no key is recorded.
    """
    if store.head() > 0:
        return None
    id = external_id("api_key", SYSTEM, "first", store.secret)
    file = None if show else home.absolute() / FILE
    text, hash = new_key_text(id, store.secret) if file is None else _kept(file, id, store.secret)
    context = Context(now=datetime.min.replace(tzinfo=UTC), actor=Actor(type="system", id="command-line"))
    facts = {"key_id": id, "label": "first key", "roles": ["admin"], "hash": hash}
    outcome = executor.submit(Command(api_keys.issue, facts, context, target=id)).result()
    if outcome.refusal is None:
        return FirstKey(text, file)
    if file:
        file.unlink(missing_ok=True)
    return None


def _kept(file: Path, id: UUID, secret: bytes) -> tuple[str, str]:
    """The text of the key and the hash to record: those in the file, if an earlier start or another process left them there."""
    with suppress(FileNotFoundError):
        if found := _read(file, id, secret):
            return found
        file.unlink()
    text, hash = new_key_text(id, secret)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A temporary file is readable by its owner only.
    with NamedTemporaryFile("w", dir=file.parent, prefix=f"{FILE}.") as unfinished:
        unfinished.write(f"{text}\n")
        unfinished.flush()
        os.fsync(unfinished.fileno())
        with suppress(FileExistsError):
            os.link(unfinished.name, file)
    return _read(file, id, secret) or (text, hash)


def _read(file: Path, id: UUID, secret: bytes) -> tuple[str, str] | None:
    """The text and its hash. None if it is not a key of this store."""
    text = file.read_text(errors="replace").strip()
    presented = opened(text, secret)
    return (text, presented.hash) if presented and presented.id == id else None
