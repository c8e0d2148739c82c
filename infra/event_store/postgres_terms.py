"""The index of the log on PostgreSQL: for each event a row with its terms, one column for each kind.

A row of a table has 28 bytes in addition to its values, and one of an index twelve. So an event has one row, and a value is one
number: 28 bits of the term, and the position in the 36 bits below. It has further rows if it has several terms of a kind. What
has the same 28 bits as another term is read and compared, as always in a search. An aggregate is found by its facts, whose
terms all begin as its own does.

The table `event_index` has a row (term, position) for each term of events that were recorded in format 3, or at a position of
more bits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from infra.event_store.postgres_inserts import Insert, numbers
from infra.event_store.terms import BITS_OF_FACT, Kind, Term

COLUMNS: tuple[Kind, ...] = ("fact", "actor", "subject", "correlation", "causation", "irregular")
BITS = 36
MASK = (1 << BITS) - 1
POSITION = f"(coalesce({', '.join(COLUMNS)}) & {MASK})"
TABLES = (
    "CREATE TABLE IF NOT EXISTS event_index (term bigint, position bigint, PRIMARY KEY (term, position))",
    f"CREATE TABLE IF NOT EXISTS event_terms ({', '.join(f'{kind} bigint' for kind in COLUMNS)})",
    # Values are added in rising order, and never change: pages can be full.
    *(
        f"CREATE INDEX IF NOT EXISTS event_terms_{kind} ON event_terms ({kind})"
        f" WITH (fillfactor = 100) WHERE {kind} IS NOT NULL"
        for kind in COLUMNS
    ),
)
ADD = Insert("event_terms", dict.fromkeys(COLUMNS, "bigint"))
ADD_WIDE = Insert("event_index", {"term": "bigint", "position": "bigint"})

HEADS = f"""
    WITH RECURSIVE heads (head) AS (
        SELECT min(fact) >> {BITS} FROM event_terms WHERE fact >= %s UNION ALL
        SELECT (SELECT min(fact) >> {BITS} FROM event_terms WHERE fact >= (head + 1) << {BITS}) FROM heads WHERE head < %s
    ) SELECT head FROM heads WHERE head <= %s
"""
"""The heads of the facts of an aggregate, each found by one look into the index."""
IN_TERMS = """
    SELECT wanted.number, found.position FROM unnest(%s::text::bigint[], %s::text::bigint[], %s::text::bigint[])
        AS wanted (number, low, high) CROSS JOIN LATERAL (
            SELECT {kind} & {mask} AS position FROM event_terms WHERE {kind} > low AND {kind} <= high
            ORDER BY {kind} {direction} LIMIT %s
        ) AS found
"""
IN_INDEX = """
    SELECT wanted.term, found.position FROM unnest(%s::text::bigint[]) AS wanted (term) CROSS JOIN LATERAL (
        SELECT position FROM event_index AS i WHERE i.term = wanted.term AND position > %s AND position <= %s
        ORDER BY position {direction} LIMIT %s
    ) AS found
"""
AT_TERMS = "SELECT {kind} & {mask} FROM event_terms WHERE {kind} = ANY(%s::text::bigint[])"
AT_INDEX = "SELECT position FROM event_index WHERE term = ANY(%s::text::bigint[]) AND position = ANY(%s::text::bigint[])"
LACKING = """
    SELECT DISTINCT position FROM unnest(%s::text::bigint[], %s::text::bigint[], %s::text::bigint[])
        AS wanted (value, term, position)
    WHERE NOT EXISTS (SELECT 1 FROM event_terms WHERE {kind} = wanted.value)
        AND NOT EXISTS (SELECT 1 FROM event_index AS i WHERE (i.term, i.position) = (wanted.term, wanted.position))
"""
COUNTED = f"""
    SELECT (SELECT count(*) FROM event_index WHERE position <= %s AND {{there}}) + (
        SELECT coalesce(sum(num_nonnulls(fact, {", ".join(COLUMNS)})), 0)
        FROM event_terms, LATERAL (SELECT {POSITION}) AS at (position) WHERE position <= %s AND {{there}})
"""
"""A fact counts twice: it is the term of its aggregate too."""
Placed = Sequence[tuple[int, Collection[Term]]]
"""Positions, each with the terms of its event."""


def rows(placed: Placed) -> list[tuple[int | None, ...]]:
    """The rows of `event_terms`."""
    return [row for position, terms in placed if _is_narrow(position, terms) for row in _rows(position, terms)]


def wide_rows(placed: Placed) -> list[tuple[int, int]]:
    """The rows of `event_index`."""
    return [(term.number, position) for position, terms in placed if not _is_narrow(position, terms) for term in terms]


def _is_narrow(position: int, terms: Collection[Term]) -> bool:
    kinds = {term.kind for term in terms}
    return position <= MASK and ("fact" in kinds or "aggregate" not in kinds)


def _rows(position: int, terms: Iterable[Term]) -> Iterable[tuple[int | None, ...]]:
    by_kind: Mapping[Kind, list[int]] = {kind: [] for kind in COLUMNS}
    for term in terms:
        if term.kind != "aggregate":
            by_kind[term.kind].append(_value(term.head, position))
    return zip_longest(*by_kind.values())


def indexed(
    connection: Any, terms: Collection[Term], after: int, upto: int, each: int, *, backwards: bool
) -> list[tuple[Term, int]]:
    """See `Recorder.indexed`. The connection gives rows as tuples."""
    known, direction = {term.number: term for term in terms}, "DESC" if backwards else "ASC"
    positions: dict[int, list[int]] = defaultdict(list)
    statement = IN_INDEX.format(direction=direction)
    for number, position in connection.execute(statement, [numbers(known), after, upto, each], prepare=True).fetchall():
        positions[number].append(position)
    for kind, heads in _heads(connection, known.values()).items():
        wanted = [numbers(number for number, _ in heads)]
        wanted += [numbers(_value(head, min(at, MASK)) for _, head in heads) for at in (after, upto)]
        statement = IN_TERMS.format(kind=kind, mask=MASK, direction=direction)
        for number, position in connection.execute(statement, [*wanted, each], prepare=True).fetchall():
            positions[number].append(position)
    return [(known[number], at) for number, found in positions.items() for at in sorted(found, reverse=backwards)[:each]]


def having(connection: Any, terms: Collection[Term], positions: Collection[int]) -> set[int]:
    """See `Recorder.having`. The connection gives rows as tuples."""
    asked = [numbers(term.number for term in terms), numbers(positions)]
    found = {position for (position,) in connection.execute(AT_INDEX, asked, prepare=True)}
    narrow = [position for position in positions if position <= MASK]
    for kind, heads in _heads(connection, terms).items():
        values = numbers(_value(head, position) for _, head in heads for position in narrow)
        found.update(at for (at,) in connection.execute(AT_TERMS.format(kind=kind, mask=MASK), [values], prepare=True))
    return found


def _heads(connection: Any, terms: Iterable[Term]) -> Mapping[Kind, list[tuple[int, int]]]:
    """By column, what to look for there: numbers of terms, each with a head."""
    found: Mapping[Kind, list[tuple[int, int]]] = defaultdict(list)
    for term in terms:
        if term.kind != "aggregate":
            found[term.kind].append((term.number, term.head))
            continue
        last = term.head + (1 << BITS_OF_FACT) - 1
        facts = connection.execute(HEADS, [_value(term.head, 0), last, last], prepare=True).fetchall()
        found["fact"].extend((term.number, head) for (head,) in facts)
    return {kind: heads for kind, heads in found.items() if heads}


def lacking(terms: Collection[tuple[Term, int]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Statements with their parameters: each finds positions of such (term, position) as are not in the index."""
    facts = {position: term.head for term, position in terms if term.kind == "fact"}
    by_kind: Mapping[Kind, list[tuple[int, int, int]]] = defaultdict(list)
    for term, position in terms:
        is_aggregate = term.kind == "aggregate"
        head = facts.get(position, term.head) if is_aggregate else term.head
        by_kind["fact" if is_aggregate else term.kind].append((_value(head, position), term.number, position))
    for kind, wanted in by_kind.items():
        yield LACKING.format(kind=kind), [numbers(column) for column in zip(*wanted, strict=True)]


def _value(head: int, position: int) -> int:
    return head << BITS | position
