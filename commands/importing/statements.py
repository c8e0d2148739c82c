"""What rows can say in general: facts that a mapping names, the command that takes them, and what all main aggregates carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec

from commands.importing.called import Called
from commands.shared import annotating
from domain.shared.aggregate import Aggregate
from domain.shared.annotations import Annotated


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Facts as a mapping names them."""

    def stated(self) -> dict[str, Any]:
        """Those that the row gives a value."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in values if value is not None and value != ()}

    def command_facts(self, called: Called) -> dict[str, Any]:
        """The facts of the command."""
        return {f"{called.kind}_id": called.id, **self.stated()}

    def with_ids(self, called: Called, *kinds: str) -> dict[str, Any]:
        """What the row states, and for each thing of these kinds that it names the id."""
        stated = self.stated()
        named = {kind: stated.pop(kind) for kind in kinds if kind in stated}
        return stated | {f"{kind}_id": called.other(kind, name) for kind, name in named.items()}


class Coded(Facts, frozen=True):
    """Facts of what is called by its code."""

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"code": called.name, **self.stated()}


class Reasoned(Facts, frozen=True):
    """`reason` is a code."""

    reason: str | None = None


class Cancellation(Reasoned, frozen=True):
    note: str | None = None


class Annotation(Facts, frozen=True):
    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"id": called.id, **self.stated()}


class Assignment(Annotation, frozen=True):
    """Absent is nobody. A ticket's owner is the agent."""

    owner: str | None = None
    team: str | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"id": called.id, "owner": self.owner, "team": self.team}


class Tags(Annotation, frozen=True):
    tags: tuple[str, ...]


class Attributes(Annotation, frozen=True):
    attributes: dict[str, str | int | float | bool]


class Importable(NamedTuple):
    """`describes`: it says what is so, not that something happened; the same facts again in a later row say nothing new."""

    kind: type[Aggregate]
    function: Callable[..., Aggregate]
    facts: type[Facts] = Facts
    describes: bool = False


def assignment_command(kind: type[Annotated]) -> Mapping[str, Importable]:
    return {f"{kind.name}.assign": Importable(kind, partial(annotating.assign, kind=kind), Assignment)}


def annotation_commands(kind: type[Annotated]) -> Mapping[str, Importable]:
    """Commands on what every main aggregate carries."""
    return {
        f"{kind.name}.set_attributes": Importable(
            kind, partial(annotating.set_attributes, kind=kind), Attributes, describes=True
        ),
        f"{kind.name}.tag": Importable(kind, partial(annotating.tag, kind=kind), Tags, describes=True),
        f"{kind.name}.untag": Importable(kind, partial(annotating.untag, kind=kind), Tags, describes=True),
    }
