"""Positions that several criteria have in common, found in the index of the log alone.

For each criterion the index has a list of positions. In each round, the list that leads furthest is the rarest one here: its
next positions are looked up in the other lists, and all others up to its end are passed over. So a search costs what its rarest
criterion costs, and reads no event that the index already excludes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from infra.event_store.store import EventStore
from infra.event_store.terms import Term

Group = Collection[Term]
"""The terms of one criterion: each event that it wants has one of them."""

# Positions of each criterion that a round reads, and rounds of one portion.
AT_ONCE, ROUNDS = 1_000, 4
# Rows of the index that are read for each of several terms, besides its share of the portion.
SPARE = 20


class Span(NamedTuple):
    """Positions still to be searched: after `after`, up to and including `upto`; `backwards` from the end."""

    after: int
    upto: int
    backwards: bool = False

    @property
    def ended(self) -> bool:
        return self.after >= self.upto

    @property
    def reached(self) -> int:
        """Where the search goes on: after this position, or backwards, with this position."""
        return self.upto if self.backwards else self.after

    def past(self, position: int) -> Span:
        """What is left once the event at this position is read."""
        return self._replace(upto=position - 1) if self.backwards else self._replace(after=position)

    def nothing(self) -> Span:
        return self.past(self.after + 1 if self.backwards else self.upto)


class Listed(NamedTuple):
    """Positions in the order of the search, and what is left of the span behind them."""

    positions: Sequence[int]
    left: Span


def in_common(store: EventStore, groups: Sequence[Group], span: Span, limit: int) -> Listed:
    """At most `limit` positions that have a term of each group. It may have none, although more are left: see `ROUNDS`."""
    if len(groups) == 1:
        return _listed(store, groups[0], span, limit)
    found: list[int] = []
    for _ in range(ROUNDS):
        lists = [_listed(store, group, span, AT_ONCE) for group in groups]
        rarest = max(range(len(groups)), key=lambda number: _reach(lists[number]))
        positions = set(lists[rarest].positions)
        for number, group in enumerate(groups):
            if number != rarest and positions:
                positions &= store.having(group, positions)
        found += sorted(positions, reverse=span.backwards)
        span = lists[rarest].left
        if len(found) > limit:
            return Listed(found[:limit], span.past(found[limit - 1]))
        if len(found) == limit or span.ended:
            break
    return Listed(found, span)


def _reach(one: Listed) -> tuple[bool, int, int]:
    """How far a list leads: to the end, or else far; of several that lead to the end, the shortest."""
    far = -one.left.upto if one.left.backwards else one.left.after
    return one.left.ended, far, -len(one.positions)


def _listed(store: EventStore, group: Group, span: Span, limit: int) -> Listed:
    """At most `limit` positions of the group. With several terms it may have fewer, although more are left."""
    each = limit if len(group) == 1 else limit // len(group) + SPARE
    by_term: dict[Term, list[int]] = {}
    for term, position in store.indexed(group, span.after, span.upto, each, backwards=span.backwards):
        by_term.setdefault(term, []).append(position)
    # A term with `each` rows may have more. Up to its last one, every term was read.
    cut_off = [positions[-1] for positions in by_term.values() if len(positions) == each]
    known = sorted({position for positions in by_term.values() for position in positions}, reverse=span.backwards)
    if cut_off:
        end = max(cut_off) if span.backwards else min(cut_off)
        known = [position for position in known if (position >= end if span.backwards else position <= end)]
    chosen = known[:limit]
    complete = not cut_off and len(chosen) == len(known)
    return Listed(chosen, span.nothing() if complete else span.past(chosen[-1]))
