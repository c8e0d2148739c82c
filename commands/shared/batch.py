"""One run of a batch of commands: the streams it read, the events it recorded, and the outcome of each command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeGuard, TypeVar
from uuid import UUID

import msgspec

from commands.shared.cache import Cache
from commands.shared.commit import (
    Claim,
    Committed,
    ContactKey,
    EventStore,
    NewEvent,
    NewReceipt,
    ReceiptKey,
    StoreUnavailable,
)
from commands.shared.decided import Decided, names
from commands.shared.outcome import KeyReused, Outcome, VersionMismatch, answer_to_keep, kept_outcome
from commands.shared.precondition import Precondition
from commands.shared.unit_of_work import UnitOfWork
from domain.shared.aggregate import FUTURE_TOLERANCE, Aggregate, replayed
from domain.shared.events import Context, Recorded
from domain.shared.refusals import NotThere, NumberTaken, Refusal

A = TypeVar("A", bound=Aggregate)

NUMBER_BLOCK = 100


class Command(msgspec.Struct, eq=False):
    """A command function with its facts. `expected` is what the version of `target` must meet; `version_of` reads it if given.

    A command with a `receipt` runs only once. `decides` are the facts of a source that it decides: once decided, they change
    nothing any more. `fresh` means that the id `target` was created for this command, so that the stream has no events yet.
    """

    function: Callable[..., Aggregate]
    facts: Mapping[str, Any]
    context: Context
    target: UUID | None = None
    expected: Precondition | None = None
    receipt: ReceiptKey | None = None
    decides: Sequence[ReceiptKey] = ()
    fresh: bool = False
    version_of: Callable[[UnitOfWork, UUID], int] | None = None


class Learned(msgspec.Struct):
    """What failed commits of the same commands have found: numbers that others hold, and who has the contacts asked for."""

    numbers: set[tuple[str, str]] = msgspec.field(default_factory=set)
    holders: dict[ContactKey, frozenset[UUID]] = msgspec.field(default_factory=dict)


class Batch:
    """Runs commands in order and collects what their one commit writes. It is the unit of work of each command.

    It asks nobody who has a contact, and takes it that nobody has it: the commit finds out. So only a duplicate costs a second
    run, and what was asked cannot change before it is committed.
    """

    def __init__(
        self,
        store: EventStore,
        cache: Cache,
        now: datetime,
        commands: Sequence[Command],
        learned: Learned | None = None,
    ) -> None:
        learned = learned or Learned()
        self.events: list[NewEvent] = []
        self.claims: list[Claim] = []
        self.receipts: list[NewReceipt] = []
        self.asked: dict[ContactKey, frozenset[UUID]] = {}
        self.now = now
        self.context = commands[0].context
        self._store, self._cache = store, cache
        self._commands = commands
        self._aggregates: dict[UUID, Aggregate] = {}
        self._seen: dict[UUID, int] = {}
        self._taken = set(learned.numbers)
        self._holders = learned.holders
        self._added: dict[ContactKey, set[UUID]] = {}
        self._in_use: dict[UUID, None] = {}
        self._numbers: dict[str, list[int]] = {}
        self._streams: dict[UUID, Sequence[Recorded]] = {}
        self._absent: set[UUID] = set()
        self._decided = Decided()
        self._ends: list[tuple[Outcome | BaseException, int | None]] = []

    def read_set(self) -> dict[UUID, int]:
        """The versions of the streams that were only read. Written streams are protected by their new version numbers."""
        written = {event.stream for event in self.events}
        return {id: version for id, version in self._seen.items() if id not in written}

    def kept(self) -> Iterable[Aggregate]:
        return self._aggregates.values()

    def outcomes(self, committed: Committed) -> list[Outcome | BaseException]:
        """The outcome of each command, with the position of its last event; without an event, the head of the log."""
        for end, event in self._ends:
            if isinstance(end, Outcome) and end.position == 0:
                end.position = committed.head if event is None else committed.positions[event]
        return [end for end, _ in self._ends]

    # The unit of work

    def load(self, kind: type[A], id: UUID) -> A:
        aggregate = self._aggregates.get(id)
        if not _stands_for(aggregate, kind):
            aggregate = self._fetch(kind, id)
        if not isinstance(aggregate, kind):
            raise NotThere(f"There is no {kind.name} {id}.", id=id)
        self._in_use[id] = None
        return aggregate

    def existing(self, kind: type[A], id: UUID) -> A:
        return self.load(kind, id).require()

    def claim(self, register: str, number: str, holder: UUID) -> str:
        if (register, number) in self._taken:
            raise NumberTaken(f"Another {register} already has the number {number}.")
        self._taken.add((register, number))
        self.claims.append(Claim(register, number, holder))
        return number

    def next_number(self, register: str, holder: UUID) -> str:
        while True:
            block = self._numbers.setdefault(register, [])
            if not block:
                block.extend(reversed(self._store.reserve_numbers(register, min(NUMBER_BLOCK, len(self._commands)))))
            number = str(block.pop())
            if (register, number) not in self._taken:
                return self.claim(register, number, holder)

    def holders(self, contacts: Iterable[ContactKey]) -> set[UUID]:
        found: set[UUID] = set()
        for contact in contacts:
            self.asked[contact] = known = self._holders.get(contact, frozenset())
            found |= known | self._added.get(contact, set())
        return found

    # Running

    def run(self) -> None:
        self._read_ahead()
        # This question comes after the streams were read, so that no fact is decided by a state that is later than the answer.
        kept = self._store.receipts(self._asked_receipts())
        self._decided.learn(kept.keys())
        first: dict[tuple[str, str], int] = {}
        for index, command in enumerate(self._commands):
            key = command.receipt and command.receipt[:2]
            if key and key in kept and command.receipt:
                self._ends.append((kept_outcome(command.receipt, kept[key]), None))
            elif key and key in first:
                self._ends.append(self._same_request(command, first[key]))
            else:
                receipts = len(self.receipts)
                self._ends.append(self._run(command))
                if key and len(self.receipts) > receipts:
                    first[key] = index

    def _asked_receipts(self) -> Iterator[ReceiptKey]:
        """The receipts of the commands, and of the facts that they decide. No fact was decided about what is not there."""
        for command in self._commands:
            if command.receipt:
                yield command.receipt
            if command.decides and self._may_be_known(command.target):
                yield from command.decides

    def _may_be_known(self, id: UUID | None) -> bool:
        return id is None or id in self._streams or ((known := self._aggregates.get(id)) is not None and known.exists)

    def _same_request(self, command: Command, index: int) -> tuple[Outcome | BaseException, int | None]:
        """The outcome of a second command with the same idempotency key in one batch: that of the first one."""
        end, event = self._ends[index]
        if command.receipt != self._commands[index].receipt:
            return Outcome(refusal=KeyReused()), None
        return (msgspec.structs.replace(end) if isinstance(end, Outcome) else end), event

    def _run(self, command: Command) -> tuple[Outcome | BaseException, int | None]:
        self._in_use.clear()
        self.context = msgspec.structs.replace(command.context, now=self.now, decided=self._decided.knows(command.decides))
        claims = len(self.claims)
        try:
            self._expect(command)
            aggregate = command.function(self, **command.facts)
        except Refusal as refusal:
            self._undo(claims)
            end = Outcome(refusal=refusal)
            self._write_receipt(command, end, None)
            return end, None
        except StoreUnavailable:
            raise
        except Exception as error:
            self._undo(claims)
            return error, None
        return self._accept(command, aggregate)

    def _accept(self, command: Command, aggregate: Aggregate) -> tuple[Outcome, int | None]:
        before = len(self.events)
        created = aggregate.version > 0 and aggregate.version == len(aggregate.pending)
        for id in self._in_use:
            self._collect(self._aggregates[id])
        event = len(self.events) - 1 if len(self.events) > before else None
        outcome = Outcome(id=aggregate.id, version=aggregate.version, created=created, changed=event is not None)
        outcome.irregular = tuple(dict.fromkeys(rule for new in self.events[before:] for rule in new.metadata.irregular))
        self._write_receipt(command, outcome, event)
        if command.target is None or not names(self._aggregates.get(command.target), command.context.source):
            self.receipts += self._decided.receipts(command.decides)
        return outcome, event

    def _collect(self, aggregate: Aggregate) -> None:
        first = aggregate.version - len(aggregate.pending) + 1
        for version, (event, metadata) in enumerate(aggregate.pending, start=first):
            self.events.append(NewEvent(aggregate.id, version, event, metadata))
            for contact in event.contacts_added():
                self._added.setdefault((contact.kind, contact.value), set()).add(aggregate.id)
        aggregate.pending.clear()

    def _expect(self, command: Command) -> None:
        if command.expected is None or command.target is None:
            return
        version = command.version_of(self, command.target) if command.version_of else self._version(command.target)
        if not command.expected.met_by(version):
            found = f"The version is {version}." if version else "There is no such resource."
            raise VersionMismatch(f"{found} The request asks for something else.", version=version)

    def _version(self, id: UUID) -> int:
        """The version of a stream that was read ahead, of any kind of aggregate. The stream then counts as read."""
        if aggregate := self._aggregates.get(id):
            return aggregate.version
        return self._seen.setdefault(id, len(self._streams.get(id, ())))

    def _undo(self, claims: int) -> None:
        """Discards all changes of a refused command: aggregates that it changed are rebuilt from their earlier events."""
        for claim in self.claims[claims:]:
            self._taken.discard((claim.register, claim.number))
        del self.claims[claims:]
        for id in self._in_use:
            aggregate = self._aggregates[id]
            if aggregate.pending:
                self._aggregates[id] = self._rebuilt(aggregate)

    def _rebuilt(self, aggregate: Aggregate) -> Aggregate:
        stored = self._store.streams([aggregate.id]).get(aggregate.id, ())
        fresh = replayed(type(aggregate), aggregate.id, stored[: self._seen[aggregate.id]])
        for event in self.events:
            if event.stream == aggregate.id:
                fresh.apply(event.event, event.metadata)
        return fresh

    def _write_receipt(self, command: Command, outcome: Outcome, event: int | None) -> None:
        if command.receipt and (answer := answer_to_keep(outcome)):
            self.receipts.append(NewReceipt(command.receipt, event, answer))

    # Reading

    def _read_ahead(self) -> None:
        """Reads all streams that the facts name, in one query. This is an optimisation: `load` reads all other streams."""
        named: dict[UUID, None] = {}
        for command in self._commands:
            for fact in command.facts.values():
                several = fact if isinstance(fact, tuple) else (fact,)
                named.update((one, None) for one in several if isinstance(one, UUID))
            if command.target:
                named[command.target] = None
        fresh = {command.target for command in self._commands if command.fresh and command.target}
        unknown = []
        for id in named.keys() - fresh:
            if cached := self._cache.take(id):
                self._see(cached)
            else:
                unknown.append(id)
        self._streams = dict(self._store.streams(unknown)) if unknown else {}
        self._absent = fresh.union(unknown) - self._streams.keys()

    def _see(self, aggregate: Aggregate) -> None:
        self._aggregates[aggregate.id] = aggregate
        self._seen.setdefault(aggregate.id, aggregate.version)

    def _fetch(self, kind: type[A], id: UUID) -> Aggregate:
        aggregate = self._cache.take(id)
        if not _stands_for(aggregate, kind):
            aggregate = self._from_store(kind, id)
        self._see(aggregate)
        return aggregate

    def _from_store(self, kind: type[A], id: UUID) -> Aggregate:
        events = self._streams.get(id)
        if events is None and id not in self._absent:
            events = self._store.streams([id]).get(id)
        if not events:
            return kind(id)
        if type(events[0].event) not in kind.events:
            raise NotThere(f"There is no {kind.name} {id}.", id=id)
        self._not_before(events[-1].metadata.recorded_at)
        return replayed(kind, id, events)

    def _not_before(self, recorded: datetime) -> None:
        """Moves `now` up to this time: another worker's clock may be a little ahead, and later facts occur later.

        A time that is further ahead is that of a wrong clock, and facts do not occur then. They are still recorded in order:
        the store sees to that.
        """
        if self.now < recorded <= self.now + FUTURE_TOLERANCE:
            self.now = recorded
            self.context = msgspec.structs.replace(self.context, now=recorded)


def _stands_for(aggregate: Aggregate | None, kind: type[Aggregate]) -> TypeGuard[Aggregate]:
    """Whether the aggregate is what its id stands for. Without events, the id can still become one of another kind."""
    return aggregate is not None and (aggregate.exists or isinstance(aggregate, kind))
