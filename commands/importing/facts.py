"""From a row's texts to commands: a mapping made ready for a file, and what each row then says of each thing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import inspect

from commands.importing.expressions import Compiler, Expression, Texts, Unusable
from commands.importing.history import Step
from commands.importing.importable import IMPORTABLE, Called, Facts, Importable
from commands.importing.mapping import Make, Mapping, MappingError
from commands.importing.reading import Row
from commands.importing.shapes import compiled
from domain.occurrence import Occurrence

_encode = msgspec.json.Encoder(order="sorted").encode


class Group(NamedTuple):
    """The [[make]] blocks that act on one thing of a row: of one kind, and called by one template."""

    kind: str
    id: str


class Part(msgspec.Struct, frozen=True):
    """What a row says of one thing. `says` is a digest of it, and `event_id` of it with its times."""

    id: UUID
    at: datetime
    steps: tuple[Step, ...]
    says: bytes
    event_id: str
    describes: bool

    @property
    def named(self) -> dict[str, UUID]:
        """The ids of all that the steps act on."""
        return {name: fact for step in self.steps for name, fact in step.facts.items() if isinstance(fact, UUID)}


class Making(NamedTuple):
    """A [[make]] made ready. `key` is how errors call it."""

    key: str
    command: str
    importable: Importable
    name: Expression
    occurred: Callable[[Texts], Occurrence]
    holds: Callable[[Texts], bool]
    facts: Expression

    def step(self, texts: Texts, called: Called) -> tuple[Step, Any]:
        """The command, and its facts as the mapping names them. Raises Unusable."""
        occurred = _at(f"{self.command}: occurred_at", lambda: self.occurred(texts))
        told = _at(f"{self.command}: facts", lambda: self.facts.read(texts)) or {}
        facts = _converted(told, self.importable.facts, f"{self.command}: facts")
        return Step(self.command, self.importable.function, facts.command_facts(called), occurred), told


class Plan:
    """What a file's rows say under a mapping. Making it raises MappingError."""

    def __init__(self, mapping: Mapping, columns: dict[str, int], secret: bytes) -> None:
        self._system, self._secret = mapping.system, secret
        self._makings: dict[Group, list[Making]] = {}
        compiler = Compiler(columns, mapping.file)
        for place, make in enumerate(mapping.make):
            group, making = _making(mapping, make, compiler, f"make[{place}]")
            self._makings.setdefault(group, []).append(making)

    @property
    def groups(self) -> Sequence[Group]:
        """In the order of the mapping, which is the order in which they run."""
        return tuple(self._makings)

    def part(self, row: Row, group: Group) -> Part | None:
        """What the row says of this thing, or None where no condition holds. Raises Unusable."""
        try:
            makings = [making for making in self._makings[group] if making.holds(row.texts)]
            return self._part(row, group, makings) if makings else None
        except UnicodeEncodeError:
            raise Unusable("It has characters that are no text.", group.kind) from None

    def _part(self, row: Row, group: Group, makings: Sequence[Making]) -> Part:
        name = _at(f"{group.kind}: id", lambda: makings[0].name.read(row.texts))
        if name is None:
            raise Unusable("It is empty.", f"{group.kind}: id")
        called = Called.by(group.kind, self._system, name, self._secret)
        made = [making.step(row.texts, called) for making in makings]
        steps = tuple(step for step, _ in made)
        says = _encode([group.kind, name, [[step.name, told] for step, told in made]])
        when = _encode([step.occurred.at for step in steps])
        return Part(
            id=called.id,
            at=min(step.occurred.at for step in steps),
            steps=steps,
            says=self._digest(says),
            event_id="row:" + base64.urlsafe_b64encode(self._digest(says + when)).decode().rstrip("="),
            describes=all(making.importable.describes for making in makings),
        )

    def _digest(self, text: bytes) -> bytes:
        """With the store's secret, since what is digested may be personal."""
        return hashlib.blake2b(text, digest_size=16, key=self._secret[: hashlib.blake2b.MAX_KEY_SIZE]).digest()


def _making(mapping: Mapping, make: Make, compiler: Compiler, key: str) -> tuple[Group, Making]:
    if make.command not in IMPORTABLE:
        raise MappingError(f"{key}.command: there is no {make.command!r}. There are {', '.join(IMPORTABLE)}.")
    importable = IMPORTABLE[make.command]
    kind = importable.kind.name
    name = make.id or mapping.ids.get(kind)
    if name is None:
        raise MappingError(f"{key}.id: it is missing, and so is ids.{kind}: what does the source call the {kind}?")
    occurred_at = make.occurred_at or mapping.occurred_at
    if occurred_at is None:
        raise MappingError(f"{key}.occurred_at: it is missing: every fact of an import says when it happened.")
    return Group(kind, name), Making(
        key=key,
        command=make.command,
        importable=importable,
        name=compiler.template(name, f"{key}.id" if make.id else f"ids.{kind}"),
        occurred=compiler.time(occurred_at, mapping.time_zone, f"{key}.occurred_at"),
        holds=compiler.condition(make.when, make.unless, key),
        facts=compiled(make.facts, inspect.type_info(importable.facts), compiler, f"{key}.facts"),
    )


def _at(path: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Unusable as unusable:
        raise unusable.within(path) from None


def _converted(told: Any, kind: type[Facts], path: str) -> Facts:
    """The facts in their types; Unusable names the key, and never what stands in the row."""
    try:
        return msgspec.convert(told, kind, strict=False)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        missing = re.search(r"missing required field `(\w+)`", message)
        inner = place.rstrip("`") + (f".{missing[1]}" if missing else "")
        reason = "It is empty." if missing else "It is not a value that this fact can have."
        raise Unusable(reason, path + inner) from None
