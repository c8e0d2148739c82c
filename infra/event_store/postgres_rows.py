"""What a commit writes on PostgreSQL, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from commands.shared.commit import Committed, Stale
from infra.event_store import compact, postgres_contacts, postgres_terms
from infra.event_store.postgres_inserts import Insert, ids, numbers
from infra.event_store.rows import CommitRows

EVENTS = Insert(
    "stored_events",
    {
        "notification_id": "bigint",
        "originator_id": "uuid",
        "originator_version": "bigint",
        "topic": "text",
        "state": "bytea",
    },
)
KEYS = Insert("subject_keys", {"subject": "uuid", "wrapped": "bytea"})
CLAIMS = Insert("claims", {"register": "text", "number": "text", "holder": "uuid"})
LINKS = Insert("subject_links", {"subject": "uuid", "other": "uuid"}, "ON CONFLICT DO NOTHING")
RECEIPTS = Insert("receipts", {"scope": "text", "key": "bytea", "digest": "bytea", "position": "bigint", "answer": "bytea"})
INSERTS = (EVENTS, postgres_terms.ADD, postgres_terms.ADD_WIDE, KEYS, CLAIMS, LINKS, RECEIPTS, postgres_contacts.ADD)
BATCH = "INSERT INTO batches (id, positions, head) VALUES (%s, %s::text::bigint[], %s)"
PART = "DELETE FROM subject_links WHERE (subject, other) IN (SELECT * FROM unnest(%s::text::uuid[], %s::text::uuid[]))"
TAKEN_ALONG = (
    "WITH RECURSIVE gone (subject) AS (SELECT %s::uuid UNION"
    " SELECT links.subject FROM subject_links AS links JOIN gone ON links.other = gone.subject"
    " WHERE (links.subject, links.other) NOT IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))) SELECT subject FROM gone"
)


def write(connection: Any, rows: CommitRows, committed: Committed) -> None:
    """Send one statement for all that is inserted, and further ones only where something is removed.

    Raises Stale if other subjects than the store knew are erased together with one of the erased.
    """
    inserted = [(insert, of_table) for insert, of_table in zip(INSERTS, _inserted(rows, committed), strict=True) if of_table]
    parts = ", ".join(f"{insert.table} AS ({insert.statement})" for insert, _ in inserted)
    statement = f"WITH {parts} {BATCH}" if parts else BATCH
    given = [parameter for insert, of_table in inserted for parameter in insert.parameters(of_table)]
    connection.execute(statement, [*given, rows.batch, numbers(committed.positions), committed.head], prepare=True)
    if rows.parted:
        connection.execute(PART, [ids(column) for column in zip(*rows.parted, strict=True)], prepare=True)
    postgres_contacts.remove(connection, rows.contacts.removed)
    for subject, along in rows.erased.items():
        if taken_along(connection, subject) != along:
            raise Stale({subject: 0})
        connection.execute("DELETE FROM subject_keys WHERE subject = ANY(%s)", [[subject, *along]], prepare=True)
        postgres_contacts.erase(connection, [subject, *along])


def _inserted(rows: CommitRows, committed: Committed) -> Sequence[Sequence[Sequence[Any]]]:
    """The rows for each of INSERTS."""
    placed = list(zip(committed.positions, rows.events, strict=True))
    terms = [(position, event.terms) for position, event in placed]
    return (
        [(position, *event[:3], compact.dump(event.state)) for position, event in placed],
        postgres_terms.rows(terms),
        postgres_terms.wide_rows(terms),
        rows.keys,
        rows.claims,
        rows.links,
        [receipt.values(committed) for receipt in rows.receipts],
        postgres_contacts.added(rows.contacts),
    )


def taken_along(connection: Any, subject: UUID, parted: Sequence[tuple[UUID, UUID]] = ()) -> set[UUID]:
    """The subjects that are linked to this one, and those linked to them, and so on, without the links in `parted`."""
    without = [[one for one, _ in parted], [other for _, other in parted]]
    found = connection.execute(TAKEN_ALONG, [subject, *without], prepare=True)
    return {row["subject"] for row in found.fetchall()} - {subject}
