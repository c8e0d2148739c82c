"""Deadlines: a deadline finds the items that are due, and makes the command for each of them.

A read model gives the aggregate that is due, and its version. The command runs only on that version. If the aggregate has
changed since, the command does nothing, and the read model gives the due items of the new version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from commands.shared.batch import Command
from commands.shared.commit import POLICY_SCOPE, ReceiptKey
from commands.shared.precondition import exactly
from consumers.policies.policy import Reaction
from domain.shared.events import Actor, Context
from domain.shared.ids import derived_id


class Due(NamedTuple):
    """An item that is due. The command for one `key` runs only once, even years later."""

    key: str
    target: UUID
    version: int
    reaction: Reaction


class Deadline(NamedTuple):
    """A deadline. `name` is permanent, because receipts are stored under it.

    `due` takes a time, a limit and a cursor; it returns the items that are due by then, and the cursor for the next ones.
    """

    name: str
    due: Callable[[Connection, datetime, int, str | None], tuple[Sequence[Due], str | None]]

    def command(self, one: Due, now: datetime) -> Command:
        """The command for a due item. Its events happen now."""
        function, facts = one.reaction
        context = Context(
            now=now,
            actor=Actor(type="policy", id=self.name),
            origin="policy",
            command_id=derived_id("policy", self.name, one.key),
        )
        receipt = ReceiptKey(f"{POLICY_SCOPE}{self.name}", one.key, sha256(one.key.encode()).digest())
        return Command(function, facts, context, target=one.target, expected=exactly(one.version), receipt=receipt)
