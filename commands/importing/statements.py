"""The common parts of importable commands: facts, the command that takes them, and the commands on all main aggregates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, NamedTuple

import msgspec

from commands.importing.called import Called
from commands.shared import annotating
from domain.shared.aggregate import Aggregate
from domain.shared.annotations import Annotated as Annotatable
from domain.shared.text import CODE

Code = Annotated[str, msgspec.Meta(pattern=rf"^{CODE.pattern}\Z")]
"""A code, as in `domain.shared.text.code`."""


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The facts of a command, under the names that a mapping uses."""

    def stated(self) -> dict[str, Any]:
        """The facts that have a value in the row."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in values if value is not None and value != ()}

    def command_facts(self, called: Called) -> dict[str, Any]:
        """The keyword arguments of the command function."""
        return {f"{called.kind}_id": called.id, **self.stated()}

    def with_ids(self, called: Called, *kinds: str) -> dict[str, Any]:
        """The stated facts, with the source's id of each of these kinds replaced by the aggregate's id."""
        stated = self.stated()
        named = {kind: stated.pop(kind) for kind in kinds if kind in stated}
        return stated | {f"{kind}_id": called.other(kind, name) for kind, name in named.items()}


class Coded(Facts, frozen=True):
    """Facts about an aggregate that is identified by its code."""

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"code": called.name, **self.stated()}


class Reasoned(Facts, frozen=True):
    """`reason` is a code."""

    reason: Code | None = None


class Cancellation(Reasoned, frozen=True):
    note: str | None = None


class Annotation(Facts, frozen=True):
    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"id": called.id, **self.stated()}


class Assignment(Annotation, frozen=True):
    """An absent owner or team is cleared. A ticket's owner is its agent."""

    owner: Code | None = None
    team: Code | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"id": called.id, "owner": self.owner, "team": self.team}


class Tags(Annotation, frozen=True):
    tags: tuple[str, ...]


class Attributes(Annotation, frozen=True):
    attributes: dict[str, str | int | float | bool]


class Importable(NamedTuple):
    """A command that a mapping can name.

    `describes` says that its facts describe a state, not an occurrence: a later row with the same facts records nothing.
    `begins` says that only the first of them can ever record something, so that no repeat needs to be remembered.
    """

    kind: type[Aggregate]
    function: Callable[..., Aggregate]
    facts: type[Facts] = Facts
    describes: bool = False
    begins: bool = False


def assignment_command(kind: type[Annotatable]) -> Mapping[str, Importable]:
    return {f"{kind.name}.assign": Importable(kind, partial(annotating.assign, kind=kind), Assignment)}


def annotation_commands(kind: type[Annotatable]) -> Mapping[str, Importable]:
    """The commands on attributes and tags, which every main aggregate has."""
    return {
        f"{kind.name}.set_attributes": Importable(
            kind, partial(annotating.set_attributes, kind=kind), Attributes, describes=True
        ),
        f"{kind.name}.tag": Importable(kind, partial(annotating.tag, kind=kind), Tags, describes=True),
        f"{kind.name}.untag": Importable(kind, partial(annotating.untag, kind=kind), Tags, describes=True),
    }
