"""Turns a row's texts into commands: a mapping compiled for a file, and the commands of each row for each thing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import inspect

from commands.importing.called import Called, keys
from commands.importing.expressions import Compiler, Expression, Texts
from commands.importing.history import Step
from commands.importing.importable import IMPORTABLE
from commands.importing.mapping import Each, Make, Mapping, MappingError
from commands.importing.pieces import Pieces, with_numbers
from commands.importing.reading import Row
from commands.importing.shapes import MISSING, compiled, place_of
from commands.importing.statements import Facts, Importable
from commands.importing.unusable import Unusable
from domain.shared.ids import keyed_digest
from domain.shared.money import MINOR_DIGITS
from domain.shared.occurrence import Occurrence

NOT_A_CODE = "It is not a code of 1 to 64 letters, digits and _ . : / + -"
CURRENCIES = {None, *MINOR_DIGITS}
_encode = msgspec.json.Encoder(order="sorted").encode


class Group(NamedTuple):
    """The [[make]] blocks about the same thing of a row, or of each piece: they have the same kind and the same id templates.

    `names` are the keys with their templates.
    """

    kind: str
    names: tuple[tuple[str, str], ...]
    each: Each | None


class Part(msgspec.Struct, frozen=True):
    """The facts of a row about one thing, as commands.

    `facts_digest` is a digest of the facts, `event_id` a digest of the facts with their times. If the mapping names the
    source's event id, `event_id` is a digest of that id, and the facts are `distinct`.
    """

    id: UUID
    at: datetime
    steps: tuple[Step, ...]
    facts_digest: bytes
    event_id: str
    describes: bool
    begins: bool
    distinct: bool

    @property
    def named(self) -> dict[str, UUID]:
        """The id of the thing, and all ids among the facts of the steps."""
        named = {name: fact for step in self.steps for name, fact in step.facts.items() if isinstance(fact, UUID)}
        return {**named, "thing": self.id}


class Making(NamedTuple):
    """A compiled [[make]]. `key` is its name in errors."""

    key: str
    command: str
    importable: Importable
    names: dict[str, Expression]
    occurred: Expression
    holds: Callable[[Texts], bool]
    facts: Expression

    def called(self, texts: Texts) -> dict[str, str]:
        """The source's ids of the thing, by key. Raises Unusable if one is empty."""
        path = f"{self.importable.kind.name}: id"
        names = {}
        for key, name in self.names.items():
            if (text := name.read(texts)) is None:
                raise Unusable("It is empty.", f"{path}.{key}" if len(self.names) > 1 else path, name.columns)
            names[key] = text
        return names

    def at(self, texts: Texts) -> Occurrence:
        occurred: Occurrence = self.occurred.read_at(f"{self.command}: occurred_at", texts)
        return occurred

    def step(self, texts: Texts, called: Called) -> tuple[Step, Any]:
        """The command, and its facts as plain values under the mapping's names. Raises Unusable."""
        occurred = self.at(texts)
        values = self.facts.read_at(f"{self.command}: facts", texts) or {}
        facts = self._converted(values, texts)
        return Step(self.command, self.importable.function, facts.command_facts(called), occurred), values

    def _converted(self, values: Any, texts: Texts) -> Facts:
        """The facts in their types. Raises Unusable, which names the key and the columns but never the row's text."""
        path = f"{self.command}: facts"
        try:
            facts = msgspec.convert(values, self.importable.facts)
        except msgspec.ValidationError as error:
            key, columns = place_of(error, self.facts, texts)
            raise Unusable(_reason(str(error)), f"{path}{key}", columns) from None
        if getattr(facts, "currency", None) not in CURRENCIES:
            raise Unusable("It is not an ISO 4217 currency.", f"{path}.currency", self.facts.parts["currency"].columns)
        return facts


class Plan:
    """A mapping compiled for a file's columns: it turns rows into commands. The constructor raises MappingError."""

    def __init__(self, mapping: Mapping, columns: dict[str, int], secret: bytes) -> None:
        self._system, self._secret = mapping.system, secret
        self._makings: dict[Group, list[Making]] = {}
        self._pieces: dict[Group, Pieces] = {}
        compiler = Compiler(columns, mapping.file, mapping.time_zone)
        of_pieces = Compiler(with_numbers(columns), mapping.file, mapping.time_zone)
        self._event = None if mapping.event is None else compiler.template(mapping.event, "event")
        _check_ids(mapping)
        for place, make in enumerate(mapping.make):
            key = f"make[{place}]"
            group, making = _making(mapping, make, of_pieces if make.each else compiler, key)
            self._makings.setdefault(group, []).append(making)
            if make.each:
                self._pieces[group] = Pieces(make.each, columns, mapping.file, f"{key}.each")

    @property
    def groups(self) -> Sequence[Group]:
        """The groups in the order of the mapping, which is the order in which they run."""
        return tuple(self._makings)

    def rows(self, row: Row, group: Group) -> Sequence[Row]:
        """The row itself; for a group with `each`, the row once for each piece of the text. Raises Unusable."""
        if group not in self._pieces:
            return (row,)
        try:
            return self._pieces[group].rows(row)
        except Unusable as unusable:
            raise unusable.within(f"{group.kind}: each") from None

    def column_of(self, group: Group, command: str) -> Sequence[str]:
        """The column that the command's facts are read from; none if they are read from several."""
        columns = {column for making in self._makings[group] if making.command == command for column in making.facts.columns}
        return tuple(columns) if len(columns) == 1 else ()

    def part(self, row: Row, group: Group) -> Part | None:
        """The facts of the row about this group's thing; None if no condition holds. Raises Unusable."""
        try:
            makings = [making for making in self._makings[group] if making.holds(row.texts)]
            return self._part(row, group, makings) if makings else None
        except UnicodeEncodeError:
            raise Unusable("It has characters that are not valid text.", group.kind) from None

    def _part(self, row: Row, group: Group, makings: Sequence[Making]) -> Part:
        called = Called(
            kind=group.kind,
            system=self._system,
            names=makings[0].called(row.texts),
            day=makings[0].at(row.texts).day,
            secret=self._secret,
        )
        made = [making.step(row.texts, called) for making in makings]
        steps = tuple(step for step, _ in made)
        thing = (group.kind, *called.names.values())
        content = _encode([*thing, [[step.name, values] for step, values in made]])
        event, numbered = self._event_of(row.texts), [row.number] if row.number else []
        fact = content + _encode([step.occurred.at for step in steps]) if event is None else _encode([*thing, event, *numbered])
        return Part(
            id=called.id,
            at=min(step.occurred.at for step in steps),
            steps=steps,
            facts_digest=self._digest(content),
            event_id="row:" + base64.urlsafe_b64encode(self._digest(fact)).decode().rstrip("="),
            describes=all(making.importable.describes for making in makings),
            begins=all(making.importable.begins for making in makings),
            distinct=event is not None,
        )

    def _event_of(self, texts: Texts) -> str | None:
        if self._event is None:
            return None
        event: str | None = self._event.read(texts)
        if event is None:
            raise Unusable("It is empty.", "event", self._event.columns)
        return event

    def _digest(self, text: bytes) -> bytes:
        """A digest keyed with the store's secret, because the text may be personal."""
        return keyed_digest(self._secret, "imported fact", text)[:16]


def _making(mapping: Mapping, make: Make, compiler: Compiler, key: str) -> tuple[Group, Making]:
    if make.command not in IMPORTABLE:
        raise MappingError(f"{key}.command: there is no command {make.command!r}. The commands are {', '.join(IMPORTABLE)}.")
    importable = IMPORTABLE[make.command]
    kind = importable.kind.name
    names = _named(mapping, make, kind, key)
    occurred_at = make.occurred_at or mapping.occurred_at
    if occurred_at is None:
        raise MappingError(f"{key}.occurred_at: it is missing: every fact of an import needs a time.")
    return Group(kind, tuple((part, template) for part, (template, _) in names.items()), make.each), Making(
        key=key,
        command=make.command,
        importable=importable,
        names={part: compiler.template(template, path) for part, (template, path) in names.items()},
        occurred=compiler.time(occurred_at, f"{key}.occurred_at"),
        holds=compiler.condition(make.when, make.unless, key),
        facts=compiled(make.facts, inspect.type_info(importable.facts), compiler, f"{key}.facts"),
    )


def _check_ids(mapping: Mapping) -> None:
    known = sorted({part for importable in IMPORTABLE.values() for part in keys(importable.kind.name)})
    for part in mapping.ids:
        if part not in known:
            raise MappingError(f"ids.{part}: there is no such key. The keys are {', '.join(known)}.")


def _named(mapping: Mapping, make: Make, kind: str, key: str) -> dict[str, tuple[str, str]]:
    """For each key that identifies a thing of this kind: its template, and the template's path in the mapping."""
    wanted = keys(kind, () if isinstance(make.id, str) else make.id)
    own = {wanted[0]: make.id} if isinstance(make.id, str) and len(wanted) == 1 else make.id
    if isinstance(own, str):
        raise MappingError(f"{key}.id: a {kind} is identified by {' and '.join(wanted)}: give a table with these keys.")
    for part in own:
        if part not in wanted:
            raise MappingError(f"{key}.id.{part}: there is no such key. A {kind} is identified by {' and '.join(wanted)}.")
    return {part: _own_or_common(own.get(part), mapping.ids.get(part), part, key) for part in wanted}


def _own_or_common(own: str | None, common: str | None, part: str, key: str) -> tuple[str, str]:
    if own is not None:
        return own, f"{key}.id"
    if common is not None:
        return common, f"ids.{part}"
    raise MappingError(f"{key}.id: it is missing, and so is ids.{part}: one of them must give the source's id of the {part}.")


def _reason(message: str) -> str:
    if MISSING.search(message):
        return "It is empty."
    if "matching regex" in message:
        return NOT_A_CODE
    return "It is not a value that this fact can have."
