"""What the source calls the things that its rows are about, and the ids that they have here because of it."""

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
    """One thing of a row: `names` by key, and the `day` of what the row first says of it."""

    def __init__(self, kind: str, system: str, names: Mapping[str, str], day: date, secret: bytes) -> None:
        self.kind, self.system, self.names, self.day = kind, system, names, day
        self.secret = secret

    @property
    def name(self) -> str:
        """What the source calls a thing that has a name of its own."""
        return self.names[self.kind]

    @cached_property
    def id(self) -> UUID:
        derived = DERIVED.get(self.kind)
        return derived.id(self) if derived else self.other(self.kind)

    def other(self, kind: str, name: str | None = None) -> UUID:
        """The id of another thing of the same source; without a name, of the one that this thing is called by."""
        return _external_id(kind, self.system, self.names[kind] if name is None else name, self.secret)


class Derived(NamedTuple):
    """A kind whose things are known by others, or by a code: the keys that call one, and its id.

    `instead` are keys that may stand in the place of one of these.
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
    # A source tells of each of a channel's days once.
    "channel_day": Derived(("channel",), lambda called: channel_day_id(called.names["channel"], called.day, called.system)),
}


def keys(kind: str, told: Collection[str] = ()) -> tuple[str, ...]:
    """The keys by which a thing of this kind is called, where these are told: its own kind, unless it is known by others."""
    if kind not in DERIVED:
        return (kind,)
    derived = DERIVED[kind]
    others = {key: other for key, other in derived.instead.items() if other in told and key not in told}
    return tuple(others.get(key, key) for key in derived.keys)
