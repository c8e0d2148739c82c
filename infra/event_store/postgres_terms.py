"""The index of the log on PostgreSQL: for each event a row with its terms, one column for each kind.

A row of a table has 28 bytes in addition to its values, and one of an index twelve. So an event has one row, and a value is one
number: 28 bits of the term, and the position in the 36 bits below. It has further rows if it has several terms of a kind. What
has the same 28 bits as another term is read and compared, as always in a search.

The table `event_index` has a row (term, position) for each term of events that were recorded in format 3, or at a position of
more bits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, get_args

from infra.event_store.postgres_inserts import Insert, numbers
from infra.event_store.terms import Kind, Term

KINDS: tuple[Kind, ...] = get_args(Kind)
BITS = 36
MASK = (1 << BITS) - 1
POSITION = f"(coalesce({', '.join(KINDS)}) & {MASK})"
TABLES = (
    "CREATE TABLE IF NOT EXISTS event_index (term bigint, position bigint, PRIMARY KEY (term, position))",
    f"CREATE TABLE IF NOT EXISTS event_terms ({', '.join(f'{kind} bigint' for kind in KINDS)})",
    *(f"CREATE INDEX IF NOT EXISTS event_terms_{kind} ON event_terms ({kind}) WHERE {kind} IS NOT NULL" for kind in KINDS),
)
ADD = Insert("event_terms", dict.fromkeys(KINDS, "bigint"))
ADD_WIDE = Insert("event_index", {"term": "bigint", "position": "bigint"})

INDEXED = """
    SELECT wanted.term, found.position FROM unnest(%s::text::bigint[], %s::text::bigint[], %s::text::bigint[])
        AS wanted (term, low, high) CROSS JOIN LATERAL ((
            SELECT {kind} & {mask} AS position FROM event_terms WHERE {kind} > low AND {kind} <= high
                ORDER BY {kind} {direction} LIMIT %s
        ) UNION ALL (
            SELECT position FROM event_index AS i WHERE i.term = wanted.term AND position > %s AND position <= %s
                ORDER BY position {direction} LIMIT %s
        )) AS found
"""
LACKING = """
    SELECT DISTINCT position FROM unnest(%s::text::bigint[], %s::text::bigint[], %s::text::bigint[])
        AS wanted (value, term, position)
    WHERE NOT EXISTS (SELECT 1 FROM event_terms WHERE {kind} = wanted.value)
        AND NOT EXISTS (SELECT 1 FROM event_index AS i WHERE (i.term, i.position) = (wanted.term, wanted.position))
"""
COUNTED = f"""
    SELECT (SELECT count(*) FROM event_index WHERE position <= %s AND {{there}}) + (
        SELECT coalesce(sum(num_nonnulls({", ".join(KINDS)})), 0)
        FROM event_terms, LATERAL (SELECT {POSITION}) AS at (position) WHERE position <= %s AND {{there}})
"""
Placed = Iterable[tuple[int, Iterable[Term]]]
"""Positions, each with the terms of its event."""


def rows(placed: Placed) -> list[tuple[int | None, ...]]:
    """The rows of `event_terms`."""
    return [row for position, terms in placed if position <= MASK for row in _rows(position, terms)]


def wide_rows(placed: Placed) -> list[tuple[int, int]]:
    """The rows of `event_index`: for positions of more bits."""
    return [(term.number, position) for position, terms in placed if position > MASK for term in terms]


def _rows(position: int, terms: Iterable[Term]) -> Iterable[tuple[int | None, ...]]:
    by_kind: Mapping[Kind, list[int]] = {kind: [] for kind in KINDS}
    for term in terms:
        by_kind[term.kind].append(_value(term, position))
    return zip_longest(*by_kind.values())


def indexed(
    connection: Any, terms: Collection[Term], after: int, upto: int, each: int, *, backwards: bool
) -> list[tuple[Term, int]]:
    """See `Recorder.indexed`. The connection gives rows as tuples."""
    direction = "DESC" if backwards else "ASC"
    found: list[tuple[Term, int]] = []
    for kind, some in _by_kind(terms).items():
        known = {term.number: term for term in some}
        wanted = [numbers(known), *(numbers(_value(term, min(at, MASK)) for term in some) for at in (after, upto))]
        statement = INDEXED.format(kind=kind, mask=MASK, direction=direction)
        positions: dict[int, list[int]] = defaultdict(list)
        for number, position in connection.execute(statement, [*wanted, each, after, upto, each], prepare=True):
            positions[number].append(position)
        for number, of_term in positions.items():
            found += [(known[number], position) for position in sorted(of_term, reverse=backwards)[:each]]
    return found


def lacking(terms: Iterable[tuple[Term, int]]) -> Iterable[tuple[str, Sequence[str]]]:
    """Statements with their parameters: each finds positions of such (term, position) as are not in the index."""
    by_kind: Mapping[Kind, list[tuple[int, int, int]]] = defaultdict(list)
    for term, position in terms:
        by_kind[term.kind].append((_value(term, position), term.number, position))
    for kind, wanted in by_kind.items():
        yield LACKING.format(kind=kind), [numbers(column) for column in zip(*wanted, strict=True)]


def _by_kind(terms: Iterable[Term]) -> Mapping[Kind, list[Term]]:
    found: Mapping[Kind, list[Term]] = defaultdict(list)
    for term in dict.fromkeys(terms):
        found[term.kind].append(term)
    return found


def _value(term: Term, position: int) -> int:
    return term.number >> BITS << BITS | position
