"""On which of the subjects that wait in read models an answer about a few subjects depends.

A row of another subject shows in it only because an event concerns both, such as an order that was linked to a customer.
The index of the log knows these events, also those that wait.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy import Connection, func, select

from infra.event_store.store import EventStore
from infra.event_store.terms import id_term
from infra.read_models.completeness import Completeness
from infra.read_models.positions import EVERYONE, dead_letters

About = Callable[[Connection], Collection[UUID]]
"""The subjects that an answer is about, as the read models know them."""

MOST_WAITING = 200
MOST_EVENTS = 2000


def complete_about(
    connection: Connection, store: EventStore, completeness: Completeness, names: Collection[str], about: About
) -> dict[str, int]:
    """The position up to which each read model is complete about these subjects.

    With more than 200 waiting subjects, it is the position up to which it is complete about everyone.
    """
    # Positions first: a dead letter that is made after this is behind them.
    reached = {name: completeness.followed_by(connection, name) for name in names}
    letters = dead_letters.c
    query = select(letters.projection, letters.subject, func.min(letters.position).label("position"))
    query = query.where(letters.projection.in_(names), letters.discarded == 0).group_by(letters.projection, letters.subject)
    # A subject may wait in each of the read models.
    waiting = connection.execute(query.limit(MOST_WAITING * len(names) + 1)).all()
    subjects = {row.subject for row in waiting}
    if len(subjects) > MOST_WAITING:
        return {name: completeness.seen_by(connection, name) for name in names}
    concerned = _concerned(store, subjects, frozenset(about(connection)))
    for row in waiting:
        if row.subject in concerned:
            reached[row.projection] = min(reached[row.projection], row.position - 1)
    return reached


def _concerned(store: EventStore, waiting: Collection[UUID], about: Collection[UUID]) -> set[UUID]:
    """The waiting subjects that are among these, or have an event together with one of them. The nil id is everyone."""
    head = store.head()
    theirs = _events(store, about, head)
    return {
        subject
        for subject in waiting
        if subject == EVERYONE
        or subject in about
        or theirs is None
        or (own := _events(store, [subject], head)) is None
        or not own.isdisjoint(theirs)
    }


def _events(store: EventStore, subjects: Collection[UUID], head: int) -> set[int] | None:
    """The positions of all events that concern one of these subjects; None if there are too many to look."""
    terms = [id_term("subject", subject) for subject in subjects]
    found = store.indexed(terms, 0, head, MOST_EVENTS, backwards=True) if terms else []
    return None if len(found) >= MOST_EVENTS else {position for _, position in found}
