"""Policies: a policy reacts to events with commands.

`react` depends only on the event and on the earlier events of its stream (see `turns`), so the log gives the same commands at
every repetition. The command reads any other state through its unit of work, so that it decides on the state at its commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from commands.shared.batch import Command
from commands.shared.commit import POLICY_SCOPE, ReceiptKey
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Context, Event, Precision, Recorded
from domain.shared.ids import derived_id


class Reaction(NamedTuple):
    """A command function with its facts."""

    function: Callable[..., Aggregate]
    facts: Mapping[str, Any]


class When(NamedTuple):
    """The time of occurrence of an event, as precise as its source states it."""

    at: datetime
    precision: Precision
    zone: str | None

    @classmethod
    def of(cls, recorded: Recorded) -> When:
        metadata = recorded.metadata
        return cls(metadata.occurred_at, metadata.occurred_precision, metadata.occurred_zone)

    def context(self, context: Context) -> Context:
        """The context of a fact that happened at this time, and not at the time of its cause."""
        return replace(context, occurred_at=self.at, occurred_precision=self.precision, occurred_zone=self.zone)


class Policy(NamedTuple):
    """A policy. `name` is permanent, because receipts are stored under it. It reacts to events of the types in `reads`.

    It gets them without personal data.
    """

    name: str
    reads: tuple[type[Event], ...]
    react: Callable[[Recorded], Iterable[Reaction]]

    def commands(self, recorded: Recorded) -> list[Command]:
        """The commands for an event of a type in `reads`."""
        return [self._command(recorded, number, one) for number, one in enumerate(self.react(recorded), start=1)]

    def _command(self, recorded: Recorded, number: int, reaction: Reaction) -> Command:
        key = f"{recorded.position}#{number}"
        receipt = ReceiptKey(f"{POLICY_SCOPE}{self.name}", key, sha256(key.encode()).digest())
        command_id = derived_id("policy", self.name, str(recorded.stream), str(recorded.version), str(number))
        return Command(reaction.function, reaction.facts, self._context(recorded, command_id), receipt=receipt)

    def _context(self, recorded: Recorded, command_id: UUID) -> Context:
        """The context of the command. The command's events occur at the time of the event that caused it."""
        cause = recorded.metadata
        return Context(
            now=cause.recorded_at,
            actor=Actor(type="policy", id=self.name),
            origin="policy",
            occurred_at=cause.occurred_at,
            occurred_precision=cause.occurred_precision,
            occurred_zone=cause.occurred_zone,
            command_id=command_id,
            correlation_id=cause.correlation_id or cause.command_id,
            causation_id=cause.command_id,
        )
