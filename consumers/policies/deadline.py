"""What a deadline is: the moments that come due, and the command that each of them is answered with.

A read model says what is due, and of which version of a thing. The command runs on that version alone: whatever happened to the
thing meanwhile, nothing is done, and the read model says anew what is due.
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
from consumers.policies.policy import Reaction
from domain.shared.events import Actor, Context
from domain.shared.ids import derived_id


class Due(NamedTuple):
    """Something whose moment has come. What is done about `key` is done once, for ever."""

    key: str
    target: UUID
    version: int
    reaction: Reaction


class Deadline(NamedTuple):
    """`name` is permanent: the receipts of what was done stand under it.

    `due` finds what is due by a moment, so many at most, after a cursor; and tells the cursor of what comes then.
    """

    name: str
    due: Callable[[Connection, datetime, int, str | None], tuple[Sequence[Due], str | None]]

    def command(self, one: Due, now: datetime) -> Command:
        """What is to be done about it. It happens now."""
        function, facts = one.reaction
        context = Context(
            now=now,
            actor=Actor(type="policy", id=self.name),
            origin="policy",
            command_id=derived_id("policy", self.name, one.key),
        )
        receipt = ReceiptKey(f"{POLICY_SCOPE}{self.name}", one.key, sha256(one.key.encode()).digest())
        return Command(function, facts, context, target=one.target, expected=one.version, receipt=receipt)
