"""What a commit erases: the subjects that go together with one that is erased, by their links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace

from commands.shared.commit import Commit, NewEvent

Links = Sequence[tuple[UUID, UUID]]


def linked(commit: Commit) -> tuple[Links, Links]:
    """The links (subject, other) that this commit adds, and those that it removes.

    A link means that erasing `other` also destroys the subject's key. Only a stream that is its own subject is linked: an
    order that moved to another customer is sealed with the first customer's key, and erasing the next customer must not
    destroy that key.
    """
    own = (event for event in commit.events if event.stream == event.metadata.subject)
    holds: dict[tuple[UUID, UUID], bool] = {}
    for event in own:
        holds |= {(event.stream, other): True for other in event.event.erased_with() if other != event.stream}
        holds |= {(event.stream, other): False for other in event.event.parted_from()}
    return [link for link, still in holds.items() if still], [link for link, still in holds.items() if not still]


def erased_with(commit: Commit, links: Links, stored: Callable[[UUID], set[UUID]]) -> dict[UUID, frozenset[UUID]]:
    """Each subject that the commit erases, with those erased together with it.

    `stored` gives the subjects that go with one by the links that the store has; `links` are those of this commit.
    """
    subjects = [event.metadata.subject for event in commit.events if event.event.erases()]
    return {subject: _taken_along(subject, links, stored) for subject in subjects}


def _taken_along(subject: UUID, links: Links, stored: Callable[[UUID], set[UUID]]) -> frozenset[UUID]:
    along = stored(subject)
    while fresh := {one for one, other in links if other == subject or other in along} - along - {subject}:
        along |= fresh.union(*(stored(one) for one in fresh))
    return frozenset(along - {subject})


def concerning_all_erased(commit: Commit, erased: Mapping[UUID, frozenset[UUID]]) -> Commit:
    """Make an erasure concern every subject that is erased with it, so that each partition purges the rows of its subjects."""

    def widened(event: NewEvent) -> NewEvent:
        if not event.event.erases():
            return event
        along = sorted({*event.metadata.concerns, *erased[event.metadata.subject]})
        return event._replace(metadata=replace(event.metadata, concerns=tuple(along)))

    return replace(commit, events=[widened(event) for event in commit.events])
