"""The source's ids of the things in its rows, and the aggregate ids derived from them.

A thing is the customer, order, channel day or other aggregate that a part of a row is about.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple
from uuid import UUID

from domain.customers.field_definition import field_definition_id
from domain.marketing.campaign_member.member import member_id
from domain.marketing.channel import channel_day_id, channel_id
from domain.operations.team import team_id
from domain.operations.user import user_id
from domain.sales.pipeline import pipeline_id
from domain.shared.ids import external_id

REMEMBERED = 10_000

_external_id = lru_cache(REMEMBERED)(external_id)


class Called:
    """One thing of a row: the source's ids in `names`, by key, and the `day` of the row's first fact about it."""

    def __init__(self, kind: str, system: str, names: Mapping[str, str], day: date, secret: bytes) -> None:
        self.kind, self.system, self.names, self.day = kind, system, names, day
        self.secret = secret

    @property
    def name(self) -> str:
        """The source's id of the thing, if the source gives it an id of its own."""
        return self.names[self.kind]

    @cached_property
    def id(self) -> UUID:
        derived = DERIVED.get(self.kind)
        return derived.id(self) if derived else self.other(self.kind)

    def other(self, kind: str, name: str | None = None) -> UUID:
        """The aggregate id of a thing of the same source. `name` is the source's id, by default `names[kind]`."""
        return _external_id(kind, self.system, self.names[kind] if name is None else name, self.secret)


class Derived(NamedTuple):
    """A kind identified by other things or by a code: its keys, and the function that derives the id from them.

    `instead` maps a key to another key that may replace it.
    """

    keys: tuple[str, ...]
    id: Callable[[Called], UUID]
    instead: Mapping[str, str] = {}


DERIVED: Mapping[str, Derived] = {
    "campaign_member": Derived(
        ("campaign", "customer"),
        lambda called: member_id(called.other("campaign"), called.other("lead" if "lead" in called.names else "customer")),
        instead={"customer": "lead"},
    ),
    "channel": Derived(("channel",), lambda called: channel_id(called.name)),
    "pipeline": Derived(("pipeline",), lambda called: pipeline_id(called.name)),
    "user": Derived(("user",), lambda called: user_id(called.name)),
    "team": Derived(("team",), lambda called: team_id(called.name)),
    "field_definition": Derived(
        ("entity", "key"), lambda called: field_definition_id(called.names["entity"], called.names["key"])
    ),
    # A source reports each day of a channel once.
    "channel_day": Derived(("channel",), lambda called: channel_day_id(called.names["channel"], called.day, called.system)),
}


def keys(kind: str, given: Collection[str] = ()) -> tuple[str, ...]:
    """The keys that identify a thing of this kind: the kind itself, or the keys in DERIVED.

    A replacement key is used if it is among the `given` ones and the key that it replaces is not.
    """
    if kind not in DERIVED:
        return (kind,)
    derived = DERIVED[kind]
    others = {key: other for key, other in derived.instead.items() if other in given and key not in given}
    return tuple(others.get(key, key) for key in derived.keys)
