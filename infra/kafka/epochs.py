"""The topic of an epoch. A repair of the log begins a new epoch, and with it a new topic, which has events of that log only.

The topic of the first epoch has the name in the settings, that of the second the name with `.2` added, and so on. Old topics
are never deleted: their readers may still need them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from infra.event_store.identity import FIRST_EPOCH, Identity
from infra.settings import Settings

LOOK_AHEAD = 20


class Seen(NamedTuple):
    """What a repair must go beyond: the highest position that was seen, and the last epoch; 0 if there is none."""

    position: int
    epoch: int


def topic_name(settings: Settings, identity: Identity) -> str:
    """The name of the topic for the events of this log."""
    return topic_of(settings.topic, identity.epoch)


def topic_of(name: str, epoch: int) -> str:
    """The name of the topic of an epoch; `name` is that of the first one."""
    return name if epoch <= FIRST_EPOCH else f"{name}.{epoch}"


def later_topics(name: str, epoch: int) -> list[str]:
    """The names of the topics of the next epochs. A repair that is killed leaves an epoch without a topic."""
    return [topic_of(name, epoch + later) for later in range(1, LOOK_AHEAD + 1)]


def earlier_topics(name: str, epoch: int, topics: Collection[str]) -> list[str]:
    """Those of these topics that are of earlier epochs."""
    return [topic for before in range(FIRST_EPOCH, epoch) if (topic := topic_of(name, before)) in topics]


def last_epoch(name: str, topics: Collection[str]) -> int:
    """The last epoch that has one of these topics; 0 if none has."""
    later = re.compile(rf"{re.escape(name)}\.([1-9][0-9]*)")
    epochs = [int(found[1]) for topic in topics if (found := later.fullmatch(topic))]
    return max(epochs, default=FIRST_EPOCH if name in topics else 0)
